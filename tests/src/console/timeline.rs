//! The timeline of an order: a sequence diagram of the four parties, each arrow of which opens to its raw content.

use std::sync::Arc;

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::row::is_about;
use super::{Parts, page, raw};
use crate::journal::{Entry, Kind, Party};
use crate::leadscalendar::Confirmation;
use crate::verify::{Message, Verdict, headers};

/// The parties in the order of their lanes, with their names.
const LANES: [(Party, &str); 4] = [
    (Party::LeadsCalendar, "LeadsCalendar"),
    (Party::Functions, "Functions"),
    (Party::Binance, "Binance Pay"),
    (Party::DynamoDb, "DynamoDB"),
];

/// An entry of the journal, or a confirmation that the stand-in received.
pub(super) struct Arrow {
    at_ms: i64,
    kind: Kind,
    from: Party,
    to: Party,
    title: String,
    ok: Option<bool>,
    raw: Value,
    /// The place in the journal.
    seq: Option<u64>,
    verdict: Option<Verdict>,
    /// What the stand-in kept of it.
    received: Option<Value>,
}

/// All that passed about an order, oldest first.
pub(super) fn of(parts: &Parts, order_id: &str) -> Vec<Arrow> {
    let mut receipts: Vec<Confirmation> = (parts.receipts)();
    receipts.retain(|receipt| is_about(receipt, order_id));
    let mut arrows: Vec<Arrow> = Vec::new();
    for entry in parts.journal.of_order(order_id) {
        let mut arrow = Arrow::of_entry(parts, &entry);
        if entry.kind == Kind::Confirmation
            && let Some(index) = receipt_of(&entry, &receipts)
        {
            arrow.add(parts, &receipts.remove(index));
        }
        arrows.push(arrow);
    }
    for receipt in &receipts {
        arrows.extend(Arrow::of_receipt(parts, receipt));
    }
    // What the stand-in received goes where its time belongs; the journal's own order stands.
    arrows.sort_by_key(|arrow| arrow.at_ms);
    arrows
}

/// The newest receipt that can be the one of which the sender tells.
fn receipt_of(entry: &Arc<Entry>, receipts: &[Confirmation]) -> Option<usize> {
    let webhook_id = entry.raw["webhookId"].as_str()?;
    receipts.iter().rposition(|receipt| {
        receipt.webhook_id.as_deref() == Some(webhook_id) && receipt.at_ms <= entry.at_ms + 50
    })
}

impl Arrow {
    fn of_entry(parts: &Parts, entry: &Entry) -> Self {
        let is_notification = entry.kind == Kind::Notification && entry.from == Party::Binance;
        let verdict = is_notification.then(|| {
            let message = Message {
                headers: headers(&entry.raw["headers"].to_string()).unwrap_or_default(),
                body: entry.raw["body"].as_str().unwrap_or_default().into(),
            };
            message.verify(&parts.keyring.keys(), entry.at_ms)
        });
        Self {
            at_ms: entry.at_ms,
            kind: entry.kind,
            from: entry.from,
            to: entry.to,
            title: entry.title.clone(),
            ok: entry.ok,
            raw: entry.raw.clone(),
            seq: Some(entry.seq),
            verdict,
            received: None,
        }
    }

    /// A confirmation and its answer, of which the functions' log is not read.
    fn of_receipt(parts: &Parts, receipt: &Confirmation) -> [Self; 2] {
        let title = receipt.body["type"].as_str().unwrap_or("confirmation");
        let mut told = Self {
            at_ms: receipt.at_ms,
            kind: Kind::Confirmation,
            from: Party::Functions,
            to: Party::LeadsCalendar,
            title: title.to_owned(),
            ok: None,
            raw: Value::Null,
            seq: None,
            verdict: None,
            received: None,
        };
        told.add(parts, receipt);
        let answer = Self {
            at_ms: receipt.at_ms,
            kind: Kind::Confirmation,
            from: Party::LeadsCalendar,
            to: Party::Functions,
            title: receipt.answer().to_owned(),
            ok: Some(receipt.accepted),
            raw: json!({"objection": receipt.objection, "mode": receipt.mode}),
            seq: None,
            verdict: None,
            received: None,
        };
        [told, answer]
    }

