//! Bends: rules by which an answer of the merchant API, or a notification, differs from what it should be.
//!
//! A rule stands until it is cleared or was played often enough. A notification is signed after it was bent, since it
//! is Binance itself that says so.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::faults::On;
use super::splice::{Splice, splice};

/// What is bent: the answers to a call, or every notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names of the calls, and the notification")]
pub enum BendOn {
    Create,
    Query,
    Close,
    Refund,
    RefundQuery,
    Certificates,
    Notification,
}

/// How it is bent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The value is left out.
    Remove,
    /// The value is this JSON text, character by character; one that is missing is added to its parent.
    Set(String),
    /// The value is there a second time, under the same name.
    Twice,
    /// The value's text becomes a string: `1.0` is `"1.0"`, an object is encoded, a string is encoded again.
    Quote,
    /// The whole body is this text; such a bend has no path.
    Body(String),
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bend {
    /// What is bent.
    pub on: BendOn,
    /// Where, as a JSON pointer such as `/data/totalFee`; it reaches into strings that hold JSON.
    pub path: String,
    /// How.
    pub change: Change,
    /// How often; without it until the bends are cleared.
    pub times: Option<u32>,
}

/// A rule and how often it was played. It is played where there is something to change, and not elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayedBend {
    /// The rule.
    pub bend: Bend,
    /// How many answers or notifications it has changed.
    pub played: u32,
}

/// The bends with their options, for people who misspelt one.
pub const KNOWN: &str = "{on: create|query|close|refund|refundQuery|certificates|notification, path: a JSON pointer \
    such as /data/totalFee, and one of set: any JSON, remove: true, twice: true, quote: true; times?} or {on, body: text, times?}";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    on: BendOn,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    path: String,
    // Null is a value like any other here.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    set: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remove: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    twice: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quote: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<NonZeroU32>,
    #[serde(skip_deserializing)]
    played: u32,
}

fn even_null<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::deserialize(deserializer).map(Some)
}

impl BendOn {
    /// The answers to a call.
    pub(crate) fn answer(call: On) -> Option<Self> {
        match call {
            On::Any => None,
            On::Create => Some(Self::Create),
            On::Query => Some(Self::Query),
            On::Close => Some(Self::Close),
            On::Refund => Some(Self::Refund),
            On::RefundQuery => Some(Self::RefundQuery),
            On::Certificates => Some(Self::Certificates),
        }
    }
}

impl Bend {
    /// A rule that stands until it is cleared.
    #[must_use]
    pub fn new(on: BendOn, path: &str, change: Change) -> Self {
        Self {
            on,
            path: path.to_owned(),
            change,
            times: None,
        }
    }

    /// The value at `path` is `json`, a JSON text.
    #[must_use]
    pub fn set(on: BendOn, path: &str, json: &str) -> Self {
        Self::new(on, path, Change::Set(json.to_owned()))
    }

    /// The value at `path` is left out.
    #[must_use]
    pub fn remove(on: BendOn, path: &str) -> Self {
        Self::new(on, path, Change::Remove)
    }

    /// The whole body is `text`.
    #[must_use]
    pub fn body(on: BendOn, text: &str) -> Self {
        Self::new(on, "", Change::Body(text.to_owned()))
    }

    /// The same rule, played once.
    #[must_use]
    pub fn once(self) -> Self {
        Self {
            times: Some(1),
            ..self
        }
    }

    /// Reads `{"on":"query","path":"/data/transactTime","set":"1E3","times":2}`.
    ///
    /// # Errors
    /// A sentence naming what is wrong and all that is known.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        Self::try_read(json).map_err(|problem| format!("{problem}; known bends: {KNOWN}"))
    }

    fn try_read(json: &[u8]) -> Result<Self, String> {
        let json = if json.is_empty() { b"{}" } else { json };
        let wire: Wire = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let said = |flag: Option<bool>, change| flag.unwrap_or_default().then_some(change);
        let changes = [
            wire.set.map(|value| Change::Set(value.get().to_owned())),
            said(wire.remove, Change::Remove),
            said(wire.twice, Change::Twice),
            said(wire.quote, Change::Quote),
            wire.body.map(Change::Body),
        ];
        let mut changes = changes.into_iter().flatten();
        let (Some(change), None) = (changes.next(), changes.next()) else {
            return Err("say one of set, remove, twice, quote, body".to_owned());
        };
        let bend = Self {
            on: wire.on,
            path: wire.path,
            change,
            times: wire.times.map(NonZeroU32::get),
        };
        bend.check()?;
        Ok(bend)
    }

    /// Whether it can be played at all.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_whole = matches!(self.change, Change::Body(_));
        match self.path.as_str() {
            "" if !is_whole => return Err("the field path is missing".to_owned()),
            path if is_whole && !path.is_empty() => return Err("body takes no path".to_owned()),
            path if !is_whole && !path.starts_with('/') => {
                return Err(format!("path: {path:?} does not begin with a slash"));
            }
            _ => {}
        }
        match &self.change {
            Change::Set(text) if serde_json::from_str::<&RawValue>(text).is_err() => {
                Err(format!("set: {text:?} is no JSON"))
            }
            _ => Ok(()),
        }
    }

    /// The bent body; nothing where there is nothing to change.
    pub(crate) fn bent(&self, body: &str) -> Option<String> {
        let change = match &self.change {
            Change::Body(text) => return Some(text.clone()),
            Change::Remove => Splice::Remove,
            Change::Set(value) => Splice::Set(value),
            Change::Twice => Splice::Twice,
            Change::Quote => Splice::Quote,
        };
        splice(body, &self.path, &change)
    }
}

impl Serialize for PlayedBend {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let change = &self.bend.change;
        let said = |wanted| (*change == wanted).then_some(true);
        let (set, body) = match change {
            Change::Set(text) => (RawValue::from_string(text.clone()).ok(), None),
            Change::Body(text) => (None, Some(text.clone())),
            Change::Remove | Change::Twice | Change::Quote => (None, None),
        };
        let wire = Wire {
            on: self.bend.on,
            path: self.bend.path.clone(),
            set,
            remove: said(Change::Remove),
            twice: said(Change::Twice),
            quote: said(Change::Quote),
            body,
            times: self.bend.times.and_then(NonZeroU32::new),
            played: self.played,
        };
        wire.serialize(serializer)
    }
}
