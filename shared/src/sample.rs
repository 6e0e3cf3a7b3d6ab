//! For unit tests, also those of the functions, which take it in by its path: an order of which nothing is known yet, and settings.

use crate::order::{Claim, Order, OrderId, Request, TerminalType, TransactionType};

/// The order of this id, made at `at_ms`, whose checkout somebody opens for 28 s.
pub(crate) fn order(order_id: OrderId, at_ms: i64) -> Order {
    let request = Request {
        transaction_type: TransactionType::Pay,
        fiat: "USD".parse().unwrap(),
        price: "1.00".parse().unwrap(),
        callback_url: "https://app.example.com/paid".to_owned(),
        description: "LeadsCalendar".to_owned(),
        reference: Some("lead-7".to_owned()),
        return_url: None,
        cancel_url: None,
        terminal_type: TerminalType::Web,
    };
    let claim = Claim {
        by: "first".to_owned(),
        until_ms: at_ms + 28_000,
    };
    Order::new(order_id, true, request, claim, at_ms)
}

/// The settings of one's own machine, with secrets in them, and with one key that may not refund.
pub(crate) fn lookup(name: &str) -> Option<String> {
    let value = match name {
        "ALLOW_LOCAL" => "true",
        "ORDERS_TABLE" => "orders",
        "CALLBACK_URL" => "https://api.example.com/binance-callback",
        "CALLBACK_HOSTS" => "app.example.com",
        "AWS_REGION" => "eu-central-1",
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "key",
        "SECRETS" => {
            r#"{"binanceApiKey":"k","binanceApiSecret":"s","webhookSecrets":["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],"appApiKeys":["kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"]}"#
        }
        _ => return None,
    };
    Some(value.to_owned())
}
