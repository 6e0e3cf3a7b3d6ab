//! The table of orders, from memory: what the functions use of DynamoDB and no more, so that what is measured is the
//! function and not an engine. What it does not know it refuses by name.

mod expression;
mod projection;
mod query;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use sandbox::web::{self, Server};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use expression::{Names, Values};
use projection::Wanted;

/// The indexes: name, partition key, sort key; both hold keys only.
const INDEXES: [(&str, &str, &str); 3] = [
    ("due", "dueShard", "dueAt"),
    ("untold", "untoldState", "untoldSince"),
    ("reference", "reference", "createdAtMs"),
];

/// An item's attributes, each as the JSON that it came in.
type Attributes<'a> = BTreeMap<&'a str, &'a RawValue>;

/// The table; it ends when dropped.
pub struct Table {
    server: Server,
    rows: Arc<Rows>,
}

#[derive(Default)]
struct Rows {
    content: Mutex<Content>,
    calls: AtomicU64,
}

#[derive(Default)]
struct Content {
    items: HashMap<String, Box<RawValue>>,
    /// Partition as JSON, sort key, and order id, of each index.
    indexes: [BTreeSet<(String, i64, String)>; 3],
}

impl Table {
    /// An empty table on a free port, which is called by these names, too.
    pub async fn start(names: &[String]) -> io::Result<Self> {
        let listener = web::listen(0, "none").await.map_err(io::Error::other)?;
        let rows = Arc::new(Rows::default());
        let router = Router::new()
            .route("/", post(answer))
            .with_state(Arc::clone(&rows));
        let server = Server::admitting(listener, router, names)?;
        Ok(Self { server, rows })
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Puts `items` in the place of all that is there.
    pub fn fill(&self, items: impl IntoIterator<Item = Value>) {
        *self.rows.lock() = Content::default();
        self.add(items);
    }

    /// Adds `items` to all that is there.
    pub fn add(&self, items: impl IntoIterator<Item = Value>) {
        let mut content = self.rows.lock();
        for item in items {
            let item = serde_json::value::to_raw_value(&item).expect("an item is JSON");
            content.put(item).expect("an item has its keys");
        }
    }

    /// How often it was called.
    pub fn calls(&self) -> u64 {
        self.rows.calls.load(Ordering::Relaxed)
    }

    /// An item as DynamoDB's JSON.
    pub fn item(&self, id: &str) -> Option<Value> {
        let content = self.rows.lock();
        let item = content.items.get(id)?;
        serde_json::from_str(item.get()).ok()
    }
}

impl Rows {
    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    key: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetMany {
    request_items: HashMap<String, Wanted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    item: Box<RawValue>,
    condition_expression: Option<String>,
    #[serde(default)]
    expression_attribute_names: Names,
    #[serde(default)]
    expression_attribute_values: Values,
}

/// An answer, or the sentence of a refusal.
type Answered = Result<(StatusCode, String), String>;

async fn answer(
    Shared(rows): Shared<Arc<Rows>>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|name| name.to_str().ok());
    let operation = target.and_then(|target| target.split_once('.'));
    rows.calls.fetch_add(1, Ordering::Relaxed);
    let mut content = rows.lock();
    let answered = match operation.map(|(_, operation)| operation) {
        Some("GetItem") => read(&body).and_then(|get| content.get(&get)),
        Some("BatchGetItem") => read(&body).and_then(|get| content.get_many(&get)),
        Some("PutItem") => read(&body).and_then(|put| content.put_if(put)),
        Some("Query") => read(&body).and_then(|query| content.query(&query)),
        operation => Err(format!("the bench plays no {operation:?}")),
    };
    drop(content);
    let (status, answer) = answered.unwrap_or_else(|problem| {
        eprintln!("the table refuses: {problem}");
        let refused =
            json!({"__type": "com.amazon.coral.validate#ValidationException", "message": problem});
        (StatusCode::BAD_REQUEST, refused.to_string())
    });
    let kind = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
    (status, kind, answer).into_response()
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

impl Content {
    fn get(&self, get: &Get) -> Answered {
        let item = self.items.get(&id(&get.key)?);
        let answer = item.map_or_else(String::new, |item| format!("\"Item\":{}", item.get()));
        Ok((StatusCode::OK, format!("{{{answer}}}")))
    }

