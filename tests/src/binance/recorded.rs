//! What the simulator writes into the journal: each call of the merchant API, each notification, and what was answered.

use std::sync::Arc;

use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::deliveries::Delivery;
use super::simulator::{Call, Simulator};
use crate::journal::{self, Kind, Note, Party};

/// The header of the merchant API that is the merchant's key.
const KEY_HEADER: &str = "binancepay-certificate-sn";

impl Simulator {
    /// Writes down a call as it arrived, with the bytes that its signature is over and what the gate said.
    pub(super) fn record_call(self: &Arc<Self>, index: usize, headers: &HeaderMap, body: &[u8]) {
        let call = self.state().calls[index].clone();
        let body = String::from_utf8_lossy(body);
        let of_header = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default()
        };
        let signed = format!(
            "{}\n{}\n{body}\n",
            of_header("binancepay-timestamp"),
            of_header("binancepay-nonce")
        );
        self.journal.record(Note {
            kind: Kind::Call,
            from: Party::Functions,
            to: Party::Binance,
            order_id: order_id(&call, &body),
            title: call.path.clone(),
            ok: None,
            raw: json!({
                "path": call.path,
                "headers": journal::headers(headers, &[KEY_HEADER]),
                "body": body,
                "signed": signed,
                "verdict": call.verdict,
                "reason": call.reason,
                "fault": call.fault,
                "steered": call.steered,
            }),
        });
    }

    /// Writes down what a call was answered, or that it was not.
    pub(super) fn record_answer(self: &Arc<Self>, index: usize, body: &[u8]) {
        let call = self.state().calls[index].clone();
        let title = match (call.http_status, &call.code) {
            (Some(status), Some(code)) => format!("{status}, {code}"),
            (Some(status), None) => status.to_string(),
            (None, _) => "no answer".to_owned(),
        };
        self.journal.record(Note {
            kind: Kind::Call,
            from: Party::Binance,
            to: Party::Functions,
            order_id: order_id(&call, &String::from_utf8_lossy(body)),
            title,
            ok: Some(call.http_status == Some(200) && call.verdict == "taken"),
            raw: json!({
                "path": call.path,
                "status": call.http_status,
                "verdict": call.verdict,
                "reason": call.reason,
                "fault": call.fault,
                "body": call.answer,
            }),
        });
    }

    /// Writes down a notification that is sent now.
    pub(super) fn record_notification(&self, delivery: &Delivery) {
        let headers = delivery.headers.iter();
        let headers: Map<String, Value> = headers
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        let of_header = |wanted: &str| {
            let mut headers = delivery.headers.iter();
            let found = headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map_or("", |(_, value)| value)
        };
        let signed = format!(
            "{}\n{}\n{}\n",
            of_header("binancepay-timestamp"),
            of_header("binancepay-nonce"),
            delivery.body
        );
        let repeat = match delivery.attempt {
            1 => String::new(),
            attempt => format!(", attempt {attempt}"),
        };
        let stranger = if delivery.stranger {
            " of another merchant"
        } else {
            ""
        };
        self.journal.record(Note {
            kind: Kind::Notification,
            from: Party::Binance,
            to: Party::Functions,
            order_id: delivery_order_id(delivery),
            title: format!("{}{stranger}{repeat}", delivery.biz_status),
            ok: None,
            raw: json!({
                "url": delivery.url,
                "attempt": delivery.attempt,
                "stranger": delivery.stranger,
                "headers": headers,
                "body": delivery.body,
                "signed": signed,
            }),
        });
    }

    /// Writes down what a notification was answered.
    pub(super) fn record_acknowledgement(&self, delivery: &Delivery) {
        let title = match (delivery.http_status, delivery.acknowledged) {
            (Some(status), true) => format!("{status}, acknowledged"),
            (Some(status), false) => format!("{status}, not acknowledged"),
            (None, _) => "no answer".to_owned(),
        };
        self.journal.record(Note {
            kind: Kind::Notification,
            from: Party::Functions,
            to: Party::Binance,
            order_id: delivery_order_id(delivery),
            title,
            ok: Some(delivery.acknowledged),
            raw: json!({
                "bizStatus": delivery.biz_status,
                "status": delivery.http_status,
                "body": delivery.answer,
                "error": delivery.error,
                "durationMs": delivery.elapsed_ms,
            }),
        });
    }
}

/// The order that a call is about; one that was turned away at the gate may name it all the same.
fn order_id(call: &Call, body: &str) -> Option<String> {
    let named = || {
        let json: Value = serde_json::from_str(body).ok()?;
        Some(json.get("merchantTradeNo")?.as_str()?.to_owned())
    };
    let trade_no = call.trade_no.clone().or_else(named)?;
    journal::order_id_of(&trade_no)
}

fn delivery_order_id(delivery: &Delivery) -> Option<String> {
    delivery.trade_no.as_deref().and_then(journal::order_id_of)
}
