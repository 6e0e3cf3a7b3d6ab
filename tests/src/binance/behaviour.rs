//! What the documentation leaves open, to be played either way; and what stands until it is told otherwise.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::money;
use super::notifications::RefundInfoAs;

/// What the documentation leaves open, to be played either way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent questions that the documentation leaves open"
)]
pub struct Behaviour {
    /// How often a notification is repeated that was not acknowledged.
    pub repeats: u32,
    /// Milliseconds until the first repeat; each further wait is twice as long.
    pub first_repeat_ms: u64,
    /// Milliseconds a delivery waits for its answer.
    pub delivery_timeout_ms: u64,
    /// Whether a repeat has its own timestamp, nonce and signature.
    pub fresh_signatures: bool,
    /// Whether notification headers are sent as `Binancepay-Nonce` rather than in lower case.
    pub title_case: bool,
    /// Whether an order that expires sends `PAY_CLOSED`.
    pub closed_on_expiry: bool,
    /// Whether `PAY_CLOSED` is sent at all; it can be switched off on the merchant page.
    pub closed_notices: bool,
    /// How `PAY_REFUND` carries `refundInfo`.
    pub refund_info: RefundInfoAs,
    /// Whether a notification carries `bizIdStr`; old ones did not.
    pub biz_id_str: bool,
    /// The HTTP status of the refusals: 200 or one of 4xx.
    pub refusal_http: u16,
    /// The order lives the usual hour, whatever `orderExpireTime` says.
    pub ignore_expire_time: bool,
    /// Which `orderExpireTime` is refused as too near, and how; null: none that is in the future.
    pub refuse_expire_time: Option<TooNear>,
    /// An accepted close is carried out later; null: at once.
    pub closes_later: Option<Later>,
    /// The code for closing what is closed or expired already.
    pub close_again_code: String,
    /// An accepted refund is pending at first; null: it succeeds at once.
    pub refunds_pend: Option<Pending>,
    /// Whether a repeated refund is judged by what is left, by attempts and balance before its id is recognised.
    pub judge_refunds_again: bool,
    /// The code for asking about a refund that nobody has asked for.
    pub unknown_refund_code: String,
    /// Whether the ways to pay are in Binance's own forms, which lead nowhere from here, rather than to our checkout.
    pub binance_links: bool,
    /// What the merchant has to give back with; refunds draw on it, payments do not add to it. Null: enough.
    #[serde(with = "money::text_or_null")]
    pub balance: Option<Decimal>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            repeats: 6,
            first_repeat_ms: 2000,
            delivery_timeout_ms: 10_000,
            fresh_signatures: true,
            title_case: false,
            closed_on_expiry: false,
            closed_notices: true,
            refund_info: RefundInfoAs::Object,
            biz_id_str: true,
            refusal_http: 200,
            ignore_expire_time: false,
            refuse_expire_time: None,
            closes_later: None,
            close_again_code: "400204".to_owned(),
            refunds_pend: None,
            judge_refunds_again: false,
            unknown_refund_code: "400202".to_owned(),
            binance_links: false,
            balance: None,
        }
    }
}

/// An `orderExpireTime` that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TooNear {
    /// Whatever is nearer than this many seconds.
    pub nearer_than_secs: u32,
    /// Binance's code.
    #[serde(default = "out_of_range")]
    pub code: String,
}

fn out_of_range() -> String {
    "400102".to_owned()
}

/// When an accepted close is carried out; a payment that comes before wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Later {
    /// After so many milliseconds of the simulator's time; without it when that is told.
    #[serde(default)]
    pub after_ms: Option<u64>,
}

/// How an accepted refund goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pending {
    /// It ends after so many milliseconds of the simulator's time; without it when that is told.
    #[serde(default)]
    pub after_ms: Option<u64>,
    /// Whether that end is a rejection.
    #[serde(default)]
    pub rejected: bool,
}
