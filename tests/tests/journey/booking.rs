//! A booking: one guest's wish for a slot, the newest view of its order, and the refunds that the site asks for.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

/// How long after an order's end the site waits to be told one, in milliseconds.
const PATIENCE_MS: i64 = 5 * 60_000;

/// How far a refund has come, as the site knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To be asked for, under the same key as before.
    Asked,
    /// Answered, and not decided; asked for again at the next round.
    Undecided,
    Succeeded,
    Failed,
    /// There was nothing left to refund.
    Void,
}

/// One refund that the site asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    pub key: String,
    pub trade_no: String,
    /// The request, the same each time.
    pub body: Value,
    pub way: Way,
    /// Its name, once it was answered.
    pub id: Option<String>,
    /// Answered since the last round.
    pub rests: bool,
    /// What goes back, once it was answered.
    pub amount: Decimal,
    /// A person's wish, which is not made up for if it fails.
    pub is_extra: bool,
}

/// One guest's wish for a slot.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent remarks beside the view"
)]
pub struct Booking {
    /// `reference` and `Idempotency-Key`.
    pub id: String,
    pub slot: usize,
    pub expires_in: Option<u64>,
    pub price: String,
    /// The newest view of its order.
    pub view: Option<Value>,
    /// The guest does not want it any more.
    pub is_given_up: bool,
    /// Its order was refused for good.
    pub is_refused: bool,
    /// Its order failed, and a new checkout is asked for.
    pub tries_again: bool,
    /// Its close was answered.
    pub is_closed: bool,
    pub wishes: Vec<Wish>,
    /// What was refunded on the merchant page, by trade number.
    pub by_hand: BTreeMap<String, Decimal>,
}

impl Booking {
    pub fn order_id(&self) -> Option<&str> {
        self.view.as_ref()?["orderId"].as_str()
    }

    pub fn status(&self) -> &str {
        let status = self.view.as_ref().and_then(|view| view["status"].as_str());
        status.unwrap_or_default()
    }

    pub fn is_open(&self) -> bool {
        matches!(self.status(), "CREATED" | "PENDING")
    }

    /// Whether the wish to close it is recorded.
    pub fn is_being_closed(&self) -> bool {
        let view = self.view.as_ref();
        view.is_some_and(|view| !view["closeRequestedAt"].is_null())
    }

    pub fn payments(&self) -> &[Value] {
        let payments = self
            .view
            .as_ref()
            .and_then(|view| view["payments"].as_array());
        payments.map_or(&[], Vec::as_slice)
    }

    pub fn is_over_since(&self, now_ms: i64) -> bool {
        let end = self
            .view
            .as_ref()
            .and_then(|view| view["expiresAt"].as_str());
        let end: Option<jiff::Timestamp> = end.and_then(|end| end.parse().ok());
        end.is_some_and(|end| end.as_millisecond() + PATIENCE_MS < now_ms)
    }

    /// Whether the refund stands where another of the order could begin.
    pub fn is_free(&self) -> bool {
        let mut wishes = self.wishes.iter();
        wishes.all(|wish| !matches!(wish.way, Way::Asked | Way::Undecided))
    }
}

impl Wish {
    /// What an answer or a view says of it.
    pub fn follow(&mut self, refund: &Value) {
        self.id = refund["refundRequestId"].as_str().map(str::to_owned);
        self.amount = amount(&refund["amount"]);
        self.way = match refund["status"].as_str() {
            Some("SUCCEEDED") => Way::Succeeded,
            Some("FAILED") => Way::Failed,
            _ => Way::Undecided,
        };
    }
}

impl Booking {
    /// The refund that the site owes, if it owes one: of a payment that bought nothing.
    pub fn owed(&self, is_sold: bool) -> Option<Wish> {
        let counts = &self.view.as_ref()?["merchantTradeNo"];
        let payments = self.payments();
        let is_owed = |payment: &&Value| {
            let bought = is_sold && payment["merchantTradeNo"] == *counts;
            !bought && self.back(payment) < amount(&payment["amount"])
        };
        let payment = payments.iter().find(is_owed)?;
        let trade_no = payment["merchantTradeNo"].as_str()?;
        let mut body = json!({});
        if payments.len() > 1 {
            body["merchantTradeNo"] = trade_no.into();
        }
        if payment["refundedAmount"].is_null() {
            let left = amount(&payment["amount"]) - self.back(payment);
            body["amount"] = left.normalize().to_string().into();
        }
        Some(self.wish(trade_no, body))
    }

    /// What went back of a payment: a view says what at least did, and whoever refunded on the merchant page wrote down how
    /// much, which Binance does not always tell.
    pub fn back(&self, payment: &Value) -> Decimal {
        let told = &payment["refundedAmount"];
        let told = if told.is_null() {
            Decimal::ZERO
        } else {
            amount(told)
        };
        let trade_no = payment["merchantTradeNo"].as_str().unwrap_or_default();
        let wishes = self.wishes.iter();
        let own = wishes.filter(|wish| wish.trade_no == trade_no && wish.way == Way::Succeeded);
        let by_hand = self.by_hand.get(trade_no).copied().unwrap_or_default();
        told.max(own.map(|wish| wish.amount).sum::<Decimal>() + by_hand)
    }

    pub fn wish(&self, trade_no: &str, body: Value) -> Wish {
        let times = self.wishes.len();
        let mut key = format!("{}-refund", self.id);
        if times > 0 {
            key = format!("{key}-{}", times + 1);
        }
        Wish {
            key,
            trade_no: trade_no.to_owned(),
            body,
            way: Way::Asked,
            id: None,
            amount: Decimal::ZERO,
            rests: false,
            is_extra: false,
        }
    }
}

/// An amount as a decimal.
pub fn amount(value: &Value) -> Decimal {
    let text = value.as_str().unwrap_or_default();
    text.parse()
        .unwrap_or_else(|_| panic!("{value} is no amount"))
}
