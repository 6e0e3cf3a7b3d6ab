//! What LeadsCalendar asked for.

use serde::{Deserialize, Serialize};

use crate::money::{Amount, Currency};

/// What LeadsCalendar asked for, checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Always `PAY`.
    pub transaction_type: TransactionType,
    /// The fiat currency of `price`.
    pub fiat: Currency,
    /// What is charged, at most 2 decimal places.
    pub price: Amount,
    /// LeadsCalendar's address for the confirmation.
    pub callback_url: String,
    /// Shown to the payer.
    pub description: String,
    /// LeadsCalendar's own id.
    pub reference: Option<String>,
    /// Where the payer's browser goes after the payment.
    pub return_url: Option<String>,
    /// Where the payer's browser goes after giving up.
    pub cancel_url: Option<String>,
    /// The payer's kind of terminal.
    pub terminal_type: TerminalType,
}

/// The one kind of transaction there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransactionType {
    /// A payment.
    #[serde(rename = "PAY")]
    Pay,
}

/// Where the payer sees the checkout; Binance's `terminalType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TerminalType {
    /// A desktop browser.
    #[default]
    Web,
    /// A mobile browser.
    Wap,
    /// A mobile application.
    App,
    /// Anything else.
    Others,
}
