//! The fields of a JSON object, taken one by one; what is wrong, unknown or repeated is kept until the end.

use std::borrow::Cow;

use serde_json::value::RawValue;
use shared::json::Object;
use shared::problem::{FieldError, Problem};

/// The longest unknown name that is repeated to the caller, in characters.
const MAX_NAME: usize = 64;

/// Unknown fields that are named in one answer, so that a body of nothing else is not answered with many times its size.
const MAX_UNKNOWN: usize = 20;

/// The fields that have not been taken yet, those that have, and what is wrong with them.
pub(super) struct Fields<'a> {
    left: Vec<(Cow<'a, str>, &'a RawValue)>,
    taken: Vec<Cow<'a, str>>,
    found: Found,
}

/// What is wrong with the fields.
pub(super) struct Found {
    /// Every broken rule, in the order in which the fields were looked at.
    pub(super) errors: Vec<FieldError>,
    /// None of them is broken whatever the settings are: the errors are of [`Fields::limit`] alone.
    pub(super) is_sound: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Problem> {
        let object: Object<'a> = serde_json::from_slice(body).map_err(|error| {
            // serde_json's text can quote the body; where it stopped is enough.
            let place = format!("line {} column {}", error.line(), error.column());
            Problem::malformed(format!("the body must be one JSON object (see {place})"))
        })?;
        Ok(Self {
            left: object.into_members(),
            taken: Vec::new(),
            found: Found {
                errors: Vec::new(),
                is_sound: true,
            },
        })
    }

    pub(super) fn required<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&RawValue) -> Result<T, String>,
    ) -> Option<T> {
        let Some(raw) = self.take(name) else {
            self.refuse(name, "is required");
            return None;
        };
        self.parsed(name, parse(raw))
    }

    /// As [`Fields::required`], but it may be absent or `null`.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&RawValue) -> Result<T, String>,
    ) -> Option<T> {
        let raw = self.take(name).filter(|raw| raw.get() != "null")?;
        self.parsed(name, parse(raw))
    }

    /// Holds a value against today's settings; `check` gives the rule it breaks.
    pub(super) fn limit<T>(
        &mut self,
        name: &str,
        value: Option<&T>,
        check: impl FnOnce(&T) -> Result<(), String>,
    ) {
        if let Some(Err(rule)) = value.map(check) {
            self.add(name, &rule);
        }
    }

    /// Everything that is wrong, with what nobody took.
    pub(super) fn finish(mut self) -> Found {
        let left = std::mem::take(&mut self.left);
        for (name, _) in left.iter().take(MAX_UNKNOWN) {
            let rule = if self.taken.contains(name) {
                "is given twice"
            } else {
                "is not a field of an order"
            };
            let name: String = name
                .chars()
                .filter(|char| !char.is_control())
                .take(MAX_NAME)
                .collect();
            self.refuse(&name, rule);
        }
        let unnamed = left.len().saturating_sub(MAX_UNKNOWN);
        if unnamed > 0 {
            let detail = format!("the body has {unnamed} more fields that are not of an order");
            // The empty pointer is the whole body (RFC 6901).
            self.found.errors.push(FieldError {
                pointer: String::new(),
                detail,
            });
        }
        self.found
    }

    fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let index = self.left.iter().position(|(known, _)| known == name)?;
        let (name, raw) = self.left.remove(index);
        self.taken.push(name);
        Some(raw)
    }

    fn parsed<T>(&mut self, name: &str, parsed: Result<T, String>) -> Option<T> {
        parsed.map_err(|rule| self.refuse(name, &rule)).ok()
    }

    fn refuse(&mut self, name: &str, rule: &str) {
        self.found.is_sound = false;
        self.add(name, rule);
    }

    fn add(&mut self, name: &str, rule: &str) {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        self.found.errors.push(FieldError {
            pointer,
            detail: rule.to_owned(),
        });
    }
}
