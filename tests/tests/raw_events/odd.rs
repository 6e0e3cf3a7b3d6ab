//! Odd events: those of `events/odd.json`, each of which changes an event that nothing is wrong with, and those that are
//! too large to be written down.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// The members of an object as they are written: JSON can say what no text can hold.
type Members = BTreeMap<String, Box<RawValue>>;

/// An odd event.
pub struct Odd {
    pub what: String,
    pub event: String,
    /// What it may be answered with beside 400 and the answer to the event that it was made of.
    pub also: Vec<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    what: String,
    /// Members of the event, of its headers, of its context and of the HTTP in that.
    #[serde(default)]
    event: Members,
    #[serde(default)]
    headers: Members,
    #[serde(default)]
    context: Members,
    #[serde(default)]
    http: Members,
    /// Members of the event that it has not.
    #[serde(default)]
    without: Vec<String>,
    /// Another event altogether.
    whole: Option<String>,
    #[serde(default)]
    also: Vec<u64>,
}

/// All odd events that can be made of a `usual` one.
pub fn all(usual: &Value) -> Vec<Odd> {
    let text = include_str!("../../events/odd.json");
    let written: Vec<Change> = serde_json::from_str(text).unwrap();
    let usual = to_raw_value(usual).unwrap();
    let written = written.into_iter().map(|change| Odd {
        event: match &change.whole {
            Some(whole) => whole.clone(),
            None => change.made(&usual),
        },
        what: change.what,
        also: change.also,
    });
    written.chain(large(&usual)).collect()
}

impl Change {
    fn made(&self, usual: &RawValue) -> String {
        let mut event = members(usual);
        for (name, changes) in [
            ("headers", &self.headers),
            ("requestContext", &self.context),
        ] {
            changed(&mut event, name, changes);
        }
        let mut context = members(&event["requestContext"]);
        changed(&mut context, "http", &self.http);
        event.insert("requestContext".to_owned(), to_raw_value(&context).unwrap());
        event.extend(
            self.event
                .iter()
                .map(|(name, raw)| (name.clone(), raw.clone())),
        );
        event.retain(|name, _| !self.without.contains(name));
        serde_json::to_string(&event).unwrap()
    }
}

fn members(object: &RawValue) -> Members {
    serde_json::from_str(object.get()).unwrap_or_default()
}

/// Changes members of the object that is a member.
fn changed(of: &mut Members, name: &str, changes: &Members) {
    if changes.is_empty() {
        return;
    }
    let mut object = members(&of[name]);
    object.extend(
        changes
            .iter()
            .map(|(name, raw)| (name.clone(), raw.clone())),
    );
    of.insert(name.to_owned(), to_raw_value(&object).unwrap());
}

/// Up to what Lambda still takes, which is 6 MB.
fn large(usual: &RawValue) -> Vec<Odd> {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let text = format!("\"{}\"", "x".repeat(5_000_000));
    let names: Vec<String> = (0..40_000)
        .map(|nth| format!("\"x-{nth}\": \"\""))
        .collect();
    let names = format!("{{{}}}", names.join(","));
    let query = format!("\"{}\"", "a=%22&".repeat(700_000));
    let cookies = format!("[{}]", vec!["\"a=b\""; 100_000].join(","));
    let event = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let changes = [
        (
            "a body nested 127 deep",
            event("body", &nested(127)),
            vec![401],
        ),
        (
            "a member nested 1 000 deep",
            event("unknown", &nested(1_000)),
            vec![],
        ),
        (
            "a member nested 1 000 000 deep",
            event("unknown", &nested(1_000_000)),
            vec![],
        ),
        (
            "a context nested 100 000 deep",
            event("requestContext", &nested(100_000)),
            vec![],
        ),
        (
            "headers nested 100 000 deep",
            event("headers", &nested(100_000)),
            vec![401],
        ),
        ("a body of 5 MB", event("body", &text), vec![401, 413]),
        ("a path of 5 MB", event("rawPath", &text), vec![404]),
        ("a query of 4 MB", event("rawQueryString", &query), vec![]),
        ("a route of 5 MB", event("routeKey", &text), vec![]),
        (
            "a header of 5 MB",
            event("headers", &format!("{{\"a\": {text}}}")),
            vec![401],
        ),
        (
            "a header's name of 5 MB",
            event("headers", &format!("{{{text}: \"a\"}}")),
            vec![401],
        ),
        ("40 000 headers", event("headers", &names), vec![401]),
        (
            "40 000 parameters of the path",
            event("pathParameters", &names),
            vec![404],
        ),
        ("100 000 cookies", event("cookies", &cookies), vec![]),
    ];
    let made = changes.map(|(what, (name, value), also)| {
        let mut event = members(usual);
        event.insert(name, RawValue::from_string(value).unwrap());
        Odd {
            what: what.to_owned(),
            event: serde_json::to_string(&event).unwrap(),
            also,
        }
    });
    let whole = Odd {
        what: "a list nested 1 000 000 deep".to_owned(),
        event: nested(1_000_000),
        also: Vec::new(),
    };
    made.into_iter().chain([whole]).collect()
}
