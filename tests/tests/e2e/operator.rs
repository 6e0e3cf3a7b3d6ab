//! What an operator wishes of `reconcile-orders`: that Binance is asked about one order now, or that LeadsCalendar is told.

use sandbox::binance::{Fault, On, Play};
use sandbox::leadscalendar::Mode;
use serde_json::{Value, json};

use crate::binance_failures::refusal;
use crate::reconcile::{HOUR, asked_about, granted};
use crate::signed::{cancel, open, pay, pay_silently, telling, told_of};
use crate::world::World;

async fn wish(world: &World, event: Value) -> Result<Value, String> {
    world.functions.reconcile(event).await
}

#[tokio::test]
async fn refund_by_hand_is_found_when_the_operator_asks() {
    let world = World::start().await;
    let (order, other) = (open(&world).await, open(&world).await);
    pay(&world, &order).await;
    pay(&world, &other).await;
    let by_hand = Play::in_silence();
    world
        .sandbox
        .binance()
        .refund(&order.trade_no, by_hand)
        .unwrap();

    let ran = wish(&world, json!({ "ask": order.id })).await;

    assert_eq!(ran, Ok(granted()));
    assert_eq!(asked_about(&world), [order.trade_no.as_str()]);
    assert_eq!(world.item(&order.id)["status"], "REFUNDED");
    let expected = [
        telling(&order.id, 1, "order.paid", "PAID"),
        telling(&order.id, 2, "order.refunded", "REFUNDED"),
    ];
    assert_eq!(told_of(&world, &order), expected);
    assert_eq!(world.item(&other.id)["status"], "PAID");
}

#[tokio::test]
async fn order_of_any_status_can_be_asked_about_at_any_time() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    let [pending, canceled, paid, refunded] = [
        open(&world).await,
        open(&world).await,
        open(&world).await,
        open(&world).await,
    ];
    cancel(&world, &canceled.trade_no).await;
    pay(&world, &paid).await;
    pay(&world, &refunded).await;
    let by_hand = Play::in_silence();
    binance.refund(&refunded.trade_no, by_hand).unwrap();
    let asked = wish(&world, json!({ "ask": refunded.id })).await;
    assert_eq!(asked, Ok(granted()));
    let fault = refusal("400100");
    binance.fault(On::Create, 1, fault);
    let failed = world.create(&world.four_fields()).await.text_of("orderId");

    for (id, status) in [
        (&pending.id, "PENDING"),
        (&canceled.id, "CANCELED"),
        (&paid.id, "PAID"),
        (&refunded.id, "REFUNDED"),
        (&failed, "FAILED"),
    ] {
        let before = asked_about(&world).len();
        let due_at = world.item(id).get("dueAt").cloned();

        assert_eq!(wish(&world, json!({ "ask": id })).await, Ok(granted()));

        assert_eq!(asked_about(&world).len(), before + 1, "{status}");
        let item = world.item(id);
        assert_eq!(item["status"], status);
        // The steps go on as they would have.
        assert_eq!(item.get("dueAt").cloned(), due_at, "{status}");
    }
}

#[tokio::test]
async fn payment_of_an_order_that_is_over_is_found_when_the_operator_asks() {
    let world = World::start().await;
    let order = open(&world).await;
    cancel(&world, &order.trade_no).await;
    let late = Play {
        late: true,
        ..Play::in_silence()
    };
    world.sandbox.binance().pay(&order.trade_no, late).unwrap();

    let ran = wish(&world, json!({ "ask": order.id })).await;

    assert_eq!(ran, Ok(granted()));
    let item = world.item(&order.id);
    assert_eq!(
        (&item["status"], &item["late"]),
        (&json!("PAID"), &json!(true))
    );
}

#[tokio::test]
async fn wishes_are_granted_beside_each_other_and_nothing_else_is_done() {
    let world = World::start().await;
    let [asked, repeated, due] = [open(&world).await, open(&world).await, open(&world).await];
    pay(&world, &repeated).await;
    pay_silently(&world, &asked);
    pay_silently(&world, &due);
    world.sandbox.binance().advance(HOUR);
    let mut wishes = world.schedule();
    wishes["ask"] = json!(asked.id);
    wishes["confirm"] = json!(repeated.id);

    let granted = json!({ "done": 2, "left": false });
    assert_eq!(wish(&world, wishes).await, Ok(granted));

    let expected = [
        telling(&repeated.id, 1, "order.paid", "PAID"),
        telling(&repeated.id, 1, "order.paid", "PAID"),
    ];
    assert_eq!(told_of(&world, &repeated), expected);
    assert_eq!(
        told_of(&world, &asked),
        [telling(&asked.id, 1, "order.paid", "PAID")]
    );
    assert_eq!(world.item(&due.id)["status"], "PENDING");
}

#[tokio::test]
async fn wish_that_did_not_succeed_is_left() {
    let world = World::start().await;
    let [asked, repeated] = [open(&world).await, open(&world).await];
    pay(&world, &repeated).await;
    world.sandbox.leadscalendar().mode(Mode::Down, None);
    world.sandbox.binance().fault(On::Query, 9, Fault::Http500);
    for event in [
        json!({ "ask": asked.id }),
        json!({ "confirm": repeated.id }),
    ] {
        let left = json!({ "done": 0, "left": true });
        assert_eq!(wish(&world, event).await, Ok(left));
    }
}

#[tokio::test]
async fn order_that_is_not_there_cannot_be_asked_about() {
    let world = World::start().await;
    let order = open(&world).await;
    let unknown = "0".repeat(30);
    for event in [
        json!({ "ask": unknown }),
        json!({ "ask": unknown, "confirm": order.id }),
    ] {
        let refused = wish(&world, event.clone()).await.unwrap_err();
        let named = if event.get("confirm").is_some() {
            format!("there is nothing to tell of order {}", order.id)
        } else {
            format!("there is no order {unknown} to ask about")
        };
        assert_eq!(refused, named);
    }
    let malformed = wish(&world, json!({ "ask": "1" })).await.unwrap_err();
    assert!(malformed.contains("order"), "{malformed}");
    assert_eq!(asked_about(&world), Vec::<String>::new());
}
