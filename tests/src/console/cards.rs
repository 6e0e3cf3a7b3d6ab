//! The forms of the page Misbehave: one for each party and fault, with what waits at present.

use maud::{Markup, html};
use serde_json::Value;

use crate::clock;

const FAULTS: [&str; 16] = [
    "lostAnswer",
    "lostRequest",
    "slow",
    "slowThenLost",
    "html403",
    "geo451",
    "rate429",
    "http500",
    "http500Taken",
    "brokenAnswer",
    "refuse",
    "webhookFirst",
    "payerComes",
    "closesLater",
    "refundPends",
    "refundForgotten",
];
const CALLS: [&str; 7] = [
    "any",
    "create",
    "query",
    "close",
    "refund",
    "refundQuery",
    "certificates",
];
const MODES: [&str; 8] = [
    "up",
    "down",
    "slow",
    "hang",
    "gone",
    "redirect",
    "retryAfter",
    "drop",
];
const STORE_FAULTS: [&str; 8] = [
    "throttled",
    "denied",
    "expired",
    "serverError",
    "lostRequest",
    "lostAnswer",
    "slow",
    "itemUntold",
];
const OPERATIONS: [&str; 5] = ["", "PutItem", "GetItem", "BatchGetItem", "Query"];
const SIGNATURES: [&str; 5] = ["forged", "altered", "unknownSerial", "missing", "correct"];

/// A form that turns one switch.
fn card(id: &str, title: &str, content: &Markup) -> Markup {
    html! {
        section aria-labelledby={ "title-" (id) } {
            h2 id={ "title-" (id) } { (title) }
            form id=(id) method="post" action={ "/console/misbehave/" (id) } { (content) }
        }
    }
}

fn choice(name: &str, label: &str, choices: &[&str]) -> Markup {
    html! { label { (label) select name=(name) { @for choice in choices { option { (choice) } } } } }
}

fn field(name: &str, label: &str, hint: &str) -> Markup {
    html! { label { (label) input name=(name) placeholder=(hint) autocomplete="off"; } }
}

fn trade_no(name: &str) -> Markup {
    html! { label { "Trade number" input name=(name) list="trade-nos" autocomplete="off"; } }
}

/// For how many calls.
fn times() -> Markup {
    html! {
        label { "For the next" input name="times" type="number" min="1" value="1"; }
        label.check { input name="always" type="checkbox"; "until turned off" }
    }
}

/// What waits at present, and the button that clears it.
fn waiting(id: &str, waiting: &Value) -> Markup {
    let list = waiting.as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        @if list.is_empty() { p.dim { "Nothing waits." } } @else {
            ul.waiting { @for one in list { li { code { (one) } } } }
            button formaction={ "/console/misbehave/clear-" (id) } formnovalidate { "Clear" }
        }
    }
}

pub(super) fn leadscalendar(mode: &Value) -> Markup {
    let content = html! {
        p { "It is " strong { (mode["mode"].as_str().unwrap_or("up")) }
            @if let Some(times) = mode["times"].as_u64() { " for the next " (times) } @else { " until that is changed" } }
        (choice("mode", "Confirmations are met", &MODES))
        (field("ms", "Milliseconds, of slow", ""))
        (field("secs", "Seconds, of retryAfter", ""))
        (times())
        button.main { "Set" }
    };
    card("leadscalendar", "LeadsCalendar", &content)
}

pub(super) fn faults(list: &Value) -> Markup {
    let content = html! {
        (choice("fault", "Fault", &FAULTS))
        (choice("on", "Calls", &CALLS))
        (times())
        details {
            summary { "What some of them take" }
            (field("ms", "Milliseconds, of slow and slowThenLost", ""))
            (field("retryAfter", "Seconds, of rate429", ""))
            (field("code", "Code, of refuse", "400201"))
            (field("message", "Words, of refuse", ""))
            (field("http", "HTTP status, of refuse", "200"))
            (choice("envelope", "Shape, of refuse", &["", "normal", "msg", "errorData", "numeric"]))
            (choice("at", "When, of payerComes", &["", "before", "between", "after"]))
            (field("afterMs", "Milliseconds, of closesLater and refundPends", ""))
        }
        button.main { "Add" }
        (waiting("faults", list))
    };
    card("faults", "Binance Pay: calls", &content)
}

