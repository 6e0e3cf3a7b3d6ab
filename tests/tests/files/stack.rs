//! What CloudFormation makes of `template.yaml` with some parameters, as far as it can be known before there is a stack: a
//! resource stands for its own id, `Orders`, and an attribute of it for its name, `Orders.Arn`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sandbox::template::template;
use serde_json::{Map, Value, json};

static TEMPLATE: LazyLock<Value> = LazyLock::new(|| template().unwrap());

/// The template with its parameters.
pub struct Stack {
    template: &'static Value,
    parameters: BTreeMap<String, Value>,
}

impl Stack {
    /// The stack with these parameters, the others at their defaults, and one callback host.
    pub fn with(given: &[(&str, &str)]) -> Self {
        let template = &*TEMPLATE;
        let declared = template["Parameters"].as_object().unwrap().iter();
        let parameters = declared.map(|(name, rules)| {
            let given = given.iter().find(|(known, _)| known == name);
            let value = match (given, &rules["Default"]) {
                (Some((_, value)), _) => (*value).to_owned(),
                (None, Value::String(default)) => default.clone(),
                (None, Value::Null) => "app.example.com".to_owned(),
                (None, default) => default.to_string(),
            };
            let list = value.split(',').map(|one| json!(one.trim()));
            let value = match rules["Type"].as_str().unwrap() {
                "CommaDelimitedList" => list.collect(),
                _ => json!(value),
            };
            (name.clone(), value)
        });
        let parameters: BTreeMap<_, _> = parameters.collect();
        for (name, _) in given {
            assert!(parameters.contains_key(*name), "{name} is no parameter");
        }
        Self {
            template,
            parameters,
        }
    }

    /// The properties of a resource.
    pub fn properties(&self, id: &str) -> Value {
        self.resolved(&self.template["Resources"][id]["Properties"])
    }

    /// The environment of a function.
    pub fn environment(&self, id: &str) -> BTreeMap<String, String> {
        let globals = self.resolved(&self.template["Globals"]["Function"]["Environment"]);
        let own = self.properties(id)["Environment"].take();
        let all = [globals, own].map(|part| part["Variables"].as_object().unwrap().clone());
        let all = all.into_iter().flatten();
        all.map(|(name, value)| (name, value.as_str().unwrap().to_owned()))
            .collect()
    }

    /// The value of an output; null if the stack has none of that name.
    pub fn output(&self, name: &str) -> Value {
        let output = &self.template["Outputs"][name];
        match output["Condition"].as_str() {
            Some(condition) if !self.holds(&json!({"Condition": condition})) => Value::Null,
            _ => self.resolved(&output["Value"]),
        }
    }

    /// Whether a condition of the template holds.
    pub fn condition(&self, name: &str) -> bool {
        self.holds(&json!({"Condition": name}))
    }

    fn holds(&self, condition: &Value) -> bool {
        let (function, argument) = condition.as_object().unwrap().iter().next().unwrap();
        let of = |index: usize| &argument[index];
        match function.as_str() {
            "Condition" | "Fn::Condition" => {
                let named = &self.template["Conditions"][argument.as_str().unwrap()];
                assert!(!named.is_null(), "{argument} is no condition");
                self.holds(named)
            }
            "Fn::Not" => !self.holds(of(0)),
            "Fn::Or" => argument
                .as_array()
                .unwrap()
                .iter()
                .any(|one| self.holds(one)),
            "Fn::Equals" => text(&self.resolved(of(0))) == text(&self.resolved(of(1))),
            other => panic!("{other} is not known"),
        }
    }

    /// A value of the template with every function in it carried out.
    pub fn resolved(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => {
                let items = items.iter().map(|item| self.resolved(item));
                items.filter(|item| !item.is_null()).collect()
            }
            Value::Object(fields) => self.called(fields).unwrap_or_else(|| {
                let fields = fields.iter();
                let fields = fields.map(|(name, field)| (name.clone(), self.resolved(field)));
                Value::Object(fields.filter(|(_, field)| !field.is_null()).collect())
            }),
            other => other.clone(),
        }
    }

    /// What a function gives; nothing if the object is none.
    fn called(&self, fields: &Map<String, Value>) -> Option<Value> {
        let (function, argument) = fields.iter().next().filter(|_| fields.len() == 1)?;
        let of = |index: usize| self.resolved(&argument[index]);
        let value = match function.as_str() {
            "Ref" => self.referred(argument.as_str().unwrap()),
            "Fn::GetAtt" => argument.clone(),
            "Fn::If" => {
                let holds = self.condition(argument[0].as_str().unwrap());
                of(if holds { 1 } else { 2 })
            }
            "Fn::Join" => {
                let items = of(1);
                let items = items.as_array().unwrap().iter().map(text);
                json!(items.collect::<Vec<_>>().join(&text(&of(0))))
            }
            "Fn::Split" => text(&of(1)).split(&text(&of(0))).collect(),
            "Fn::Select" => of(1)[text(&of(0)).parse::<usize>().unwrap()].clone(),
            "Fn::FindInMap" => {
                let [map, first, second] = [0, 1, 2].map(|index| text(&of(index)));
                self.template["Mappings"][&map][&first][&second].clone()
            }
            "Fn::Sub" => self.substituted(argument),
            _ => return None,
        };
        Some(value)
    }

    fn referred(&self, name: &str) -> Value {
        match name {
            "AWS::NoValue" => Value::Null,
            "AWS::Region" => json!("eu-central-1"),
            "AWS::Partition" => json!("aws"),
            "AWS::URLSuffix" => json!("amazonaws.com"),
            "AWS::AccountId" => json!("111122223333"),
            "AWS::StackName" => json!("payments"),
            "AWS::StackId" => {
                json!("arn:aws:cloudformation:eu-central-1:111122223333:stack/payments/6ba7b810")
            }
            name => self.parameters.get(name).cloned().unwrap_or(json!(name)),
        }
    }

    fn substituted(&self, argument: &Value) -> Value {
        let (mut left, own) = match argument {
            Value::String(text) => (text.as_str(), Value::Null),
            _ => (argument[0].as_str().unwrap(), self.resolved(&argument[1])),
        };
        let mut made = String::new();
        while let Some((before, name)) = left.split_once("${") {
            let (name, after) = name.split_once('}').unwrap();
            let value = match &own[name] {
                Value::Null => self.referred(name),
                value => value.clone(),
            };
            made += before;
            made += &text(&value);
            left = after;
        }
        json!(made + left)
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
