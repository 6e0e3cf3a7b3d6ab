//! JSON that others wrote, read leniently: each value in every spelling that means the same, and what cannot be used is
//! as good as absent. Whoever needs a value says so, and names it.
//!
//! Names that come twice are kept: the same value twice is one value, two different ones are none.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::money::{Amount, Currency};

/// The longest text that is taken from others, in characters: Binance's longest, a universal link, has some hundred.
const TEXT_CHARS: usize = 2_048;

/// The longest id that is taken from others, in characters; Binance's have about 20.
const ID_CHARS: usize = 64;

/// How often an object may be wrapped in a string; Binance's notifications do it once, some gateways once more.
const WRAPPINGS: usize = 2;

/// The name of the field by which something cannot be read; never its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} cannot be read")]
pub struct Unreadable(pub &'static str);

/// The members of a JSON object, in their order.
#[derive(Debug, Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// A member's name, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Object<'a> {
    /// The object that `body` is, after a byte order mark if there is one.
    #[must_use]
    pub fn parse(body: &'a [u8]) -> Option<Self> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        serde_json::from_slice(body).ok()
    }

    /// All members, those that come twice too.
    #[must_use]
    pub fn into_members(self) -> Vec<(Cow<'a, str>, &'a RawValue)> {
        self.0
    }

    /// The one value of a member; none if it is absent, `null`, or two different ones.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a RawValue> {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        let (_, first) = values.next()?;
        let is_one = values.all(|(_, other)| other.get() == first.get());
        (is_one && first.get() != "null").then_some(*first)
    }

    /// Whether nothing is said of a member: it is absent, or `null`.
    #[must_use]
    pub fn is_silent(&self, name: &str) -> bool {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        values.all(|(_, value)| value.get() == "null")
    }

    /// A text that is not empty, or the digits of a whole number, without blanks around it.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        text(self.value(name)?)
    }

    /// A text that is a string; a number is none.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<String> {
        let raw = self.value(name)?;
        if raw.get().starts_with('"') {
            text(raw)
        } else {
            None
        }
    }

    /// An id: one word of visible ASCII, or a whole number of any length, in any notation.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<String> {
        let id = self.text(name)?;
        let is_word = id.bytes().all(|byte| byte.is_ascii_graphic());
        (is_word && id.len() <= ID_CHARS).then_some(id)
    }

    /// An amount of money, as a number or a string.
    #[must_use]
    pub fn amount(&self, name: &str) -> Option<Amount> {
        let raw = self.value(name)?;
        if raw.get().starts_with('"') {
            text(raw)?.parse().ok()
        } else {
            Amount::from_json(raw).ok()
        }
    }

    /// The code of a currency, in any case.
    #[must_use]
    pub fn currency(&self, name: &str) -> Option<Currency> {
        self.text(name)?.to_ascii_uppercase().parse().ok()
    }

    /// A time in milliseconds since the Unix epoch, as a number or a string, in any notation.
    #[must_use]
    pub fn time_ms(&self, name: &str) -> Option<i64> {
        whole(&self.text(name)?)?.parse().ok()
    }

    /// A whole number of zero or more, as a number or a string, in any notation.
    #[must_use]
    pub fn count(&self, name: &str) -> Option<u32> {
        whole(&self.text(name)?)?.parse().ok()
    }

    /// The text of what a member holds, as [`document`] reads it.
    #[must_use]
    pub fn document(&self, name: &str) -> Option<String> {
        document(self.value(name)?)
    }
}

/// The text of an object or a list, be it one or wrapped in a string.
#[must_use]
pub fn document(raw: &RawValue) -> Option<String> {
    let mut text = raw.get().to_owned();
    for _ in 0..WRAPPINGS {
        if text.starts_with('"') {
            text = serde_json::from_str::<String>(&text).ok()?;
            text = text.trim_start_matches('\u{feff}').trim().to_owned();
        }
    }
    Some(text)
}

/// A text that is not empty, or the digits of a whole number, without blanks around it; quoted twice it is the same.
fn text(raw: &RawValue) -> Option<String> {
    let text = if raw.get().starts_with('"') {
        let once = serde_json::from_str::<String>(raw.get()).ok()?;
        serde_json::from_str(once.trim()).unwrap_or(once)
    } else {
        whole(raw.get())?
    };
    let text = text.trim();
    let is_text = !text.is_empty() && text.chars().count() <= TEXT_CHARS;
    is_text.then(|| text.to_owned())
}

