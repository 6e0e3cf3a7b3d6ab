//! A message as it is kept in files: headers as lines or as JSON, or a whole HTTP request.

use serde_json::{Map, Value};

use super::Message;

impl Message {
    /// Reads a raw HTTP request: a line, the headers, an empty line, and the body as it is.
    ///
    /// # Errors
    /// A sentence that names the line.
    pub fn of_request(request: &[u8]) -> Result<Self, String> {
        let crlf = find(request, b"\r\n\r\n").map(|at| (at, at + 4));
        let lf = find(request, b"\n\n").map(|at| (at, at + 2));
        let ends = [crlf, lf].into_iter().flatten().min();
        let (end, begin) = ends.ok_or("there is no empty line between headers and body")?;
        let head = std::str::from_utf8(&request[..end])
            .map_err(|_| "the headers are no text".to_owned())?;
        let (_, headers) = head.split_once('\n').unwrap_or((head, ""));
        Ok(Self {
            headers: lines(headers)?,
            body: request[begin..].to_vec(),
        })
    }
}

/// Reads headers: lines `Name: value`, or JSON, an object or a list of pairs.
///
/// # Errors
/// A sentence that names what is wrong.
pub fn headers(text: &str) -> Result<Vec<(String, String)>, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with(['{', '[']) {
        let json = serde_json::from_str(text).map_err(|error| format!("headers: {error}"))?;
        return of_json(json);
    }
    lines(text)
}

/// The headers in JSON: `{"name":"value"}`, `{"name":["value"]}` or `[["name","value"]]`.
pub(super) fn of_json(json: Value) -> Result<Vec<(String, String)>, String> {
    let pairs = match json {
        Value::Object(map) => of_map(map),
        Value::Array(list) => list
            .into_iter()
            .map(|pair| match pair.as_array().map(Vec::as_slice) {
                Some([Value::String(name), value]) => Ok((name.clone(), value.clone())),
                _ => Err("headers: each entry of the list must be [name, value]".to_owned()),
            })
            .collect::<Result<_, _>>()?,
        _ => return Err("headers: neither an object nor a list of pairs".to_owned()),
    };
    pairs
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Number(number) => Ok((name, number.to_string())),
            _ => Err(format!("headers: {name} is no text")),
        })
        .collect()
}

fn of_map(map: Map<String, Value>) -> Vec<(String, Value)> {
    let mut pairs = Vec::new();
    for (name, value) in map {
        match value {
            Value::Array(values) => {
                pairs.extend(values.into_iter().map(|value| (name.clone(), value)));
            }
            value => pairs.push((name, value)),
        }
    }
    pairs
}

fn lines(text: &str) -> Result<Vec<(String, String)>, String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| match line.split_once(':') {
            Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
            None => Err(format!("headers: {line:?} has no colon")),
        })
        .collect()
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes
        .windows(pattern.len())
        .position(|window| window == pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_from_lines_and_from_json() {
        let expected = [("a", "1"), ("B", "2:3")].map(|(name, value)| (name.into(), value.into()));
        for text in [
            "a: 1\r\nB: 2:3\r\n",
            "\u{feff}a:1\nB:2:3",
            r#"{"B": "2:3", "a": 1}"#,
            r#"{"a": ["1"], "B": ["2:3"]}"#,
            r#"[["a", "1"], ["B", "2:3"]]"#,
        ] {
            let mut read = headers(text).unwrap();
            read.sort_by_key(|(name, _)| name.to_ascii_lowercase());
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn headers_that_are_none_are_refused_by_name() {
        for (text, named) in [
            ("a 1", "\"a 1\" has no colon"),
            ("{\"a\": {}}", "a is no text"),
            ("[\"a\"]", "[name, value]"),
            ("{", "EOF"),
        ] {
            let problem = headers(text).unwrap_err();
            assert!(problem.contains(named), "{problem}");
        }
    }

    #[test]
    fn a_request_is_read_with_its_body_as_it_is() {
        for request in [
            &b"POST / HTTP/1.1\r\nA: 1\r\n\r\n{}\n"[..],
            b"POST / HTTP/1.1\nA: 1\n\n{}\n",
        ] {
            let read = Message::of_request(request).unwrap();
            assert_eq!(read.headers, [("A".to_owned(), "1".to_owned())]);
            assert_eq!(read.body, b"{}\n");
        }
        let problem = Message::of_request(b"POST / HTTP/1.1\nA: 1\n").unwrap_err();
        assert_eq!(problem, "there is no empty line between headers and body");
    }
}