    fn get_many(&self, get: &GetMany) -> Answered {
        let mut found = Vec::new();
        for (table, wanted) in &get.request_items {
            if wanted.keys.len() > 100 {
                return Err("a batch has 100 keys at the most".to_owned());
            }
            let ids = wanted.keys.iter().map(id).collect::<Result<Vec<_>, _>>()?;
            let items = ids.iter().filter_map(|id| self.items.get(id));
            let items: Vec<String> = items.map(|item| wanted.projected(item)).collect();
            found.push(format!("\"{table}\":[{}]", items.join(",")));
        }
        let found = found.join(",");
        let answer = format!("{{\"Responses\":{{{found}}},\"UnprocessedKeys\":{{}}}}");
        Ok((StatusCode::OK, answer))
    }

    fn put_if(&mut self, put: Put) -> Answered {
        let id = id_of(&attributes(&put.item)?)?;
        let there = self.items.get(&id);
        if let Some(condition) = &put.condition_expression {
            let terms = expression::terms(
                condition,
                &put.expression_attribute_names,
                &put.expression_attribute_values,
            )?;
            let attributes = there.map(|item| attributes(item)).transpose()?;
            if !terms.iter().all(|term| term.holds(attributes.as_ref())) {
                let failed = json!({
                    "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                    "message": "The conditional request failed",
                    "Item": there,
                });
                return Ok((StatusCode::BAD_REQUEST, failed.to_string()));
            }
        }
        self.put(put.item)?;
        Ok((StatusCode::OK, "{}".to_owned()))
    }

    fn put(&mut self, item: Box<RawValue>) -> Result<(), String> {
        let (id, entries) = entries(&item)?;
        if let Some(there) = self.items.insert(id, item) {
            let (_, entries) = self::entries(&there)?;
            for (index, entry) in self.indexes.iter_mut().zip(entries) {
                entry.map(|entry| index.remove(&entry));
            }
        }
        for (index, entry) in self.indexes.iter_mut().zip(entries) {
            index.extend(entry);
        }
        Ok(())
    }
}

fn attributes(item: &RawValue) -> Result<Attributes<'_>, String> {
    serde_json::from_str(item.get()).map_err(|error| error.to_string())
}

/// The item's id, and what stands of it in each index.
#[expect(clippy::type_complexity, reason = "as the indexes hold it")]
fn entries(item: &RawValue) -> Result<(String, [Option<(String, i64, String)>; 3]), String> {
    let attributes = attributes(item)?;
    let id = id_of(&attributes)?;
    let entry = |(_, partition, sort): (&str, &str, &str)| {
        let partition = parsed(attributes.get(partition)?.get()).to_string();
        let sort = number(&parsed(attributes.get(sort)?.get())).ok()?;
        Some((partition, sort, id.clone()))
    };
    let entries = INDEXES.map(entry);
    Ok((id, entries))
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

fn number(value: &Value) -> Result<i64, String> {
    let digits = value["N"].as_str();
    let number = digits.and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| format!("{value} is no whole number"))
}

fn id(key: &Value) -> Result<String, String> {
    let id = key["orderId"]["S"].as_str();
    id.map(str::to_owned)
        .ok_or_else(|| format!("{key} has no orderId"))
}

fn id_of(attributes: &Attributes<'_>) -> Result<String, String> {
    let id = attributes.get("orderId").ok_or("an item has no orderId")?;
    id_of_value(&parsed(id.get()))
}

fn id_of_value(value: &Value) -> Result<String, String> {
    id(&json!({"orderId": value}))
}
