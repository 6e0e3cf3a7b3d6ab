//! The conditions that reconcile-orders puts: comparisons and existence, joined by AND.

use std::collections::HashMap;

use serde_json::Value;

use super::{Attributes, number, parsed};

pub(super) type Names = HashMap<String, String>;
pub(super) type Values = HashMap<String, Value>;

/// One part of a condition, about the attribute it names first.
pub(super) enum Term {
    Absent(String),
    Present(String),
    Compare(String, Comparison, Value),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Is,
    AtMost,
}

/// The terms of an expression.
pub(super) fn terms(text: &str, names: &Names, values: &Values) -> Result<Vec<Term>, String> {
    let name = |name: &str| match names.get(name) {
        Some(name) => name.clone(),
        None => name.to_owned(),
    };
    let within = |term: &str, function: &str| {
        let inner = term.strip_prefix(function)?.strip_prefix('(')?;
        Some(name(inner.strip_suffix(')')?.trim()))
    };
    let term = |term: &str| {
        let unknown = || format!("the bench does not know the condition {term:?}");
        if let Some(name) = within(term, "attribute_not_exists") {
            return Ok(Term::Absent(name));
        }
        if let Some(name) = within(term, "attribute_exists") {
            return Ok(Term::Present(name));
        }
        let words: Vec<&str> = term.split_whitespace().collect();
        let [left, sign, right] = words[..] else {
            return Err(unknown());
        };
        let comparison = match sign {
            "=" => Comparison::Is,
            "<=" => Comparison::AtMost,
            _ => return Err(unknown()),
        };
        let value = values.get(right).ok_or_else(unknown)?;
        Ok(Term::Compare(name(left), comparison, value.clone()))
    };
    text.split(" AND ").map(str::trim).map(term).collect()
}

impl Term {
    /// Whether it holds of an item, or of there being none.
    pub(super) fn holds(&self, item: Option<&Attributes<'_>>) -> bool {
        let there = |name: &String| item.and_then(|item| item.get(name.as_str()));
        match self {
            Self::Absent(name) => there(name).is_none(),
            Self::Present(name) => there(name).is_some(),
            Self::Compare(name, comparison, value) => there(name).is_some_and(|there| {
                let there = parsed(there.get());
                match comparison {
                    Comparison::Is => there == *value,
                    Comparison::AtMost => {
                        matches!((number(&there), number(value)), (Ok(a), Ok(b)) if a <= b)
                    }
                }
            }),
        }
    }
}
