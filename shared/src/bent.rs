//! For unit tests: the members of a JSON object, each of which can be bent in every way that others may write it.

/// A member's name, and its value as JSON text.
pub(crate) type Member<'a> = (&'a str, String);

/// What stands in the place of a member: none, one, or two of its name.
#[derive(Clone, Debug)]
pub(crate) struct Bend {
    /// For the message of a test that fails.
    pub(crate) what: &'static str,
    pub(crate) values: Vec<String>,
}

impl Bend {
    fn new<const N: usize>(what: &'static str, values: [&str; N]) -> Self {
        let values = values.map(str::to_owned).to_vec();
        Self { what, values }
    }
}

/// A string of JSON.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// The object of these members; one of them bent.
pub(crate) fn object(members: &[Member<'_>], at: Option<(&str, &Bend)>) -> String {
    let written = members.iter().flat_map(|(name, value)| {
        let values = match at {
            Some((of, bend)) if of == *name => bend.values.clone(),
            Some(_) | None => vec![value.clone()],
        };
        values
            .into_iter()
            .map(move |value| format!("{}:{value}", quoted(name)))
    });
    format!("{{{}}}", written.collect::<Vec<_>>().join(","))
}

/// Every way in which a value is there and cannot be meant, or is not there.
pub(crate) fn unusable(value: &str) -> Vec<Bend> {
    vec![
        Bend::new("missing", []),
        Bend::new("null", ["null"]),
        Bend::new("true", ["true"]),
        Bend::new("a number", ["7"]),
        Bend::new("a negative number", ["-1.5e3"]),
        Bend::new("a string", [r#""~""#]),
        Bend::new("an empty string", [r#""""#]),
        Bend::new("an object", [r#"{"a":[null]}"#]),
        Bend::new("a list", ["[]"]),
        Bend::new("itself in a list", [&format!("[{value}]")]),
        Bend::new("itself in an object", [&format!(r#"{{"a":{value}}}"#)]),
        Bend::new("itself and null", [value, "null"]),
        Bend::new("itself and another", [value, "7"]),
        Bend::new("another and itself", ["[]", value]),
    ]
}

/// Every spelling that means the same as a number, or as a string.
pub(crate) fn spellings(value: &str) -> Vec<Bend> {
    let mut same = vec![
        Bend::new("itself", [value]),
        Bend::new("twice", [value, value]),
    ];
    let inner = value.trim_matches('"');
    let is_number = serde_json::from_str::<serde_json::Number>(inner).is_ok();
    let is_whole = is_number && inner.bytes().all(|byte| byte.is_ascii_digit());
    if value.starts_with('"') && !inner.is_empty() {
        same.push(Bend::new("between blanks", [&format!("\" {inner} \"")]));
    }
    if is_number {
        same.push(Bend::new("quoted", [&format!("\"{inner}\"")]));
        same.push(Bend::new("unquoted", [inner]));
    }
    if is_number && !inner.contains('E') {
        same.push(Bend::new("scientific", [&format!("{inner}E0")]));
    }
    if is_whole {
        same.push(Bend::new("with a decimal", [&format!("{inner}.0")]));
    }
    if is_number && !is_whole && !inner.contains('E') {
        let scientific = format!("\"{inner}e+0\"");
        same.push(Bend::new("quoted scientific", [&scientific]));
    }
    same
}
