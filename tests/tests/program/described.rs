//! `sandbox.openapi.yaml`, held against a running sandbox: each route is in it and no other, and each request that it shows is
//! answered as it says.

mod prepared;
mod schema;

use std::collections::BTreeSet;

use sandbox::template;
use serde_json::{Value, json};

use prepared::Prepared;
use schema::{at, fits};

const OPENAPI: &str = include_str!("../../../sandbox.openapi.yaml");
/// Lists that have something in them once everything has happened.
const LISTS: [&str; 9] = [
    "listOrders",
    "listRefunds",
    "listAccounts",
    "listCalls",
    "listDeliveries",
    "listStrangersOrders",
    "listConfirmations",
    "listStoreCalls",
    "listJournal",
];

/// A request as the document shows it.
struct Shown<'a> {
    operation: &'a Value,
    method: &'a str,
    /// With its query.
    path: String,
    /// The name of the example; empty where there is nothing to choose.
    name: &'a str,
    body: Option<&'a Value>,
    is_refused: bool,
}

fn document() -> Value {
    template::read(OPENAPI).unwrap()
}

/// A value, or what its reference leads to.
fn resolved<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    value.get("$ref").map_or(value, |wanted| at(root, wanted))
}

/// Every operation with its method and path, and what holds for the whole path.
fn operations(root: &Value) -> Vec<(&str, &str, &Value, &Value)> {
    let paths = root["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        let operations = operations.filter(|(name, _)| *name != "parameters");
        operations.map(move |(method, it)| (method.as_str(), path.as_str(), it, item))
    });
    operations.collect()
}

/// The examples of what an operation takes, or a response has.
fn examples<'a>(root: &'a Value, described: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let all = members(root, described, "examples").into_iter();
    all.map(|(name, example)| (name, &example["value"]))
        .collect()
}

/// What stands under this name in the one content of a body.
fn members<'a>(root: &'a Value, described: &'a Value, word: &str) -> Vec<(&'a str, &'a Value)> {
    let content = resolved(root, described)["content"].as_object();
    let media_types = content.into_iter().flatten();
    let all = media_types.flat_map(|(_, it)| it[word].as_object().into_iter().flatten());
    all.map(|(name, value)| (name.as_str(), value)).collect()
}

/// A path with the examples of its parameters, those in the query behind it.
fn path_of(root: &Value, path: &str, parameters: &[&Value]) -> String {
    let (mut path, mut query) = (path.to_owned(), Vec::new());
    for parameter in parameters {
        let parameter = resolved(root, parameter);
        let name = parameter["name"].as_str().unwrap();
        let Some(example) = resolved(root, &parameter["schema"])["examples"].get(0) else {
            continue;
        };
        let example = example.to_string().replace('"', "");
        match parameter["in"].as_str().unwrap() {
            "query" => query.push(format!("{name}={example}")),
            _ => path = path.replace(&format!("{{{name}}}"), &example),
        }
    }
    if query.is_empty() {
        return path;
    }
    format!("{path}?{}", query.join("&"))
}

fn all_shown(root: &Value) -> Vec<Shown<'_>> {
    let mut all = Vec::new();
    for (method, path, operation, item) in operations(root) {
        let of_both = [&item["parameters"], &operation["parameters"]];
        let parameters = of_both.into_iter().filter_map(Value::as_array).flatten();
        let path = path_of(root, path, &parameters.collect::<Vec<_>>());
        let one = |name, body, is_refused| Shown {
            operation,
            method,
            path: path.clone(),
            name,
            body,
            is_refused,
        };
        let (taken, refused) = (
            examples(root, &operation["requestBody"]),
            members(root, &operation["requestBody"], "x-refused"),
        );
        if taken.is_empty() {
            all.push(one("", None, false));
        }
        let taken = taken.into_iter();
        all.extend(taken.map(|(name, body)| one(name, Some(body), false)));
        let refused = refused.into_iter();
        all.extend(refused.map(|(name, body)| one(name, Some(body), true)));
    }
    // The functions ask for a new certificate once in a while only, and refuse what it signs until then.
    all.sort_by_key(|shown| shown.id() == "rotateCertificate");
    all
}

