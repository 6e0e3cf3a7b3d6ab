//! The fields of a JSON object, taken one by one; what is wrong, unknown or repeated is kept until the end.

use std::borrow::Cow;

use crate::json::Object;
use crate::problem::{FieldError, Problem};
use serde_json::value::RawValue;

/// The longest unknown name that is repeated to the caller, in characters.
const MAX_NAME: usize = 64;

/// Unknown fields that are named in one answer, so that a body of nothing else is not answered with many times its size.
pub const MAX_UNKNOWN: usize = 20;

/// The fields that have not been taken yet, those that have, and what is wrong with them.
#[derive(Debug)]
pub struct Fields<'a> {
    /// Of what they are the fields.
    of: &'static str,
    left: Vec<(Cow<'a, str>, &'a RawValue)>,
    taken: Vec<Cow<'a, str>>,
    found: Found,
}

/// What is wrong with the fields.
#[derive(Debug)]
pub struct Found {
    /// Every broken rule, in the order in which the fields were looked at.
    pub errors: Vec<FieldError>,
    /// None of them is broken whatever the settings are: the errors are of [`Fields::limit`] alone.
    pub is_sound: bool,
}

impl<'a> Fields<'a> {
    /// The fields of `of`, as `body` has them.
    ///
    /// # Errors
    /// [`Problem`], if it is no JSON object.
    pub fn parse(body: &'a [u8], of: &'static str) -> Result<Self, Problem> {
        let object: Object<'a> = serde_json::from_slice(body).map_err(|error| {
            // serde_json's text can quote the body; where it stopped is enough.
            let place = format!("line {} column {}", error.line(), error.column());
            Problem::malformed(format!("the body must be one JSON object (see {place})"))
        })?;
        Ok(Self {
            of,
            left: object.into_members(),
            taken: Vec::new(),
            found: Found {
                errors: Vec::new(),
                is_sound: true,
            },
        })
    }

    /// A field that must be there; none if it is not, or breaks its rule.
    pub fn required<T>(
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
    pub fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&RawValue) -> Result<T, String>,
    ) -> Option<T> {
        let raw = self.take(name).filter(|raw| raw.get() != "null")?;
        self.parsed(name, parse(raw))
    }

    /// Holds a value against today's settings; `check` gives the rule it breaks.
    pub fn limit<T>(
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
    #[must_use]
    pub fn finish(mut self) -> Found {
        let left = std::mem::take(&mut self.left);
        let unknown = format!("is not a field of {}", self.of);
        for (name, _) in left.iter().take(MAX_UNKNOWN) {
            let rule = if self.taken.contains(name) {
                "is given twice"
            } else {
                unknown.as_str()
            };
            self.refuse(&shown(name), rule);
        }
        let unnamed = left.len().saturating_sub(MAX_UNKNOWN);
        if unnamed > 0 {
            let detail = format!(
                "the body has {unnamed} more fields that are not of {}",
                self.of
            );
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

/// An unknown name, as it is repeated to the caller.
#[must_use]
pub fn shown(name: &str) -> String {
    let shown = name.chars().filter(|char| !char.is_control());
    shown.take(MAX_NAME).collect()
}
