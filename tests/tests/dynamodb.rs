//! DynamoDB: the table that the functions expect, and how it can fail.

use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::Database;
use sandbox::dynamodb::{DynamoDb, StoreFault, TABLE};
use sandbox::{Options, Sandbox, web};
use serde_json::{Value, json};

fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

async fn put(dynamodb: &DynamoDb, id: &str) -> bool {
    let put = dynamodb
        .client()
        .put_item()
        .table_name(TABLE)
        .item("orderId", AttributeValue::S(id.to_owned()));
    let put = put.item("dueShard", number(3)).item("dueAt", number(7));
    put.send().await.is_ok()
}

/// The ids that an index gives of what lies before 8.
async fn found(
    dynamodb: &DynamoDb,
    index: &str,
    condition: &str,
    partition: AttributeValue,
) -> Vec<String> {
    let query = dynamodb
        .client()
        .query()
        .table_name(TABLE)
        .index_name(index)
        .key_condition_expression(condition)
        .expression_attribute_values(":1", partition)
        .expression_attribute_values(":2", number(8));
    let answer = query.send().await.unwrap();
    let ids = answer.items().iter().map(|item| &item["orderId"]);
    ids.map(|id| id.as_s().unwrap().clone()).collect()
}

#[tokio::test]
async fn the_table_has_its_key_and_its_sparse_indexes() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let dynamodb = sandbox.dynamodb();
    assert!(put(dynamodb, "a1").await);
    let repeating = || AttributeValue::S("repeating".to_owned());
    let untold = dynamodb
        .client()
        .put_item()
        .table_name(TABLE)
        .item("orderId", AttributeValue::S("b1".to_owned()))
        .item("untoldState", repeating())
        .item("untoldSince", number(5));
    untold.send().await.unwrap();

    let due = found(dynamodb, "due", "dueShard = :1 AND dueAt <= :2", number(3));
    assert_eq!(due.await, ["a1"]);
    let condition = "untoldState = :1 AND untoldSince <= :2";
    let untold = found(dynamodb, "untold", condition, repeating());
    assert_eq!(untold.await, ["b1"]);
    assert_eq!(
        dynamodb.item("a1").unwrap().unwrap(),
        json!({"orderId": "a1", "dueShard": 3, "dueAt": 7})
    );
    assert_eq!(dynamodb.item("a2").unwrap(), None::<Value>);
    assert_eq!(dynamodb.items().unwrap().len(), 2);
}

#[tokio::test]
async fn a_throttled_write_is_repeated_by_the_sdk_and_a_lost_answer_leaves_the_item() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let dynamodb = sandbox.dynamodb();

    dynamodb.fault(Some("PutItem"), 1, StoreFault::Throttled);
    assert!(put(dynamodb, "a1").await);
    dynamodb.fault(None, 3, StoreFault::LostAnswer);
    assert!(!put(dynamodb, "a2").await);

    assert_eq!(dynamodb.items().unwrap().len(), 2);
    let statuses: Vec<_> = dynamodb
        .calls()
        .iter()
        .map(|call| call.http_status)
        .collect();
    assert_eq!(statuses, [Some(400), Some(200), None, None, None]);
    assert_eq!(dynamodb.faults(), []);
}

#[tokio::test]
async fn a_fault_is_set_over_http_and_a_misspelt_one_is_refused() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let url = format!("{}/sandbox/dynamodb/faults", sandbox.binance().url());
    let client = web::client(Duration::from_secs(5), false);

    let slow = json!({"fault": "slow", "ms": 3, "operation": "Query", "times": 2});
    let set = client.post(&url).json(&slow).send().await.unwrap();
    assert_eq!(set.json::<Value>().await.unwrap(), json!([slow]));

    for (misspelt, named) in [
        (json!({"fault": "throtled"}), "`throtled`"),
        (json!({"fault": "throttled", "tmies": 2}), "`tmies`"),
        (json!({"fault": "slow", "time": 3}), "`time`"),
        (json!({"fault": "throttled", "times": 0}), "times: "),
        (json!({"fault": "throttled", "operation": "Put"}), "`Put`"),
    ] {
        let refused = client.post(&url).json(&misspelt).send().await.unwrap();
        assert_eq!(refused.status(), 400, "{misspelt}");
        let problem = refused.text().await.unwrap();
        assert!(problem.contains(named), "{problem}");
        assert!(
            problem.contains("PutItem|GetItem|BatchGetItem|Query"),
            "{problem}"
        );
    }
    assert_eq!(sandbox.dynamodb().faults().len(), 1);
}

/// A file for a table, removed in the end with all that the engine puts beside it.
struct TableFile(PathBuf);

impl TableFile {
    fn new() -> Self {
        let name = format!("sandbox-{}.db", sandbox::random::hex(16));
        Self(std::env::temp_dir().join(name))
    }

    async fn sandbox(&self) -> Sandbox {
        let options = Options {
            dynamodb_file: Some(self.0.clone()),
            ..Options::default()
        };
        Sandbox::start(options).await.unwrap()
    }
}

impl Drop for TableFile {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}

#[tokio::test]
async fn a_table_in_a_file_outlives_its_sandbox() {
    let file = TableFile::new();

    let first = file.sandbox().await;
    assert!(put(first.dynamodb(), "a1").await);
    drop(first);
    let second = file.sandbox().await;

    assert_eq!(second.dynamodb().items().unwrap().len(), 1);
}

#[tokio::test]
async fn a_table_in_a_file_of_an_earlier_version_is_given_the_index_that_it_lacks() {
    let file = TableFile::new();
    let earlier = Database::new(&file.0.to_string_lossy()).unwrap();
    let request = json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "orderId", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "orderId", "KeyType": "HASH"}],
    });
    let request = serde_json::from_value(request).unwrap();
    earlier.create_table(request).unwrap();
    drop(earlier);
    assert!(put(file.sandbox().await.dynamodb(), "a1").await);

    let sandbox = file.sandbox().await;

    let due = found(
        sandbox.dynamodb(),
        "due",
        "dueShard = :1 AND dueAt <= :2",
        number(3),
    );
    assert_eq!(due.await, ["a1"]);
}
