//! How the text of a signature may be coded: base64, as it belongs, or one of the ways in which it is written by mistake.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// The bytes of a signature.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) bytes: Vec<u8>,
    /// What the text is in place of base64.
    pub(super) oddity: Option<&'static str>,
}

/// Reads the text of a signature, whose white space at both ends is gone.
pub(super) fn read(text: &str) -> Result<Read, String> {
    // Before base64: hex digits are letters of base64, too.
    if let Some(bytes) = hex(text) {
        return Ok(Read::odd(bytes, "hex"));
    }
    if let Ok(bytes) = STANDARD.decode(text) {
        let inner = std::str::from_utf8(&bytes).ok().and_then(hex);
        return Ok(match inner {
            Some(inner) => Read::odd(inner, "the base64 of hex text"),
            None => Read {
                bytes,
                oddity: None,
            },
        });
    }
    let packed: String = text.split_whitespace().collect();
    let forms = [
        (&STANDARD_NO_PAD, "base64 without the = at its end"),
        (&URL_SAFE, "base64url"),
        (&URL_SAFE_NO_PAD, "base64url"),
        (&STANDARD, "base64 broken over lines"),
    ];
    for (form, oddity) in forms {
        if let Ok(bytes) = form.decode(&packed) {
            return Ok(Read::odd(bytes, oddity));
        }
    }
    let stranger = text
        .char_indices()
        .find(|(_, char)| !char.is_ascii_alphanumeric() && !"+/=".contains(*char));
    Err(match stranger {
        Some((at, char)) => format!("is no base64: {char:?} stands at place {}", at + 1),
        None => format!(
            "is no base64: {} letters are none of whole bytes, so that it was cut",
            text.len()
        ),
    })
}

impl Read {
    fn odd(bytes: Vec<u8>, oddity: &'static str) -> Self {
        Self {
            bytes,
            oddity: Some(oddity),
        }
    }
}

/// The bytes of hex digits in either case, of an even number of them.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16);
    digits
        .chunks(2)
        .map(|pair| u8::try_from(value(pair[0])? << 4 | value(pair[1])?).ok())
        .collect()
}
