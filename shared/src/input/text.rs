//! Texts that people read: of a length, with something to be seen, and with nothing that makes them look like another.

use serde_json::value::RawValue;

use super::string;

/// What shows nothing: `Default_Ignorable_Code_Point` of Unicode 17 (`DerivedCoreProperties.txt`), neighbours joined, and
/// the blank pattern of Braille, which alone is neither ignorable nor white space. First and last of each range.
const INVISIBLE: [(char, char); 18] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Embeddings, overrides and isolates (`Bidi_Control` without the marks): what follows them is shown in another order. The
/// marks U+061C, U+200E and U+200F move no letter, and are needed in Arabic and Hebrew.
const REORDERING: [(char, char); 2] = [('\u{202a}', '\u{202e}'), ('\u{2066}', '\u{2069}')];

/// A JSON string that keeps the rules of a text.
///
/// # Errors
/// The first rule broken.
pub fn text(raw: &RawValue, max_chars: usize) -> Result<String, String> {
    let text = string(raw)?;
    if !text.chars().any(is_visible) || text.chars().count() > max_chars {
        Err(format!(
            "must be 1 to {max_chars} characters long and have something visible"
        ))
    } else if text.chars().any(is_control) {
        Err("must not contain control characters or line separators".to_owned())
    } else if text.chars().any(|char| is_in(&REORDERING, char)) {
        Err("must not contain bidirectional embeddings, overrides or isolates".to_owned())
    } else {
        Ok(text)
    }
}

fn is_visible(char: char) -> bool {
    !(is_control(char) || char.is_whitespace() || is_in(&INVISIBLE, char))
}

/// Control characters (`Cc`), and the two separators that end a line as some of them do.
fn is_control(char: char) -> bool {
    char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')
}

fn is_in(ranges: &[(char, char)], char: char) -> bool {
    ranges
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&char))
}
