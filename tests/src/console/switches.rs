//! The switches of the page Misbehave: which admin route each one calls, and with what of its form.

use std::collections::HashMap;

use axum::http::Method;
use serde_json::{Map, Value};

/// What pressing a switch does.
pub(super) struct Press {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Value,
}

/// The fields of a form that are numbers to the admin API.
const NUMBERS: [&str; 7] = [
    "ms",
    "secs",
    "afterMs",
    "delayMs",
    "times",
    "http",
    "retryAfter",
];
/// The fields that say which order or event it is, and are no options.
const NAMES: [&str; 3] = ["tradeNo", "event", "always"];

/// What a switch does with a form; nothing if there is no such switch.
pub(super) fn press(switch: &str, fields: &HashMap<String, String>) -> Option<Press> {
    let text = |name: &str| fields.get(name).map(|text| text.trim()).unwrap_or_default();
    let of_order =
        |under: &str, event: &str| format!("/sandbox/{under}/{}/{event}", segment(text("tradeNo")));
    let (method, path) = match switch {
        "leadscalendar" => (Method::POST, "/sandbox/mode".to_owned()),
        "faults" => (Method::POST, "/sandbox/faults".to_owned()),
        "clear-faults" => (Method::DELETE, "/sandbox/faults".to_owned()),
        "bends" => (Method::POST, "/sandbox/bends".to_owned()),
        "clear-bends" => (Method::DELETE, "/sandbox/bends".to_owned()),
        "table" => (Method::POST, "/sandbox/dynamodb/faults".to_owned()),
        "clear-table" => (Method::DELETE, "/sandbox/dynamodb/faults".to_owned()),
        "forge" => (Method::POST, "/sandbox/notify".to_owned()),
        "payment" => (Method::POST, of_order("orders", "pay")),
        "stranger" => (Method::POST, of_order("stranger", &segment(text("event")))),
        "time" => (Method::POST, "/sandbox/advance".to_owned()),
        "certificates" => (Method::POST, "/sandbox/certificates/rotate".to_owned()),
        "behaviour" => (Method::POST, "/sandbox/behaviour".to_owned()),
        _ => return None,
    };
    Some(Press {
        method,
        path,
        body: body(switch, fields),
    })
}

/// A part of a path, of which nothing can make another path.
fn segment(text: &str) -> String {
    let kept = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>();
    if kept.is_empty() {
        "none".to_owned()
    } else {
        kept
    }
}

fn body(switch: &str, fields: &HashMap<String, String>) -> Value {
    // JSON as it was typed; what is none the admin API refuses in words.
    if let Some(json) = fields.get("json") {
        return serde_json::from_str(json).unwrap_or_else(|_| Value::from(json.as_str()));
    }
    let mut body = Map::new();
    for (name, text) in fields {
        let text = text.trim();
        if !text.is_empty() && !NAMES.contains(&name.as_str()) {
            body.insert(name.clone(), value(name, text));
        }
    }
    if fields.contains_key("always") {
        body.remove("times");
        // Of the modes and bends, one without times stays; of the faults, one whose times are null.
        if ["faults", "table"].contains(&switch) {
            body.insert("times".to_owned(), Value::Null);
        }
    }
    Value::Object(body)
}

fn value(name: &str, text: &str) -> Value {
    let number = text.parse::<u64>().ok().filter(|_| NUMBERS.contains(&name));
    match (number, text) {
        (Some(number), _) => number.into(),
        (None, "true") => true.into(),
        (None, "false") => false.into(),
        (None, text) => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pressed(switch: &str, fields: &[(&str, &str)]) -> (String, Value) {
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let press = press(switch, &fields).unwrap();
        (press.path, press.body)
    }

    #[test]
    fn a_form_becomes_what_the_admin_api_takes() {
        let fault = [
            ("fault", "slow"),
            ("ms", " 300 "),
            ("on", "create"),
            ("code", ""),
        ];
        for (always, times) in [(None, json!(2)), (Some(("always", "on")), Value::Null)] {
            let fields: Vec<_> = fault
                .into_iter()
                .chain([("times", "2")])
                .chain(always)
                .collect();
            let (path, body) = pressed("faults", &fields);
            assert_eq!(path, "/sandbox/faults");
            assert_eq!(
                body,
                json!({"fault": "slow", "ms": 300, "on": "create", "times": times})
            );
        }
        let (_, body) = pressed(
            "leadscalendar",
            &[("mode", "down"), ("times", "2"), ("always", "on")],
        );
        assert_eq!(body, json!({"mode": "down"}));
        let (path, body) = pressed(
            "payment",
            &[("tradeNo", "../7?"), ("notify", "false"), ("amount", "1.0")],
        );
        assert_eq!(path, "/sandbox/orders/7/pay");
        assert_eq!(body, json!({"notify": false, "amount": "1.0"}));
        assert!(press("else", &HashMap::new()).is_none());
    }
}
