//! What `openapi.yaml` says, and how an example is compared.

use std::collections::BTreeMap;

use sandbox::template::read;
use serde_json::{Value, json};

use crate::world::Answer;

const OPENAPI: &str = include_str!("../../../../openapi.yaml");

/// What API Gateway answers by itself, which nobody here can play.
const GATEWAYS: &str = "#/components/schemas/GatewayMessage";

/// Members that are another each time, or depend on where the service runs. Compared is their type.
const VOLATILE: [&str; 22] = [
    "at",
    "callbackUrl",
    "checkoutUrl",
    "closeRequestedAt",
    "confirmedRevision",
    "createdAt",
    "deeplink",
    "endedAt",
    "expiresAt",
    "livemode",
    "merchantTradeNo",
    "orderId",
    "paidAt",
    "prepayId",
    "qrContent",
    "qrcodeLink",
    "refundRequestId",
    "requestId",
    "revision",
    "timestamp",
    "transactionId",
    "universalUrl",
];

/// The examples that nobody has compared yet, by `Response/example`, and what was found out about the others.
pub(super) struct Examples {
    openapi: Value,
    left: BTreeMap<String, Value>,
    untrue: Vec<String>,
}

impl Examples {
    pub(super) fn read() -> Self {
        let openapi = openapi();
        let components = ["responses", "requestBodies"];
        let all = components.map(|kind| contents(&openapi["components"][kind]));
        let mut left = BTreeMap::new();
        for (name, media_type) in all.into_iter().flatten() {
            let examples = media_type["examples"].as_object().into_iter().flatten();
            left.extend(examples.map(|(one, it)| (format!("{name}/{one}"), it["value"].clone())));
        }
        Self {
            openapi,
            left,
            untrue: Vec::new(),
        }
    }

    /// The answers with a body of ours that have no example.
    pub(super) fn missing() -> Vec<String> {
        let answers = contents(&openapi()["components"]["responses"]).into_iter();
        let ours = answers.filter(|(_, media_type)| media_type["schema"]["$ref"] != GATEWAYS);
        ours.filter(|(_, media_type)| media_type["examples"].as_object().is_none())
            .map(|(name, _)| name)
            .collect()
    }

    /// What is not as it is shown, and what nobody said.
    pub(super) fn faults(self) -> Vec<String> {
        let unsaid = self
            .left
            .into_keys()
            .map(|name| format!("{name}: nobody said that"));
        self.untrue.into_iter().chain(unsaid).collect()
    }

    /// The value of an example of what is posted there.
    pub(super) fn asked(&self, path: &str, name: &str) -> Value {
        let content = &self.openapi["paths"][path]["post"]["requestBody"]["content"];
        content["application/json"]["examples"][name]["value"].clone()
    }

    /// Compares an answer with its example, and its status with those under which that stands.
    pub(super) fn said(&mut self, example: &str, answer: &Answer) {
        let listed = self.statuses(example.split('/').next().unwrap_or_default());
        if !listed.contains(&answer.status.to_string()) {
            let status = answer.status;
            self.untrue
                .push(format!("{example}: {status}, and not {listed:?}"));
        }
        self.told(example, &answer.json());
    }

    /// The same of a message.
    pub(super) fn told(&mut self, example: &str, said: &Value) {
        let shown = self.left.remove(example);
        let shown = shown.unwrap_or_else(|| panic!("there is no example {example}"));
        let (shown, said) = (steady(&shown), steady(said));
        if shown != said {
            self.untrue
                .push(format!("{example}: {said}, and not {shown}"));
        }
    }

    /// The statuses for which an answer is described.
    fn statuses(&self, response: &str) -> Vec<String> {
        let wanted = format!("#/components/responses/{response}");
        let paths = self.openapi["paths"].as_object().unwrap().values();
        let operations = paths.flat_map(|path| path.as_object().unwrap().values());
        let answers = operations.filter_map(|operation| operation["responses"].as_object());
        let of_it = answers
            .flatten()
            .filter(|(_, answer)| answer["$ref"] == wanted.as_str());
        of_it.map(|(status, _)| status.clone()).collect()
    }
}

fn openapi() -> Value {
    read(OPENAPI).unwrap()
}

/// Every name with each of its contents.
fn contents(components: &Value) -> Vec<(String, Value)> {
    let components = components.as_object().unwrap().iter();
    let contents = components.flat_map(|(name, component)| {
        let media_types = component["content"].as_object().into_iter().flatten();
        media_types.map(|(_, media_type)| (name.clone(), media_type.clone()))
    });
    contents.collect()
}

/// A value with the type alone of what is volatile.
fn steady(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(steady).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let is_volatile = VOLATILE.contains(&name.as_str());
                let value = if is_volatile {
                    kind(value)
                } else {
                    steady(value)
                };
                (name.clone(), value)
            });
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

fn kind(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!("a boolean"),
        Value::Number(_) => json!("a number"),
        Value::String(_) => json!("a string"),
        Value::Array(_) | Value::Object(_) => panic!("{value} is no single value"),
    }
}