pub(super) fn table(list: &Value) -> Markup {
    let content = html! {
        (choice("fault", "Fault", &STORE_FAULTS))
        (choice("operation", "Operation (any if empty)", &OPERATIONS))
        (field("ms", "Milliseconds, of slow", ""))
        (times())
        button.main { "Add" }
        (waiting("table", list))
    };
    card("table", "DynamoDB", &content)
}

pub(super) fn payment() -> Markup {
    let content = html! {
        p { "The payer pays; the notification comes so often, so late, or not at all." }
        (trade_no("tradeNo"))
        (field("times", "Notifications", "1"))
        (field("delayMs", "Milliseconds late", "0"))
        (choice("notify", "It is sent", &["", "true", "false"]))
        (field("amount", "Another amount", "as ordered"))
        (field("currency", "Another currency", "as ordered"))
        (choice("late", "Though the order is over", &["", "true"]))
        button.main { "Pay" }
    };
    card("payment", "Binance Pay: repeat, late", &content)
}

pub(super) fn forge() -> Markup {
    let content = html! {
        p { "Sends a notification that was not meant so, and shows the step at which it is refused." }
        (choice("signature", "Signature", &SIGNATURES))
        (trade_no("merchantTradeNo"))
        (choice("bizStatus", "Status", &["PAY_SUCCESS", "PAY_CLOSED", "PAY_REFUND"]))
        (field("withoutHeader", "Without the header", "BinancePay-Nonce"))
        (field("data", "Other data, as JSON text", ""))
        button.main { "Send" }
    };
    card("forge", "Binance Pay: forge", &content)
}

pub(super) fn stranger() -> Markup {
    let content = html! {
        p { "Another merchant has an order under our trade number, and names our address." }
        (trade_no("tradeNo"))
        (choice("event", "It is", &["pay", "close", "refund"]))
        (field("amount", "Amount", "as ours"))
        button.main { "Send" }
    };
    card("stranger", "Binance Pay: foreign merchant", &content)
}

pub(super) fn time(now_ms: i64) -> Markup {
    let content = html! {
        p { "The simulator's time is " strong { (clock::rfc3339(now_ms)) } }
        div.tools { @for by in ["1m", "10m", "1h", "1d"] {
            button name="by" value=(by) formnovalidate { "+" (by) }
        } }
    };
    let free = html! {
        label { "By" input name="by" placeholder="90s" required autocomplete="off"; }
        button.main { "Move" }
    };
    html! {
        section aria-labelledby="title-time" {
            h2 #title-time { "Time" }
            form method="post" action="/console/misbehave/time" { (content) }
            form #time method="post" action="/console/misbehave/time" { (free) }
        }
    }
}

pub(super) fn certificates() -> Markup {
    let content = html! {
        p { "A new certificate signs from now on." }
        (choice("keepOld", "The old one stays published", &["true", "false"]))
        button.main { "Rotate" }
    };
    card("certificates", "Binance Pay: certificate", &content)
}

pub(super) fn bends(list: &Value) -> Markup {
    let content = html! {
        p { "Answers and notifications that differ from what they should be." }
        label { "Rule" textarea name="json" rows="3" { r#"{"on":"query","path":"/data/transactTime","remove":true,"times":1}"# } }
        p.dim { "One of set, remove, twice, quote with a path; or body." }
        button.main { "Add" }
        (waiting("bends", list))
    };
    card("bends", "Binance Pay: bends", &content)
}

pub(super) fn behaviour(now: &Value) -> Markup {
    let content = html! {
        p { "What the documentation leaves open." }
        label { "Change" textarea name="json" rows="2" { r#"{"bizIdStr":false}"# } }
        button.main { "Change" }
        details { summary { "As it is" } pre tabindex="0" { (format!("{now:#}")) } }
    };
    card("behaviour", "Binance Pay: behaviour", &content)
}
