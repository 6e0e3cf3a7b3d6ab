//! What is measured: the functions with the work that each usually does, and an echo that does nothing.

use std::io;
use std::path::{Path, PathBuf};

use sandbox::binance::{Forgery, Play};
use sandbox::clock;
use sandbox::lambda::{self, http_event};
use serde_json::{Map, Value, json};

use super::parties::Parties;
use super::peers::{self, Peers};

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A bare `lambda_runtime`, of which everything else is a multiple.
    Echo,
    /// An order is recorded and its checkout opened: two writes, one call of Binance.
    CreateOrder,
    /// An order is read.
    GetOrder,
    /// A payment is verified, recorded and told: a read, two writes, a confirmation.
    BinanceCallback,
    /// An order that nobody paid is closed.
    CloseOrder,
    /// All of a payment is given back.
    RefundOrder,
    /// A minute in which there is nothing to do.
    ReconcileIdle,
    /// A minute with orders to ask about; each of them counts.
    ReconcileBusy,
    /// The work of `CreateOrder` in Python.
    CreateOrderInPython,
    /// The same in JavaScript.
    CreateOrderInNode,
}

/// The orders that one round is about.
#[derive(Default)]
pub struct Orders {
    /// To be read, then paid, then given back.
    pub paid: Vec<String>,
    /// To be closed.
    pub closed: Vec<String>,
}

/// How far ahead in time the busy run is: every open order is due then, and none is over.
pub const LATER_MS: i64 = 20 * 60_000;

impl Subject {
    /// In the order in which a round plays them: each goes on where the one before it stopped.
    pub const ALL: [Self; 8] = [
        Self::Echo,
        Self::CreateOrder,
        Self::GetOrder,
        Self::BinanceCallback,
        Self::RefundOrder,
        Self::CloseOrder,
        Self::ReconcileIdle,
        Self::ReconcileBusy,
    ];

    /// What is no function of ours, and is measured where it is wished.
    pub const PEERS: [Self; 2] = [Self::CreateOrderInPython, Self::CreateOrderInNode];

    pub fn name(self) -> &'static str {
        match self {
            Self::ReconcileIdle => "reconcile-orders, idle",
            Self::ReconcileBusy => "reconcile-orders, an order",
            Self::CreateOrderInPython => "create-order, in Python",
            Self::CreateOrderInNode => "create-order, in Node",
            _ => self.program_name(),
        }
    }

    /// Its built program.
    pub fn program_name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::CreateOrder => "create-order",
            Self::GetOrder => "get-order",
            Self::BinanceCallback => "binance-callback",
            Self::CloseOrder => "close-order",
            Self::RefundOrder => "refund-order",
            Self::ReconcileIdle | Self::ReconcileBusy => "reconcile-orders",
            Self::CreateOrderInPython => "create_order.py",
            Self::CreateOrderInNode => "create-order.mjs",
        }
    }

    /// The functions: nothing of the echo is ours.
    pub fn deployed() -> Vec<Self> {
        let all = Self::ALL.into_iter();
        all.filter(|subject| subject.is_deployed()).collect()
    }

    /// Whether it is a function of ours.
    pub fn is_deployed(self) -> bool {
        self != Self::Echo && !self.is_peer()
    }

    fn is_peer(self) -> bool {
        Self::PEERS.contains(&self)
    }

    pub fn program(self, programs: &Path) -> PathBuf {
        if self.is_peer() {
            return peers::programs().join(self.program_name());
        }
        lambda::program(programs, self.program_name())
    }

    /// All that is deployed of it.
    pub fn files(self, programs: &Path) -> io::Result<Vec<PathBuf>> {
        let program = self.program(programs);
        let mut files = Vec::new();
        if self.is_peer() {
            files.extend(peers::libraries(&program)?);
        }
        files.push(program);
        Ok(files)
    }

    /// What it finds in its environment.
    pub fn settings(self, parties: &Parties) -> Vec<(String, String)> {
        let mut settings = parties.settings.clone();
        let peers = parties.peers.iter().filter(|_| self.is_peer());
        settings.extend(peers.flat_map(Peers::settings));
        settings
    }

    /// The events of a round; each is another order's.
    pub async fn events(
        self,
        parties: &Parties,
        orders: &Orders,
        number: usize,
    ) -> Result<Vec<Value>, String> {
        let of = |ids: &[String], event: fn(&Parties, &str) -> Value| {
            ids.iter().map(|id| event(parties, id)).collect()
        };
        Ok(match self {
            Self::Echo => vec![json!({"hello": "echo"}); number],
            Self::CreateOrder | Self::CreateOrderInPython | Self::CreateOrderInNode => {
                (0..number).map(|_| create(parties)).collect()
            }
            Self::GetOrder => of(&orders.paid, get),
            Self::BinanceCallback => {
                let mut events = Vec::new();
                for id in &orders.paid {
                    pay(parties, id)?;
                    events.push(notification(parties, id).await?);
                }
                events
            }
            Self::CloseOrder => of(&orders.closed, close),
            Self::RefundOrder => of(&orders.paid, refund),
            Self::ReconcileIdle => vec![scheduled(0); number],
            Self::ReconcileBusy => vec![scheduled(LATER_MS)],
        })
    }

    /// Whether an answer is what the work ends with: what is measured has to be the work.
    pub fn check(self, answer: &Value) -> Result<(), String> {
        let expected = match self {
            Self::CreateOrder
            | Self::RefundOrder
            | Self::CreateOrderInPython
            | Self::CreateOrderInNode => 201,
            Self::GetOrder | Self::BinanceCallback | Self::CloseOrder => 200,
            Self::Echo | Self::ReconcileIdle | Self::ReconcileBusy => return Ok(()),
        };
        if answer["statusCode"] == expected {
            Ok(())
        } else {
            Err(answer.to_string())
        }
    }

    /// The order that an answer shows.
    pub fn order_id(answer: &Value) -> Result<String, String> {
        let body = answer["body"].as_str().unwrap_or_default();
        let order: Value = serde_json::from_str(body).unwrap_or_default();
        let id = order["orderId"].as_str();
        id.map(str::to_owned).ok_or_else(|| answer.to_string())
    }
}

