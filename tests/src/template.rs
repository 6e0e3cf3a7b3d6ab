//! What `template.yaml` says, as JSON: the sandbox makes its table of it, and tests hold its parts against each other.

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value, json};

const TEMPLATE: &str = include_str!("../../template.yaml");

/// The whole template. What it writes as a tag is an object with its one long name: `!Ref Orders` is
/// `{"Ref": "Orders"}`, `!If […]` is `{"Fn::If": […]}`.
///
/// # Errors
/// A sentence saying where it is no YAML.
pub fn template() -> Result<Value, String> {
    read(TEMPLATE).map_err(|error| format!("template.yaml: {error}"))
}

/// A document in YAML as JSON; its tags as in [`template`].
///
/// # Errors
/// A sentence saying where it is no YAML.
pub fn read(yaml: &str) -> Result<Value, String> {
    let documents = Yaml::load_from_str(yaml).map_err(|error| error.to_string())?;
    Ok(documents.first().map(json_of).unwrap_or_default())
}

/// The properties of a resource; null when there is no such resource.
///
/// # Errors
/// See [`template`].
pub fn resource(name: &str) -> Result<Value, String> {
    Ok(template()?["Resources"][name]["Properties"].take())
}

fn json_of(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(items) => items.iter().map(json_of).collect(),
        Yaml::Mapping(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (name.as_str().unwrap_or_default(), value));
            let fields = fields.map(|(name, value)| (name.to_owned(), json_of(value)));
            Value::Object(fields.collect())
        }
        Yaml::Tagged(tag, inner) => {
            let name = match tag.suffix.as_str() {
                "Ref" => "Ref".to_owned(),
                suffix => format!("Fn::{suffix}"),
            };
            Value::Object(Map::from_iter([(name, json_of(inner))]))
        }
        Yaml::Value(Scalar::Null) | Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            Value::Null
        }
    }
}
