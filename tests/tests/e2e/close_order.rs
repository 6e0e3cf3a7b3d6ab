//! `POST /orders/{orderId}/close`: the wish is recorded first, and the order is answered as it truly stands.

use sandbox::binance::{Fault, Later, On, Play, Status};
use serde_json::{Value, json};

use crate::reconcile::MINUTE;
use crate::signed::{Opened, binance_calls, history, open, pay, pay_silently, refused, told};
use crate::world::World;

pub const WAYS: [&str; 5] = [
    "checkoutUrl",
    "qrcodeLink",
    "qrContent",
    "deeplink",
    "universalUrl",
];

pub fn stands_at_binance(world: &World, order: &Opened) -> Status {
    world
        .sandbox
        .binance()
        .order(&order.trade_no)
        .unwrap()
        .status
}

/// The order closed, as it is answered: the status, and whether the wish is shown.
pub async fn close(world: &World, order: &Opened) -> Value {
    let closed = world.close(&order.id).await;
    assert_eq!(closed.status, 200, "{}", closed.text);
    let view = closed.json();
    for way in WAYS {
        assert_eq!(view[way], Value::Null, "{view}");
    }
    view
}

#[tokio::test]
async fn open_order_is_closed_at_binance_and_canceled_and_told() {
    let world = World::start().await;
    let order = open(&world).await;

    let view = close(&world, &order).await;

    assert_eq!(view["status"], "CANCELED");
    assert!(view["closeRequestedAt"].is_string(), "{view}");
    assert_eq!(stands_at_binance(&world, &order), Status::Canceled);
    assert_eq!(
        history(&world.item(&order.id)),
        ["CREATED", "PENDING", "CANCELED"]
    );
    world.reconcile_after(MINUTE).await;
    let revision = world.item(&order.id)["confirmation"]["revision"].clone();
    assert_eq!(view["revision"], revision);
    assert_eq!(told(&world).len(), 1);
    assert_eq!(
        (told(&world)[0].1.as_str(), told(&world)[0].2.as_str()),
        ("order.canceled", "CANCELED")
    );
    // Another look shows the same.
    let mut seen = world.shown(&order.id).await;
    for name in ["history", "confirmation"] {
        seen.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(seen, view);
}

#[tokio::test]
async fn closing_what_is_over_or_paid_is_no_error_and_changes_nothing() {
    let world = World::start().await;
    let [closed, expired, paid] = [open(&world).await, open(&world).await, open(&world).await];
    close(&world, &closed).await;
    pay(&world, &paid).await;
    world.sandbox.binance().expire(&expired.trade_no).unwrap();
    world.reconcile_after(5 * MINUTE).await;

    for (order, status) in [
        (&closed, "CANCELED"),
        (&expired, "EXPIRED"),
        (&paid, "PAID"),
    ] {
        let before = world.item(&order.id);
        let calls = binance_calls(&world, "/close");
        let view = close(&world, order).await;
        assert_eq!(view["status"], status);
        assert_eq!(world.item(&order.id), before);
        assert_eq!(binance_calls(&world, "/close"), calls);
    }
}

#[tokio::test]
async fn strangers_order_malformed_id_wrong_key_and_other_methods_are_refused() {
    let world = World::start().await;
    let order = open(&world).await;
    for id in [
        "0".repeat(30).as_str(),
        "7",
        "%20",
        &order.id.to_uppercase(),
    ] {
        let answer = world.close(id).await;
        assert_eq!(
            (answer.status, answer.text_of("code")),
            (404, "ORDER_NOT_FOUND".to_owned()),
            "{id}"
        );
    }
    let path = format!("/orders/{}/close", order.id);
    let wrong = [("x-mbx-apikey", "0123456789abcdef0123456789abcdef")];
    let answer = world.send("POST", &path, &wrong, "").await;
    assert_eq!(
        (answer.status, answer.text_of("code")),
        (401, "INVALID_API_KEY".to_owned())
    );
    let right = [("x-mbx-apikey", world.sandbox.app_api_key())];
    let answer = world.send("GET", &path, &right, "").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    assert_eq!(world.item(&order.id)["status"], "PENDING");
    // A body is ignored, and so is a slash at the end.
    let answer = world
        .send("POST", &format!("{path}/"), &right, "not JSON")
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn payer_who_is_faster_makes_it_paid_and_that_is_no_error() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);

    let view = close(&world, &order).await;

    assert_eq!(
        (&view["status"], &view["late"]),
        (&json!("PAID"), &json!(false))
    );
    assert!(view["closeRequestedAt"].is_string(), "{view}");
}

