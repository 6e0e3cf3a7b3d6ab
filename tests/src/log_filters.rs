//! The metric filters of `template.yaml`, played on a line of the log as CloudWatch does.

use serde_json::Value;

use crate::template::template;

/// A metric filter: which lines it counts, and as what.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Its logical id.
    pub id: String,
    /// Namespace and name of its metric.
    pub metric: (Value, String),
    terms: Vec<Term>,
    /// One of the terms is enough.
    is_any: bool,
}

/// One comparison: `$.path = "text"`, or `!=`.
#[derive(Clone, Debug)]
struct Term {
    path: Vec<String>,
    is_equal: bool,
    text: String,
}

impl Filter {
    /// Whether it counts a line.
    #[must_use]
    pub fn counts(&self, line: &Value) -> bool {
        if self.is_any {
            self.terms.iter().any(|term| term.is_met_by(line))
        } else {
            self.terms.iter().all(|term| term.is_met_by(line))
        }
    }

    /// The values of `alarm` for which it looks.
    pub fn alarms(&self) -> impl Iterator<Item = &str> {
        let about_alarms = self.terms.iter().filter(|term| term.path == ["alarm"]);
        about_alarms.map(|term| term.text.as_str())
    }
}

impl Term {
    /// What is not there, or no text, is neither equal nor unequal.
    fn is_met_by(&self, line: &Value) -> bool {
        let mut value = line;
        for name in &self.path {
            value = &value[name];
        }
        value
            .as_str()
            .is_some_and(|text| (text == self.text) == self.is_equal)
    }
}

/// Every metric filter.
///
/// # Errors
/// The pattern that is not one term, nor several in brackets between `||` or between `&&`: it cannot be played.
pub fn filters() -> Result<Vec<Filter>, String> {
    let template = template()?;
    let resources = template["Resources"].as_object().into_iter().flatten();
    let of_kind = resources.filter(|(_, resource)| resource["Type"] == "AWS::Logs::MetricFilter");
    let filters = of_kind.map(|(id, resource)| {
        let properties = &resource["Properties"];
        let pattern = properties["FilterPattern"].as_str().unwrap_or_default();
        read(id, pattern, properties).ok_or_else(|| format!("{id}: {pattern} cannot be played"))
    });
    filters.collect()
}

fn read(id: &str, pattern: &str, properties: &Value) -> Option<Filter> {
    let inner = pattern.strip_prefix("{ ")?.strip_suffix(" }")?;
    let is_any = inner.contains(" || ");
    let between = if is_any { " || " } else { " && " };
    let terms: Vec<&str> = inner.split(between).collect();
    let terms = match &terms[..] {
        [alone] => vec![term(alone)?],
        several => several
            .iter()
            .map(|text| term(text.strip_prefix('(')?.strip_suffix(')')?))
            .collect::<Option<_>>()?,
    };
    let [made] = &properties["MetricTransformations"].as_array()?[..] else {
        return None;
    };
    // Each line counts once, and nothing is written for the others.
    let is_count = made["MetricValue"] == "1" && made["DefaultValue"].is_null();
    is_count.then_some(Filter {
        id: id.to_owned(),
        metric: (
            made["MetricNamespace"].clone(),
            made["MetricName"].as_str()?.to_owned(),
        ),
        terms,
        is_any,
    })
}

fn term(text: &str) -> Option<Term> {
    let words: Vec<&str> = text.split(' ').collect();
    let [path, operator, operand] = words[..] else {
        return None;
    };
    let is_equal = match operator {
        "=" => true,
        "!=" => false,
        _ => return None,
    };
    let text = operand.strip_prefix('"')?.strip_suffix('"')?;
    // A star would stand for anything.
    let is_plain = !text.contains(['*', '"', '\\']);
    is_plain.then(|| Term {
        path: path
            .strip_prefix("$.")
            .unwrap_or_default()
            .split('.')
            .map(str::to_owned)
            .collect(),
        is_equal,
        text: text.to_owned(),
    })
}
