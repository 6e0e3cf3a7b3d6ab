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

/// Up to what Lambda still takes, which is 6 MB; any of them may cost the request its key, its address or its body.
fn large(usual: &RawValue) -> Vec<Odd> {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let text = format!("\"{}\"", "x".repeat(5_000_000));
    let names: Vec<String> = (0..40_000)
        .map(|nth| format!("\"x-{nth}\": \"\""))
        .collect();
    let names = format!("{{{}}}", names.join(","));
    let query = format!("\"{}\"", "a=%22&".repeat(700_000));
    let cookies = format!("[{}]", vec!["\"a=b\""; 100_000].join(","));
    let header = format!("{{\"a\": {text}}}");
    let name = format!("{{{text}: \"a\"}}");
    let made = [
        ("127 lists in a list", "body", nested(127)),
        ("1 000 lists in a list", "unknown", nested(1_000)),
        ("1 000 000 lists in a list", "unknown", nested(1_000_000)),
        ("100 000 lists in a list", "requestContext", nested(100_000)),
        ("100 000 lists in a list", "headers", nested(100_000)),
        ("5 MB", "body", text.clone()),
        ("5 MB", "rawPath", text.clone()),
        ("5 MB", "routeKey", text),
        ("4 MB", "rawQueryString", query),
        ("a header of 5 MB", "headers", header),
        ("a name of 5 MB", "headers", name),
        ("40 000 members", "headers", names.clone()),
        ("40 000 members", "pathParameters", names),
        ("100 000 members", "cookies", cookies),
    ];
    let made = made.map(|(what, member, value)| {
        let mut event = members(usual);
        let value = RawValue::from_string(value).unwrap();
        event.insert(member.to_owned(), value);
        let event = serde_json::to_string(&event).unwrap();
        (format!("{what} as {member}"), event)
    });
    let whole = ("1 000 000 lists in a list".to_owned(), nested(1_000_000));
    let all = made.into_iter().chain([whole]);
    let odd = |(what, event)| Odd {
        what,
        event,
        also: vec![401, 404, 413],
    };
    all.map(odd).collect()
}
