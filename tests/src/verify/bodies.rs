//! The bytes that a body may have had before it was written again on its way: what a signature is tried against once the
//! bytes that came do not verify.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

/// A body that may have been signed, and what happened to it if that is so.
pub(super) type Form = (Vec<u8>, String);

/// The forms that `body` may have had; `order` is the one in which its sender writes the fields, by the object they are in.
pub(super) fn earlier(body: &[u8], order: &[&[&str]]) -> Vec<Form> {
    let mut forms = ends(body);
    if let Ok(text) = std::str::from_utf8(body) {
        forms.extend(written_again(text, order));
        if let Some(bytes) = latin(text) {
            let why = "the body was read as Latin-1 and written as UTF-8";
            forms.push((bytes, why.to_owned()));
        }
    }
    if let Ok(decoded) = STANDARD.decode(body.trim_ascii()) {
        let why = "the body is still coded in base64: an event with isBase64Encoded has to be decoded first";
        forms.push((decoded, why.to_owned()));
    }
    forms.retain(|(form, _)| form != body);
    forms
}

/// What editors and shells add at either end, and take away.
fn ends(body: &[u8]) -> Vec<Form> {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    let mut forms = Vec::new();
    let mut form = |bytes: &[u8], why: &str| forms.push((bytes.to_vec(), why.to_owned()));
    let without_line = body.strip_suffix(b"\n").unwrap_or(body);
    let without_line = without_line.strip_suffix(b"\r").unwrap_or(without_line);
    form(
        without_line,
        "the body ends with a line break that was not signed, as an editor or `echo` adds it",
    );
    if let Some(rest) = body.strip_prefix(BOM) {
        form(
            rest,
            "the body begins with a byte order mark that was not signed",
        );
    }
    form(
        &[BOM, body].concat(),
        "the body has lost the byte order mark that it was signed with",
    );
    form(
        body.trim_ascii(),
        "white space around the body was not signed",
    );
    for lost in ["\n", "\r\n"] {
        form(
            &[body, lost.as_bytes()].concat(),
            "the body has lost the line break at its end: it was trimmed before it was verified",
        );
    }
    let text = String::from_utf8_lossy(body);
    form(
        text.replace("\r\n", "\n").as_bytes(),
        "the body's line breaks were changed to CR LF",
    );
    forms
}

/// What parsing JSON and writing it again changes.
fn written_again(text: &str, order: &[&[&str]]) -> Vec<Form> {
    const AGAIN: &str =
        "the body was parsed and written again before it was verified, which changed";
    let compact = compact(text);
    let plain = unescaped(&compact);
    let exact = exact_biz_id(&plain);
    let mut forms = vec![(
        compact.clone().into_bytes(),
        format!("{AGAIN} its white space"),
    )];
    forms.push((
        plain.clone().into_bytes(),
        format!("{AGAIN} how its characters are escaped"),
    ));
    forms.push((
        exact.clone().into_bytes(),
        format!("{AGAIN} bizId, a number that JavaScript rounds"),
    ));
    for text in [&compact, &plain, &exact] {
        if let Some(sorted) = sorted(text, order) {
            forms.push((
                sorted.into_bytes(),
                format!("{AGAIN} the order of its fields"),
            ));
        }
    }
    forms
}

/// JSON without white space between its tokens; numbers and strings stay as they are written.
fn compact(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    text.chars()
        .filter(|char| {
            let keep = inside || !char.is_ascii_whitespace();
            match (*char, escaped) {
                (_, true) => escaped = false,
                ('\\', false) => escaped = inside,
                ('"', false) => inside = !inside,
                _ => {}
            }
            keep
        })
        .collect()
}

/// JSON whose strings escape no more than they must: neither `/` nor what is beyond ASCII.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        if let Some(after) = after.strip_prefix('/') {
            plain.push('/');
            rest = after;
        } else if let Some((char, after)) = beyond_ascii(after) {
            plain.push(char);
            rest = after;
        } else {
            plain.push('\\');
            // Whatever is escaped belongs to it, above all another backslash.
            let mut chars = after.chars();
            plain.extend(chars.next());
            rest = chars.as_str();
        }
    }
    plain + rest
}

/// The character of `uXXXX`, or of a pair of them, if it is beyond ASCII; and what follows.
fn beyond_ascii(after: &str) -> Option<(char, &str)> {
    let unit = |text: &str| {
        let digits = text.strip_prefix('u')?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(after)?;
    let rest = &after[5..];
    let second = rest.strip_prefix('\\').and_then(unit);
    let mut units = char::decode_utf16([first].into_iter().chain(second));
    let char = units.next()?.ok()?;
    let length = if char.len_utf16() == 2 { 6 } else { 0 };
    (!char.is_ascii()).then(|| (char, &rest[length..]))
}

/// `bizId` as `bizIdStr` spells it.
fn exact_biz_id(text: &str) -> String {
    let between = |name: &str, ends: &[char]| {
        let (before, after) = text.split_once(name)?;
        let value = after.split(ends).next()?;
        Some((before.len() + name.len(), value))
    };
    let exact = between("\"bizIdStr\":\"", &['"']);
    let rounded = between("\"bizId\":", &[',', '}']);
    match (exact, rounded) {
        (Some((_, exact)), Some((at, rounded))) => {
            let (before, after) = (&text[..at], &text[at + rounded.len()..]);
            format!("{before}{exact}{after}")
        }
        _ => text.to_owned(),
    }
}

/// The fields in the order of their sender: those of the whole, and those of the object `data`.
fn sorted(text: &str, order: &[&[&str]]) -> Option<String> {
    let (names, deeper) = order.split_first()?;
    let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).ok()?;
    let mut written = Vec::new();
    let mut write = |name: &str, value: &RawValue| {
        let inner = (name == "data")
            .then(|| sorted(value.get(), deeper))
            .flatten();
        let value = inner.as_deref().unwrap_or(value.get());
        written.push(format!("\"{name}\":{value}"));
    };
    for name in *names {
        if let Some(value) = fields.remove(*name) {
            write(name, &value);
        }
    }
    for (name, value) in &fields {
        write(name, value);
    }
    Some(format!("{{{}}}", written.join(",")))
}

/// The bytes that were read as Latin-1, if all characters are of it and one is beyond ASCII.
fn latin(text: &str) -> Option<Vec<u8>> {
    let bytes: Option<Vec<u8>> = text
        .chars()
        .map(|char| u8::try_from(u32::from(char)).ok())
        .collect();
    bytes.filter(|bytes| !bytes.is_ascii())
}
