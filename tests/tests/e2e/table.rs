//! The table in the hand of somebody else: another version of this program, an operator who restores it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::World;

/// Asks an operation of DynamoDB by its wire protocol; `request` names no table.
pub async fn ask(world: &World, operation: &str, mut request: Value) -> Value {
    let settings = world.sandbox.settings("http://127.0.0.1/");
    let table = settings.iter().find(|(name, _)| name == "ORDERS_TABLE");
    request["TableName"] = json!(table.unwrap().1);
    let request = sandbox::web::client(Duration::from_secs(5), false)
        .post(world.sandbox.dynamodb().url())
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("content-type", "application/x-amz-json-1.0")
        .header("authorization", "AWS4-HMAC-SHA256 Credential=a/20261122/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=b")
        .header("x-amz-date", "20261122T000000Z")
        .body(request.to_string());
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Puts an item, in DynamoDB's own JSON, in place of what is there.
pub async fn put(world: &World, item: Value) {
    ask(world, "PutItem", json!({ "Item": item })).await;
}

/// An item in DynamoDB's own JSON.
pub async fn get(world: &World, key: &str) -> Value {
    let answer = ask(world, "GetItem", json!({"Key": {"orderId": {"S": key}}}));
    answer.await["Item"].take()
}

/// Takes an item away, as if the table had been restored to before it.
pub async fn delete(world: &World, key: &str) {
    ask(world, "DeleteItem", json!({"Key": {"orderId": {"S": key}}})).await;
}

/// Gives the table a namespace, so that the ids behind the keys are the same in every run of a test.
pub async fn put_namespace(world: &World) {
    let value = "bmFtZXNwYWNlIG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXM=";
    let item = json!({"orderId": {"S": "namespace"}, "namespace": {"B": value}});
    put(world, item).await;
}