/// The digits of a whole number of zero or more, which may be written `12`, `12.0` or `1.2E1`; those of one written
/// plainly may be more than an amount holds.
fn whole(text: &str) -> Option<String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    let number: Amount = text.parse().ok()?;
    (number.decimals() == 0).then(|| number.normalized().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(json: &str) -> Object<'_> {
        Object::parse(json.as_bytes()).unwrap_or_else(|| panic!("{json} is no object"))
    }

    #[test]
    fn id_is_a_word_or_a_whole_number_in_any_notation() {
        for (json, expected) in [
            (r#"{"a":"363969700195475456"}"#, Some("363969700195475456")),
            (r#"{"a":363969700195475456}"#, Some("363969700195475456")),
            (
                r#"{"a":29383937493038367292}"#,
                Some("29383937493038367292"),
            ),
            (r#"{"a":363969700195475456.0}"#, Some("363969700195475456")),
            (
                r#"{"a":3.63969700195475456E17}"#,
                Some("363969700195475456"),
            ),
            (r#"{"a":" 36 "}"#, Some("36")),
            (r#"{"a":"\"36\""}"#, Some("36")),
            (r#"{"a":"3 6"}"#, None),
            (r#"{"a":""}"#, None),
            (r#"{"a":-1}"#, None),
            (r#"{"a":1.5}"#, None),
            (r#"{"a":null}"#, None),
            (r#"{"a":true}"#, None),
            (r#"{"a":["1"]}"#, None),
            (r#"{"a":{"b":"1"}}"#, None),
            ("{}", None),
        ] {
            assert_eq!(object(json).id("a").as_deref(), expected, "{json}");
        }
        let long = format!(r#"{{"a":"{}"}}"#, "1".repeat(ID_CHARS + 1));
        assert_eq!(object(&long).id("a"), None);
    }

    #[test]
    fn time_is_whole_milliseconds_in_any_notation() {
        for (json, expected) in [
            (r#"{"a":1687037592784}"#, Some(1_687_037_592_784)),
            (r#"{"a":"1687037592784"}"#, Some(1_687_037_592_784)),
            (r#"{"a":"1687037592784.0"}"#, Some(1_687_037_592_784)),
            (r#"{"a":1.687037592784E12}"#, Some(1_687_037_592_784)),
            (r#"{"a":"1.687037592784e+12"}"#, Some(1_687_037_592_784)),
            (r#"{"a":1687037592784.5}"#, None),
            (r#"{"a":99999999999999999999}"#, None),
            (r#"{"a":"yesterday"}"#, None),
            (r#"{"a":[1687037592784]}"#, None),
        ] {
            assert_eq!(object(json).time_ms("a"), expected, "{json}");
        }
    }

    #[test]
    fn amount_and_currency_are_read_in_every_spelling() {
        for json in [
            r#"{"a":1.5}"#,
            r#"{"a":"1.5"}"#,
            r#"{"a":" 15E-1 "}"#,
            r#"{"a":0.15e1}"#,
        ] {
            assert_eq!(object(json).amount("a"), "1.5".parse().ok(), "{json}");
        }
        for json in [
            r#"{"a":"-1"}"#,
            r#"{"a":"1,5"}"#,
            r#"{"a":{}}"#,
            r#"{"a":1e400}"#,
        ] {
            assert_eq!(object(json).amount("a"), None, "{json}");
        }
        for json in [r#"{"a":"USDT"}"#, r#"{"a":" usdt "}"#] {
            assert_eq!(object(json).currency("a"), "USDT".parse().ok(), "{json}");
        }
        assert_eq!(object(r#"{"a":""}"#).currency("a"), None);
    }

    #[test]
    fn name_that_comes_twice_is_read_if_both_say_the_same() {
        assert_eq!(object(r#"{"a":"1","a":"1"}"#).id("a").as_deref(), Some("1"));
        assert_eq!(object(r#"{"a":"1","a":"2"}"#).id("a"), None);
        assert_eq!(object(r#"{"a":"1","\u0061":"2"}"#).id("a"), None);
    }

    #[test]
    fn document_is_found_in_up_to_two_strings() {
        for json in [
            r#"{"a":{"b":1}}"#,
            r#"{"a":"{\"b\":1}"}"#,
            r#"{"a":"\"{\\\"b\\\":1}\""}"#,
            "{\"a\":\"\u{feff}{\\\"b\\\":1}\"}",
        ] {
            let document = object(json).document("a");
            assert_eq!(document.as_deref(), Some(r#"{"b":1}"#), "{json}");
        }
        assert_eq!(object(r#"{"a":null}"#).document("a"), None);
    }

    #[test]
    fn byte_order_mark_is_passed_over_and_what_is_no_object_is_none() {
        assert!(Object::parse("\u{feff}{}".as_bytes()).is_some());
        for body in ["", "[]", "null", "1", "{", "{}x"] {
            assert!(Object::parse(body.as_bytes()).is_none(), "{body}");
        }
    }
}
