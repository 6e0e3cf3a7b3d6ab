//! Money that goes back: partly, wholly, before the payment is known, and replayed.

use sandbox::binance::{Fault, Forgery, On, Play};
use serde_json::{Value, json};

use crate::signed::{
    Opened, about, assert_acknowledged, deliver, history, open, pay, pay_as, pay_silently, signed,
    telling, told,
};
use crate::world::World;

/// Gives `amount` back, or what is left; returns when the callback has acknowledged it.
async fn refund(world: &World, order: &Opened, amount: Option<&str>) {
    let binance = world.sandbox.binance();
    let before = binance.deliveries().len();
    let play = Play {
        amount: amount.map(str::to_owned),
        ..Play::default()
    };
    binance.refund(&order.trade_no, play).unwrap();
    let is_acknowledged = |world: &World| {
        let deliveries = world.sandbox.binance().deliveries();
        deliveries
            .get(before)
            .is_some_and(|refund| refund.acknowledged)
    };
    world.until("the refund", is_acknowledged).await;
}

/// `refundedAmount` of each confirmation.
fn refunded_amounts(world: &World) -> Vec<Value> {
    let confirmations = world.sandbox.leadscalendar().confirmations();
    confirmations
        .into_iter()
        .map(|confirmation| confirmation.body["data"]["refundedAmount"].clone())
        .collect()
}

#[tokio::test]
async fn each_refund_is_told_under_its_own_webhook_id_until_all_is_refunded() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;

    refund(&world, &order, Some("0.4")).await;
    refund(&world, &order, Some("0.10000000")).await;
    refund(&world, &order, None).await;

    let item = world.item(&order.id);
    let expected = [
        "CREATED",
        "PENDING",
        "PAID",
        "PARTIALLY_REFUNDED",
        "PARTIALLY_REFUNDED",
        "REFUNDED",
    ];
    assert_eq!(history(&item), expected);
    assert_eq!(item["attempts"][0]["refunded"], "1.00020004");
    assert_eq!(item.get("dueAt"), None);
    assert_eq!(
        item["confirmation"],
        json!({"revision": 4, "confirmedRevision": 4, "attempts": 1})
    );
    let expected = [
        telling(&order.id, 1, "order.paid", "PAID"),
        telling(&order.id, 2, "order.refunded", "PARTIALLY_REFUNDED"),
        telling(&order.id, 3, "order.refunded", "PARTIALLY_REFUNDED"),
        telling(&order.id, 4, "order.refunded", "REFUNDED"),
    ];
    assert_eq!(told(&world), expected);
    let expected = [
        json!(null),
        json!("0.40000000"),
        json!("0.50000000"),
        json!("1.00020004"),
    ];
    assert_eq!(refunded_amounts(&world), expected);
    let mut times: Vec<Value> = world
        .sandbox
        .leadscalendar()
        .confirmations()
        .into_iter()
        .map(|confirmation| confirmation.body["timestamp"].clone())
        .collect();
    times.dedup();
    assert_eq!(times.len(), 4, "each has its own time: {times:?}");
}

#[tokio::test]
async fn refund_before_the_payment_is_known_is_verified_and_told_once() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let payment = signed(&world, about(&order)).await;

    refund(&world, &order, Some("0.4")).await;

    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "PARTIALLY_REFUNDED"]);
    let expected = [telling(
        &order.id,
        1,
        "order.refunded",
        "PARTIALLY_REFUNDED",
    )];
    assert_eq!(told(&world), expected);

    assert_acknowledged(&deliver(&world, &payment).await);

    assert_eq!(world.item(&order.id), item);
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn refund_before_the_payment_waits_for_it_when_binance_cannot_be_asked() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let payment = signed(&world, about(&order)).await;
    world.sandbox.binance().fault(On::Query, 1, Fault::Http500);

    refund(&world, &order, None).await;

    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING"]);
    assert_eq!(item["attempts"][0]["refunded"], "1.00020004");
    assert_eq!(told(&world), []);
    let due_in_ms = item["dueAt"].as_i64().unwrap() - sandbox::clock::now_ms();
    assert!((50_000..=60_000).contains(&due_in_ms), "{due_in_ms}");

    assert_acknowledged(&deliver(&world, &payment).await);

    assert_eq!(world.item(&order.id)["status"], "REFUNDED");
    assert_eq!(
        told(&world),
        [telling(&order.id, 1, "order.refunded", "REFUNDED")]
    );
    assert_eq!(refunded_amounts(&world), [json!("1.00020004")]);
}