#[tokio::test]
async fn payment_under_way_leaves_it_being_closed_until_the_payer_gives_up_or_pays() {
    for gives_up in [true, false] {
        let world = World::start().await;
        let order = open(&world).await;
        let binance = world.sandbox.binance();
        binance.under_way(&order.trade_no, true).unwrap();

        let view = close(&world, &order).await;
        assert_eq!(view["status"], "PENDING");
        assert!(view["closeRequestedAt"].is_string(), "{view}");
        world.reconcile_after(MINUTE).await;
        assert_eq!(world.item(&order.id)["status"], "PENDING");
        assert_eq!(told(&world), []);

        if gives_up {
            binance.under_way(&order.trade_no, false).unwrap();
        } else {
            binance.pay(&order.trade_no, Play::in_silence()).unwrap();
        }
        world.reconcile_after(MINUTE).await;
        let status = if gives_up { "CANCELED" } else { "PAID" };
        assert_eq!(world.item(&order.id)["status"], status);
    }
}

#[tokio::test]
async fn close_that_is_accepted_and_carried_out_later_is_told_again_and_asked_about() {
    let world = World::start().await;
    let order = open(&world).await;
    let binance = world.sandbox.binance();
    binance.behave(|behaviour| {
        behaviour.closes_later = Some(Later {
            after_ms: Some(150_000),
        });
        behaviour.closed_notices = false;
    });

    assert_eq!(close(&world, &order).await["status"], "PENDING");
    let told_to_close = binance_calls(&world, "/close");
    world.reconcile_after(MINUTE).await;
    assert_eq!(binance_calls(&world, "/close"), told_to_close + 1);
    assert_eq!(world.item(&order.id)["status"], "PENDING");
    world.reconcile_after(2 * MINUTE).await;

    assert_eq!(world.item(&order.id)["status"], "CANCELED");
}

#[tokio::test]
async fn faults_of_binance_are_none_of_the_callers_and_the_wish_is_carried_out_later() {
    for fault in [
        Fault::LostRequest,
        Fault::LostAnswer,
        Fault::Http500,
        Fault::Html403,
        refused("400000"),
    ] {
        let world = World::start().await;
        let order = open(&world).await;
        let binance = world.sandbox.binance();
        binance.behave(|behaviour| behaviour.closed_notices = false);
        binance.fault(On::Close, 9, fault.clone());
        binance.fault(On::Query, 9, Fault::Http500);

        let view = close(&world, &order).await;
        assert_eq!(view["status"], "PENDING", "{fault:?}");
        assert!(view["closeRequestedAt"].is_string(), "{fault:?}");
        binance.clear_faults();
        for _ in 0..7 {
            world.reconcile_after(MINUTE).await;
        }
        assert_eq!(world.item(&order.id)["status"], "CANCELED", "{fault:?}");
        assert_eq!(stands_at_binance(&world, &order), Status::Canceled);
    }
}

#[tokio::test]
async fn binances_own_end_bounds_a_close_that_is_never_carried_out() {
    let world = World::start().await;
    let order = open(&world).await;
    let binance = world.sandbox.binance();
    binance.fault(On::Close, 999, refused("400204"));
    close(&world, &order).await;
    for _ in 0..12 {
        world.reconcile_after(5 * MINUTE).await;
        assert_ne!(world.item(&order.id)["status"], "CANCELED");
    }
    world.reconcile_after(5 * MINUTE).await;

    assert_eq!(world.item(&order.id)["status"], "EXPIRED");
}
