//! The one order and the one refund of the model.

use shared::order::{Namespace, OrderId, RefundId, Request, TerminalType, TransactionType};

/// The one order there is.
pub fn order_id() -> OrderId {
    OrderId::from_random([7; 15])
}

/// What it was asked for by.
pub fn request() -> Request {
    Request {
        transaction_type: TransactionType::Pay,
        fiat: "USD".parse().unwrap(),
        price: "1.00".parse().unwrap(),
        callback_url: "https://app.example.com/paid".to_owned(),
        description: "LeadsCalendar".to_owned(),
        reference: None,
        return_url: None,
        cancel_url: None,
        terminal_type: TerminalType::Web,
    }
}

/// The one refund there is.
pub fn refund_id() -> RefundId {
    RefundId::derived(&Namespace::from_random([1; 32]), &order_id(), "key")
}
