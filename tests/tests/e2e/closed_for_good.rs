//! What is closed stays closed: its key opens nothing, and only money changes it.

use sandbox::binance::{Fault, On, Play, Status};
use serde_json::{Value, json};

use crate::close_order::{WAYS, close, stands_at_binance};
use crate::reconcile::HOUR;
use crate::signed::{binance_calls, open, opened, pay_as, refused, telling, told};
use crate::world::World;

#[tokio::test]
async fn late_payment_of_a_closed_order_is_told_as_paid_and_late() {
    let world = World::start().await;
    let order = open(&world).await;
    close(&world, &order).await;
    let late = Play {
        late: true,
        ..Play::default()
    };

    pay_as(&world, &order.trade_no, late).await;

    let seen = world.shown(&order.id).await;
    assert_eq!(
        (&seen["status"], &seen["late"]),
        (&json!("PAID"), &json!(true))
    );
    let last = told(&world).pop().unwrap();
    assert_eq!((last.1.as_str(), last.2.as_str()), ("order.paid", "PAID"));
    assert!(seen["closeRequestedAt"].is_string());
}

#[tokio::test]
async fn key_of_a_closed_order_opens_nothing() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    for refusal in ["400103", "lost"] {
        binance.clear_faults();
        match refusal {
            "lost" => binance.fault(On::Create, 9, Fault::LostAnswer),
            code => binance.fault(On::Create, 9, refused(code)),
        }
        let key = [("idempotency-key", refusal)];
        let failed = world.create_with(&world.four_fields(), &key).await;
        let id = failed.text_of("orderId");
        binance.clear_faults();

        let closed = world.close(&id).await.json();
        assert_eq!(closed["status"], "CANCELED", "{refusal}");
        let opened = binance_calls(&world, "/v3/order");
        let again = world.create_with(&world.four_fields(), &key).await;
        assert_eq!((again.status, again.json()), (201, closed), "{refusal}");
        assert_eq!(binance_calls(&world, "/v3/order"), opened, "{refusal}");
    }
}

#[tokio::test]
async fn checkout_that_is_opened_while_its_order_is_closed_is_closed_at_once_and_named_to_nobody() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    binance.fault(On::Create, 1, Fault::Slow { ms: 1_500 });
    let body = world.four_fields();
    let key = [("idempotency-key", "thaws")];
    let creating = world.create_with(&body, &key);
    let closing = async {
        world
            .until("the order", |world| {
                !world.sandbox.binance().orders().is_empty()
            })
            .await;
        let id = world.items()[0]["orderId"].as_str().unwrap().to_owned();
        world.close(&id).await
    };
    let (created, closed) = tokio::join!(creating, closing);

    assert_eq!(closed.text_of("status"), "CANCELED");
    assert_eq!(
        (created.status, created.text_of("status")),
        (201, "CANCELED".to_owned())
    );
    for way in WAYS {
        assert_eq!(created.json()[way], Value::Null);
    }
    let order = opened(&created);
    assert_eq!(stands_at_binance(&world, &order), Status::Canceled);
    world.reconcile_after(HOUR).await;
    assert_eq!(world.item(&order.id)["status"], "CANCELED");
    assert_eq!(
        told(&world),
        [telling(&order.id, 1, "order.canceled", "CANCELED")]
    );
}

#[tokio::test]
async fn checkout_that_is_opened_when_the_time_is_up_is_closed_at_once_too() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    binance.fault(On::Create, 1, Fault::Slow { ms: 2_000 });
    let body = world.four_fields();
    let key = [("idempotency-key", "late")];
    let again = async {
        world
            .until("the order", |_| !binance.orders().is_empty())
            .await;
        // A quarter of a minute before Binance ends it.
        binance.advance(HOUR - 15);
        world.create_with(&body, &key).await
    };

    let (created, again) = tokio::join!(world.create_with(&body, &key), again);

    for answer in [&created, &again] {
        assert_eq!(answer.text_of("status"), "EXPIRED");
        assert_eq!(answer.json()["closeRequestedAt"], Value::Null);
        for way in WAYS {
            assert_eq!(answer.json()[way], Value::Null);
        }
    }
    let order = opened(&created);
    assert_eq!(stands_at_binance(&world, &order), Status::Canceled);
}