impl Shown<'_> {
    fn id(&self) -> &str {
        self.operation["operationId"].as_str().unwrap()
    }

    /// The status that it has to be answered with, and of what is refused the answer: the example of the same name.
    fn expected(&self, root: &Value) -> (String, Option<Value>) {
        if !self.is_refused {
            return ("200".to_owned(), None);
        }
        let responses = self.operation["responses"].as_object().unwrap();
        let found = responses.iter().find_map(|(status, response)| {
            let mut examples = examples(root, response).into_iter();
            let (_, refusal) = examples.find(|(name, _)| *name == self.name)?;
            Some((status.clone(), Some(refusal.clone())))
        });
        found.unwrap_or_else(|| panic!("{} {} has no answer", self.id(), self.name))
    }

    /// Sends it, and says how the answer is not what it should be.
    async fn play(&self, root: &Value, prepared: &Prepared) -> Result<(), String> {
        let body = self.body.map(Value::to_string).unwrap_or_default();
        let request = format!("{} {body}", self.path);
        let named = prepared.order_for(self.id(), self.name, &request).await;
        let here = |text: &str| prepared.here(text, &named);
        let method = self.method.to_uppercase().parse().unwrap();
        let url = format!("{}{}", prepared.console(), here(&self.path));
        let sent = prepared.client().request(method, url).body(here(&body));
        let answer = sent.send().await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16().to_string();
        let content_type = answer.headers()["content-type"].to_str().unwrap();
        let content_type = content_type.split(';').next().unwrap().to_owned();
        let (expected, refusal) = self.expected(root);
        let said = match content_type.as_str() {
            // Without an end.
            "text/event-stream" => json!(""),
            "application/json" => answer.json().await.map_err(|error| error.to_string())?,
            _ => json!(answer.text().await.map_err(|error| error.to_string())?),
        };
        if status != expected {
            return Err(format!("{status} {said}, and not {expected}"));
        }
        let response = resolved(root, &self.operation["responses"][&status]);
        let media_type = &response["content"][&content_type];
        if media_type.is_null() {
            return Err(format!("{content_type} is not described"));
        }
        fits(root, &media_type["schema"], &said)?;
        if LISTS.contains(&self.id()) && said == json!([]) {
            return Err("nothing is listed".to_owned());
        }
        let refusal = refusal.map(|refusal| here(&refusal.to_string()));
        let refusal = refusal.map(|text| serde_json::from_str::<Value>(&text).unwrap());
        match refusal {
            Some(refusal) if refusal != said => Err(format!("{said}, and not {refusal}")),
            _ => Ok(()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_described_and_no_other() {
    let prepared = Prepared::start().await;
    let get = |path: &str| {
        let url = format!("{}{path}", prepared.console());
        let sent = prepared.client().get(url).send();
        async { sent.await.unwrap().text().await.unwrap() }
    };
    let list = get("/sandbox/").await;
    let routes = list.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (method, path) = (words.next()?, words.next()?);
        path.starts_with('/')
            .then(|| (method.to_owned(), path.to_owned()))
    });
    let routes: BTreeSet<_> = routes.collect();

    let document = document();
    let described = operations(&document).into_iter().map(|(method, path, ..)| {
        // A parameter stands in the list as `MERCHANT_TRADE_NO`.
        let segments = path.split('/').map(|segment| {
            let Some(name) = segment.strip_prefix('{') else {
                return segment.to_owned();
            };
            let letters = name.trim_end_matches('}').chars();
            let words = letters.map(|letter| match letter {
                'A'..='Z' => format!("_{letter}"),
                letter => letter.to_ascii_uppercase().to_string(),
            });
            words.collect()
        });
        let path = segments.collect::<Vec<_>>().join("/");
        (method.to_uppercase(), path)
    });
    assert_eq!(described.collect::<BTreeSet<_>>(), routes);
    assert_eq!(get("/sandbox/openapi.yaml").await, OPENAPI);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_that_is_shown_is_answered_as_it_is_described() {
    let (root, prepared) = (document(), Prepared::start().await);
    let mut faults = Vec::new();
    for shown in all_shown(&root) {
        if let Err(fault) = shown.play(&root, &prepared).await {
            faults.push(format!("{} {}: {fault}", shown.id(), shown.name));
        }
        prepared.calm().await;
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn each_example_fits_its_schema() {
    let root = document();
    let mut faults = Vec::new();
    for (_, _, operation, _) in operations(&root) {
        let responses = operation["responses"].as_object().unwrap().values();
        for described in responses.chain(operation.get("requestBody")) {
            let schema = &resolved(&root, described)["content"]["application/json"]["schema"];
            for (name, value) in examples(&root, described) {
                if let Err(fault) = fits(&root, schema, value) {
                    faults.push(format!("{} {name}: {fault}", operation["operationId"]));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
