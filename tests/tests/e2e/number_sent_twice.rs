//! A trade number that was sent twice, since Binance said of the first time that it did not do it: what it made all the same
//! is paid, or closed.

use sandbox::binance::{Bend, BendOn, Play, Status};
use serde_json::{Value, json};

use crate::idempotency::assert_first;
use crate::number_taken::calls;
use crate::reconcile::{MINUTE, summary};
use crate::signed::{telling, told};
use crate::world::World;

/// Binance takes the number and says that it did not, so that it is sent once more.
fn sent_twice(world: &World) {
    let not_done = r#"{"status":"FAIL","code":"400003","errorMessage":"Timestamp"}"#;
    world
        .sandbox
        .binance()
        .bend(Bend::body(BendOn::Create, not_done).once());
}

#[tokio::test]
async fn payment_of_an_earlier_sending_pays_the_order() {
    let world = World::start().await;
    sent_twice(&world);
    let paid = async {
        let is_taken = |world: &World| !world.sandbox.binance().orders().is_empty();
        world.until("the first sending", is_taken).await;
        let number = world.sandbox.binance().orders().remove(0).merchant_trade_no;
        world
            .sandbox
            .binance()
            .pay(&number, Play::in_silence())
            .unwrap()
    };
    let asked = world.four_fields();

    let (answer, paid) = tokio::join!(world.create(&asked), paid);

    assert_first(&answer);
    let view = answer.json();
    let id = answer.text_of("orderId");
    assert_eq!(answer.text_of("merchantTradeNo"), format!("{id}01"));
    assert_eq!(
        [
            &view["status"],
            &view["late"],
            &view["prepayId"],
            &view["checkoutUrl"]
        ],
        [
            &json!("PAID"),
            &json!(false),
            &json!(paid.prepay_id.to_string()),
            &Value::Null
        ]
    );
    assert_eq!(calls(&world, 0), [2, 1, 0]);
    // An answer can be lost, so LeadsCalendar is told as well.
    assert_eq!(world.reconcile_after(MINUTE).await, summary(0, 0, 1, 0));
    assert_eq!(told(&world), [telling(&id, 1, "order.paid", "PAID")]);
}

#[tokio::test]
async fn checkout_of_an_earlier_sending_is_closed_and_the_next_number_taken() {
    let world = World::start().await;
    sent_twice(&world);

    let answer = world.create(&world.four_fields()).await;

    assert_first(&answer);
    let id = answer.text_of("orderId");
    assert_eq!(answer.text_of("merchantTradeNo"), format!("{id}02"));
    assert_eq!(calls(&world, 0), [3, 1, 1]);
    let statuses: Vec<Status> = world
        .sandbox
        .binance()
        .orders()
        .iter()
        .map(|order| order.status)
        .collect();
    assert_eq!(statuses, [Status::Canceled, Status::Initial]);
}