#[tokio::test]
async fn replayed_and_overtaken_refunds_change_nothing() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    refund(&world, &order, Some("0.4")).await;
    let first = world.sandbox.binance().deliveries().pop().unwrap();
    let first = crate::signed::Signed {
        headers: first.headers,
        body: first.body,
    };
    let partly = world.item(&order.id);

    assert_acknowledged(&deliver(&world, &first).await);
    assert_eq!(world.item(&order.id), partly);

    refund(&world, &order, None).await;
    let wholly = world.item(&order.id);
    assert_acknowledged(&deliver(&world, &first).await);

    assert_eq!(world.item(&order.id), wholly);
    assert_eq!(wholly["status"], "REFUNDED");
    assert_eq!(told(&world).len(), 3);
}

#[tokio::test]
async fn rejected_refund_is_acknowledged_and_ignored() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    let paid = world.item(&order.id);
    let data = json!({
        "merchantTradeNo": order.trade_no,
        "refundInfo": {"refundedAmount": "1.00020004", "refundAmount": "1.00020004"},
    });
    let forgery = Forgery {
        biz_type: Some("PAY_REFUND".to_owned()),
        biz_status: Some("REFUND_REJECTED".to_owned()),
        data: Some(data),
        ..about(&order)
    };
    let rejected = signed(&world, forgery).await;

    assert_acknowledged(&deliver(&world, &rejected).await);

    assert_eq!(world.item(&order.id), paid);
    assert_eq!(told(&world).len(), 1);
}

#[tokio::test]
async fn refund_while_leadscalendar_is_slow_is_told_all_the_same() {
    let world = World::start().await;
    let order = open(&world).await;
    let slow = sandbox::leadscalendar::Mode::Slow { ms: 400 };
    world.sandbox.leadscalendar().mode(slow, Some(1));
    pay_silently(&world, &order);
    let payment = signed(&world, about(&order)).await;

    let refunding = async {
        world
            .until("order.paid", |world| told(world).len() == 1)
            .await;
        refund(&world, &order, None).await;
    };
    let (answer, ()) = tokio::join!(deliver(&world, &payment), refunding);

    assert_acknowledged(&answer);
    let item = world.item(&order.id);
    assert_eq!(item["status"], "REFUNDED");
    assert_eq!(item["confirmation"]["revision"], 2);
    assert_eq!(item["confirmation"]["confirmedRevision"], 2);
    assert_eq!(item.get("dueAt"), None);
    let expected = [
        telling(&order.id, 1, "order.paid", "PAID"),
        telling(&order.id, 2, "order.refunded", "REFUNDED"),
    ];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn refund_of_a_payment_in_dispute_is_told() {
    let world = World::start().await;
    let order = open(&world).await;
    let wrong = Play {
        amount: Some("0.5".to_owned()),
        ..Play::default()
    };
    pay_as(&world, &order.trade_no, wrong).await;

    refund(&world, &order, Some("0.5")).await;

    let expected = [
        telling(&order.id, 1, "order.disputed", "DISPUTED"),
        telling(&order.id, 2, "order.disputed", "DISPUTED"),
    ];
    assert_eq!(told(&world), expected);
    let amounts = refunded_amounts(&world);
    assert_eq!(amounts, [json!(null), json!("0.50000000")]);
    assert_eq!(world.item(&order.id).get("dueAt"), None);
}
