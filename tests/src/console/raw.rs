//! Raw content as it is shown: every field by its name, headers as lines, JSON in lines of its own, signed bytes as they are.

use maud::{Markup, html};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::verify::Verdict;

/// The fields of an entry's raw content that say something.
pub(super) fn fields(raw: &Value) -> Markup {
    let said = |value: &Value| !value.is_null() && value != "" && value != &Value::Bool(false);
    html! {
        dl.raw {
            @for (name, value) in raw.as_object().into_iter().flatten().filter(|(_, value)| said(value)) {
                dt { (words(name)) }
                dd { pre tabindex="0" { (text(name, value)) } }
            }
        }
    }
}

/// What a field is called where its name alone does not say it.
fn words(name: &str) -> &str {
    match name {
        "signed" => "the exact bytes signed",
        "item" => "the item written",
        "condition" => "the condition of the write",
        "values" => "what the condition compares with",
        "verdict" => "the gate's verdict",
        "durationMs" => "milliseconds",
        name => name,
    }
}

fn text(name: &str, value: &Value) -> String {
    match (name, value) {
        ("signed", Value::String(text)) => text.clone(),
        ("headers", Value::Object(headers)) => {
            let line = |(name, value): (&String, &Value)| match value {
                Value::String(text) => format!("{name}: {text}\n"),
                value => format!("{name}: {value}\n"),
            };
            headers.iter().map(line).collect()
        }
        (_, Value::String(text)) => pretty(text),
        (_, value) => format!("{value:#}"),
    }
}

/// JSON in lines, every name, number and string as it came and where it came; any other text as it is.
pub(super) fn pretty(text: &str) -> String {
    if !text.trim_start().starts_with(['{', '['])
        || serde_json::from_str::<IgnoredAny>(text).is_err()
    {
        return text.to_owned();
    }
    let mut lines = String::new();
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    let broken = |depth: usize| format!("\n{}", "  ".repeat(depth));
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if in_string {
            lines.push(character);
            in_string = escaped || character != '"';
            escaped = character == '\\' && !escaped;
            continue;
        }
        match character {
            '{' | '[' => {
                depth += 1;
                lines.push(character);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                if !rest.peek().is_some_and(|next| matches!(next, '}' | ']')) {
                    lines += &broken(depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if !lines.ends_with(['{', '[']) {
                    lines += &broken(depth);
                }
                lines.push(character);
            }
            ',' => {
                lines.push(',');
                lines += &broken(depth);
            }
            ':' => lines += ": ",
            space if space.is_ascii_whitespace() => {}
            other => {
                in_string = other == '"';
                lines.push(other);
            }
        }
    }
    lines
}

/// The steps of a verification, each with what was seen.
pub(super) fn steps(verdict: &Verdict) -> Markup {
    html! {
        ol.steps {
            @for step in &verdict.steps {
                @let (class, mark) = match step.ok {
                    Some(true) => ("good", "passed"),
                    Some(false) => ("bad", "fails"),
                    None => ("dim", "not looked at"),
                };
                li { strong class=(class) { (step.name) ": " (mark) } @if step.ok.is_some() { " – " (step.why) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn json_is_broken_into_lines_and_nothing_else_of_it_changes() {
        let text = r#"{"b":123456789012345678901.50,"a":[ ],"text":"\\\"{,:","list":[1, {}]}"#;
        let lines = r#"{
  "b": 123456789012345678901.50,
  "a": [],
  "text": "\\\"{,:",
  "list": [
    1,
    {}
  ]
}"#;
        assert_eq!(pretty(text), lines);
        for other in ["", "no answer", "<html>", "7", r#"{"half":"#] {
            assert_eq!(pretty(other), other);
        }
    }
}