/// A new order.
pub fn create(parties: &Parties) -> Value {
    new_order(parties.sandbox.app_api_key(), &parties.callback_url)
}

/// The same by this key, to be told to this address.
pub fn new_order(key: &str, callback_url: &str) -> Value {
    let body = json!({
        "transactionType": "PAY",
        "fiat": "USD",
        "price": 19.99,
        "callbackUrl": callback_url,
        "returnUrl": "https://app.example.com/bookings/48151623/thanks",
        "description": "Appointment on Friday at noon",
        "reference": "booking-48151623",
    });
    let all = headers(&[("x-mbx-apikey", key), ("content-type", "application/json")]);
    http_event("POST", "/orders", &all, Some(&body.to_string()))
}

/// A look at an order.
pub fn get(parties: &Parties, id: &str) -> Value {
    let all = headers(&[("x-mbx-apikey", parties.sandbox.app_api_key())]);
    http_event("GET", &format!("/orders/{id}"), &all, None)
}

/// The wish to close an order.
pub fn close(parties: &Parties, id: &str) -> Value {
    let all = headers(&[("x-mbx-apikey", parties.sandbox.app_api_key())]);
    http_event("POST", &format!("/orders/{id}/close"), &all, None)
}

/// The wish to give everything back.
pub fn refund(parties: &Parties, id: &str) -> Value {
    let all = headers(&[
        ("x-mbx-apikey", parties.sandbox.refund_api_key()),
        ("content-type", "application/json"),
        ("idempotency-key", id),
    ]);
    http_event("POST", &format!("/orders/{id}/refunds"), &all, Some("{}"))
}

/// What the schedule says, so much ahead of the clock.
pub fn scheduled(ahead_ms: i64) -> Value {
    json!({"time": clock::rfc3339(clock::now_ms() + ahead_ms)})
}

/// An order is paid, and nobody told.
pub fn pay(parties: &Parties, id: &str) -> Result<(), String> {
    let paid = parties
        .sandbox
        .binance()
        .pay(&trade_no(id), Play::in_silence());
    paid.map(drop)
        .map_err(|problem| format!("order {id} cannot be paid: {problem:?}"))
}

/// The notification of a payment that has happened.
pub async fn notification(parties: &Parties, id: &str) -> Result<Value, String> {
    let notification = Forgery {
        merchant_trade_no: Some(trade_no(id)),
        ..Forgery::default()
    };
    let delivery = parties.sandbox.binance().notify(notification).await;
    let delivery = delivery.map_err(|problem| format!("order {id}: {problem:?}"))?;
    let mut all = headers(&[("content-type", "application/json")]);
    let signed = delivery.headers.into_iter();
    all.extend(signed.map(|(name, value)| (name.to_lowercase(), value.into())));
    Ok(http_event(
        "POST",
        "/binance-callback",
        &all,
        Some(&delivery.body),
    ))
}

/// Of an order's first attempt.
pub fn trade_no(id: &str) -> String {
    format!("{id}01")
}

fn headers(headers: &[(&str, &str)]) -> Map<String, Value> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).into());
    headers.iter().map(owned).collect()
}
