//! One change in a JSON text. Every other part keeps the very characters it had: no number passes through a float.

use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::order::json;

/// What is done to the value at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Splice<'a> {
    Remove,
    Set(&'a str),
    Twice,
    Quote,
}

/// The text with the value at `path`, a JSON pointer, changed; nothing when there is no such value to change.
///
/// A string on the way that holds JSON is opened, changed inside, and encoded again.
pub(crate) fn splice(text: &str, path: &str, change: &Splice<'_>) -> Option<String> {
    let names = path.strip_prefix('/')?.split('/');
    let names: Vec<String> = names
        .map(|name| name.replace("~1", "/").replace("~0", "~"))
        .collect();
    inside(text, &names, change)
}

fn inside(text: &str, path: &[String], change: &Splice<'_>) -> Option<String> {
    if text.trim_start().starts_with('"') {
        let inner: String = serde_json::from_str(text).ok()?;
        return Some(json(&inside(&inner, path, change)?));
    }
    let (name, deeper) = path.split_first()?;
    let mut parts: Parts = serde_json::from_str(text).ok()?;
    let place = parts.place(name);
    match (place, deeper, change) {
        (Some(at), [_, ..], _) => parts.values[at].1 = inside(&parts.values[at].1, deeper, change)?,
        (Some(at), [], Splice::Set(value)) => (*value).clone_into(&mut parts.values[at].1),
        (None, [], Splice::Set(value)) if parts.takes(name) => {
            parts.values.push((name.clone(), (*value).to_owned()));
        }
        (Some(at), [], Splice::Remove) => {
            parts.values.remove(at);
        }
        (Some(at), [], Splice::Twice) => parts.values.insert(at, parts.values[at].clone()),
        (Some(at), [], Splice::Quote) => parts.values[at].1 = json(&parts.values[at].1),
        (None, ..) => return None,
    }
    Some(parts.text())
}

/// The members of an object, or the entries of a list, in their order and with the text of each value.
struct Parts {
    is_list: bool,
    /// With the name of each; an entry of a list has none.
    values: Vec<(String, String)>,
}

impl Parts {
    fn place(&self, name: &str) -> Option<usize> {
        if self.is_list {
            return name.parse().ok().filter(|at| *at < self.values.len());
        }
        self.values.iter().position(|(known, _)| known == name)
    }

    /// Whether a value under a new name may be added: to a list only at its end.
    fn takes(&self, name: &str) -> bool {
        !self.is_list || name == "-" || name.parse() == Ok(self.values.len())
    }

    fn text(&self) -> String {
        let values = self.values.iter().map(|(name, value)| {
            if self.is_list {
                value.clone()
            } else {
                format!("{}:{value}", json(name))
            }
        });
        let values = values.collect::<Vec<_>>().join(",");
        if self.is_list {
            format!("[{values}]")
        } else {
            format!("{{{values}}}")
        }
    }
}

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Parts;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts, A::Error> {
        let mut values = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            values.push((name, value.get().to_owned()));
        }
        Ok(Parts {
            is_list: false,
            values,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Parts, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element::<&RawValue>()? {
            values.push((String::new(), value.get().to_owned()));
        }
        Ok(Parts {
            is_list: true,
            values,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_value_at_the_path_changes_and_all_digits_stay() {
        let text = r#"{"bizId":29383937493038367292,"fee":1.00020004,"list":[1.0E-7,{"a":null}]}"#;
        for (path, change, expected) in [
            (
                "/fee",
                Splice::Remove,
                r#"{"bizId":29383937493038367292,"list":[1.0E-7,{"a":null}]}"#,
            ),
            (
                "/fee",
                Splice::Set("1E3"),
                r#"{"bizId":29383937493038367292,"fee":1E3,"list":[1.0E-7,{"a":null}]}"#,
            ),
            (
                "/bizId",
                Splice::Quote,
                r#"{"bizId":"29383937493038367292","fee":1.00020004,"list":[1.0E-7,{"a":null}]}"#,
            ),
            (
                "/fee",
                Splice::Twice,
                r#"{"bizId":29383937493038367292,"fee":1.00020004,"fee":1.00020004,"list":[1.0E-7,{"a":null}]}"#,
            ),
            (
                "/list/1/b",
                Splice::Set("true"),
                r#"{"bizId":29383937493038367292,"fee":1.00020004,"list":[1.0E-7,{"a":null,"b":true}]}"#,
            ),
            (
                "/list/-",
                Splice::Set("[]"),
                r#"{"bizId":29383937493038367292,"fee":1.00020004,"list":[1.0E-7,{"a":null},[]]}"#,
            ),
            (
                "/list/0",
                Splice::Remove,
                r#"{"bizId":29383937493038367292,"fee":1.00020004,"list":[{"a":null}]}"#,
            ),
        ] {
            assert_eq!(splice(text, path, &change).as_deref(), Some(expected));
        }
    }

    #[test]
    fn json_inside_a_string_is_reached_and_encoded_again() {
        let text = r#"{"data":"{\"fee\":1.0,\"info\":\"{\\\"id\\\":\\\"7\\\"}\"}","a/b":1}"#;
        for (path, change, expected) in [
            (
                "/data/fee",
                Splice::Set("2.50"),
                r#"{"data":"{\"fee\":2.50,\"info\":\"{\\\"id\\\":\\\"7\\\"}\"}","a/b":1}"#,
            ),
            (
                "/data/info/id",
                Splice::Set("8"),
                r#"{"data":"{\"fee\":1.0,\"info\":\"{\\\"id\\\":8}\"}","a/b":1}"#,
            ),
            (
                "/a~1b",
                Splice::Set("2"),
                r#"{"data":"{\"fee\":1.0,\"info\":\"{\\\"id\\\":\\\"7\\\"}\"}","a/b":2}"#,
            ),
        ] {
            assert_eq!(splice(text, path, &change).as_deref(), Some(expected));
        }
    }

    #[test]
    fn where_there_is_nothing_to_change_nothing_is() {
        for (text, path, change) in [
            (r#"{"a":1}"#, "/b", Splice::Remove),
            (r#"{"a":1}"#, "/b", Splice::Twice),
            (r#"{"a":1}"#, "/b", Splice::Quote),
            (r#"{"a":1}"#, "/b/c", Splice::Set("1")),
            (r#"{"a":1}"#, "/a/c", Splice::Set("1")),
            (r#"{"a":[1]}"#, "/a/2", Splice::Set("1")),
            (r#"{"a":"b"}"#, "/a/c", Splice::Set("1")),
            ("<html>", "/a", Splice::Set("1")),
            ("", "/a", Splice::Set("1")),
        ] {
            assert_eq!(splice(text, path, &change), None, "{text} {path}");
        }
    }
}