    /// Adds what LeadsCalendar received.
    fn add(&mut self, parts: &Parts, receipt: &Confirmation) {
        let message = Message {
            headers: receipt.headers.clone(),
            body: receipt.text.clone().into(),
        };
        self.verdict = Some(message.verify(&parts.keyring.keys(), receipt.at_ms));
        let headers = receipt.headers.iter();
        let headers: Map<String, Value> = headers
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        self.received = Some(json!({
            "headers": headers,
            "body": receipt.text,
            "signed": format!("{}.{}.{}", part(&receipt.webhook_id), part(&receipt.timestamp), receipt.text),
            "answered": receipt.answer(),
            "objection": receipt.objection,
        }));
    }

    fn shown(&self) -> Markup {
        let (from, to) = (lane(self.from), lane(self.to));
        // Eight half columns: a lane's line is the right edge of its first half.
        let columns = if from == to {
            format!("grid-column: {} / {}", 2 * from + 1, 2 * from + 3)
        } else {
            format!(
                "grid-column: {} / {}",
                2 * from.min(to) + 2,
                2 * from.max(to) + 2
            )
        };
        let direction = match from.cmp(&to) {
            std::cmp::Ordering::Less => "right",
            std::cmp::Ordering::Equal => "self",
            std::cmp::Ordering::Greater => "left",
        };
        let speech = if self.is_answer() { "answer" } else { "" };
        let outcome = match self.ok {
            Some(true) => "good",
            Some(false) => "bad",
            None => "",
        };
        let key = self.seq.map_or_else(
            || format!("r{}{}", self.at_ms, direction),
            |seq| seq.to_string(),
        );
        html! {
            li {
                details data-kind=(kind(self.kind)) data-key=(key) {
                    summary {
                        span.at { (page::time(self.at_ms)) }
                        span.parties { (LANES[from].1) " → " (LANES[to].1) }
                        span.arrow.(direction).(speech).(outcome) style=(columns) { (self.title) }
                    }
                    div.opened { (self.content()) }
                }
            }
        }
    }

    /// Whether it answers the arrow before it that goes the other way.
    fn is_answer(&self) -> bool {
        let answerer = match self.kind {
            Kind::Api | Kind::Notification => Party::Functions,
            Kind::Call => Party::Binance,
            Kind::Confirmation => Party::LeadsCalendar,
            Kind::Write => Party::DynamoDb,
            Kind::Log => return false,
        };
        self.from == answerer
    }

    fn content(&self) -> Markup {
        html! {
            (raw::fields(&self.raw))
            @if let Some(received) = &self.received {
                h3 { "As LeadsCalendar received it" }
                (raw::fields(received))
            }
            @if let Some(verdict) = &self.verdict {
                h3 { "Its verification, by the keys of now" }
                (raw::steps(verdict))
                @if let Some(seq) = self.seq.filter(|_| self.kind == Kind::Notification) {
                    p { a href={ "/console/verify?entry=" (seq) } { "Verify it by hand" } }
                }
            }
        }
    }
}

fn lane(party: Party) -> usize {
    LANES
        .iter()
        .position(|(lane, _)| *lane == party)
        .unwrap_or_default()
}

/// The name of a kind, as the journal writes it.
fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Api => "api",
        Kind::Call => "call",
        Kind::Notification => "notification",
        Kind::Confirmation => "confirmation",
        Kind::Write => "write",
        Kind::Log => "log",
    }
}

pub(super) fn shown(arrows: &[Arrow]) -> Markup {
    html! {
        div #timeline {
            div.lanes aria-hidden="true" { @for (_, name) in LANES { span { (name) } } }
            @if arrows.is_empty() { p { "Nothing of it is in the journal any more." } }
            ol { @for arrow in arrows { (arrow.shown()) } }
        }
    }
}
