//! The wish `{"check":true}` where the table, or a part of it, cannot be used.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use sandbox::Options;
use sandbox::dynamodb::StoreFault;

use crate::check::{assert_says, check, red};
use crate::world::World;

const INDEXES: [&str; 3] = ["due", "untold", "reference"];

#[tokio::test]
async fn table_that_cannot_be_used_is_red_by_the_part_of_it() {
    let world = World::start().await;
    let dynamodb = world.sandbox.dynamodb();
    for (operation, fault, expected, mend) in [
        ("PutItem", StoreFault::Denied, &["table"][..], "role"),
        ("GetItem", StoreFault::Denied, &["table"], "role"),
        ("BatchGetItem", StoreFault::Denied, &["table"], "role"),
        ("Query", StoreFault::Denied, &INDEXES, "role"),
        ("Query", StoreFault::ServerError, &INDEXES, "mends itself"),
    ] {
        dynamodb.fault(Some(operation), 99, fault);

        let checked = check(&world).await;

        assert_eq!(red(&checked), expected, "{operation}");
        assert_says(&checked, expected[0], &[mend]);
        dynamodb.clear_faults();
    }
}

#[tokio::test]
async fn index_that_is_missing_is_red_by_its_name() {
    let world = World::with(Options::default(), &[("ORDERS_TABLE", "bare")]).await;
    let key = AttributeDefinition::builder()
        .attribute_name("orderId")
        .attribute_type(ScalarAttributeType::S);
    let hash = KeySchemaElement::builder()
        .attribute_name("orderId")
        .key_type(KeyType::Hash);
    let client = world.sandbox.dynamodb().client();
    let make = client
        .create_table()
        .table_name("bare")
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(key.build().unwrap())
        .key_schema(hash.build().unwrap());
    make.send().await.unwrap();

    let checked = check(&world).await;

    assert_eq!(red(&checked), INDEXES, "{checked:#}");
    assert_says(&checked, "due", &["index", "all its indexes"]);
}
