//! Whether a value is what a schema says, by those of JSON Schema's words that `sandbox.openapi.yaml` uses.
//!
//! It is stricter in one thing: a member that is not described fits only where `additionalProperties` is true, so that what an
//! answer has more than the document is found.

use regex_lite::Regex;
use serde_json::Value;

/// Says where a value does not fit.
pub fn fits(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    for (word, wanted) in schema.as_object().unwrap() {
        let is_fine = match word.as_str() {
            "$ref" => referred_fits(root, wanted, value)?,
            "type" => is_of_type(wanted, value),
            "const" => value == wanted,
            "enum" => wanted.as_array().unwrap().contains(value),
            "pattern" => value.as_str().is_none_or(|text| matches(wanted, text)),
            "minimum" => value.is_null() || value.as_f64() >= wanted.as_f64(),
            "maximum" => value.is_null() || value.as_f64() <= wanted.as_f64(),
            "required" => has_all(wanted, value)?,
            "properties" => members_fit(root, schema, value)?,
            "items" => items_fit(root, wanted, value)?,
            "oneOf" => one_fits(root, wanted, value)?,
            "allOf" => all_fit(root, wanted, value)?,
            "additionalProperties" => wanted.is_boolean(),
            "description" | "examples" => true,
            word => panic!("{word} is not looked at"),
        };
        if !is_fine {
            return Err(format!("{value} is not of {word} {wanted}"));
        }
    }
    Ok(())
}

/// What a reference leads to.
pub fn at<'a>(root: &'a Value, reference: &Value) -> &'a Value {
    let pointer = reference.as_str().unwrap().trim_start_matches('#');
    let found = root.pointer(pointer);
    found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

fn referred_fits(root: &Value, reference: &Value, value: &Value) -> Result<bool, String> {
    fits(root, at(root, reference), value).map(|()| true)
}

fn is_of_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        name => panic!("{name} is no type"),
    };
    match wanted {
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        name => is(name.as_str().unwrap()),
    }
}

fn matches(pattern: &Value, text: &str) -> bool {
    Regex::new(pattern.as_str().unwrap())
        .unwrap()
        .is_match(text)
}

fn has_all(required: &Value, value: &Value) -> Result<bool, String> {
    for name in required.as_array().unwrap() {
        if value.get(name.as_str().unwrap()).is_none() {
            return Err(format!("{name} is missing in {value}"));
        }
    }
    Ok(true)
}

fn members_fit(root: &Value, schema: &Value, value: &Value) -> Result<bool, String> {
    for (name, member) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(schema) => {
                fits(root, schema, member).map_err(|problem| format!("{name}: {problem}"))?;
            }
            None if schema["additionalProperties"] == true => {}
            None => return Err(format!("{name} is not described")),
        }
    }
    Ok(true)
}

fn items_fit(root: &Value, schema: &Value, value: &Value) -> Result<bool, String> {
    for item in value.as_array().into_iter().flatten() {
        fits(root, schema, item)?;
    }
    Ok(true)
}

fn one_fits(root: &Value, schemas: &Value, value: &Value) -> Result<bool, String> {
    let judged = schemas.as_array().unwrap().iter();
    let (fine, problems): (Vec<_>, Vec<_>) = judged
        .map(|schema| fits(root, schema, value))
        .partition(Result::is_ok);
    if fine.len() == 1 {
        return Ok(true);
    }
    Err(format!("{} fit {value}: {problems:?}", fine.len()))
}

fn all_fit(root: &Value, schemas: &Value, value: &Value) -> Result<bool, String> {
    for schema in schemas.as_array().unwrap() {
        fits(root, schema, value)?;
    }
    Ok(true)
}
