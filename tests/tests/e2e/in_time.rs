//! Whoever hangs, in init or later, each function answers in its time, and what was begun is gone on with afterwards.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sandbox::Options;
use sandbox::binance::{Fault, On};
use sandbox::clock::now_ms;
use sandbox::dynamodb::StoreFault;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::problem::{ours, problem};
use crate::secrets_manager::{CALLER_KEYS, SECRETS};
use crate::signed::{
    about, assert_acknowledged, assert_fails, deliver, open, pay_silently, signed, signed_body,
};
use crate::world::World;
use sandbox::gateway::Functions;

/// Somebody who takes connections and never says a word; the address.
async fn silent() -> (TcpListener, String) {
    let listener = sandbox::web::listen(0, "none").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Settings by which a party of the functions is silent.
fn hanging(url: &str) -> [Vec<(&'static str, String)>; 4] {
    let (table, binance) = (
        ("AWS_ENDPOINT_URL_DYNAMODB", url.to_owned()),
        ("BINANCE_BASE_URL", url.to_owned()),
    );
    let secrets = vec![
        ("SECRETS", String::new()),
        ("SECRETS_ID", SECRETS.to_owned()),
        ("CALLER_KEYS_ID", CALLER_KEYS.to_owned()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", url.to_owned()),
    ];
    let mut all = secrets.clone();
    all.extend([table.clone(), binance.clone()]);
    [vec![table], vec![binance], secrets, all]
}

#[tokio::test]
async fn init_is_over_in_four_seconds_whoever_hangs() {
    let (_listener, url) = silent().await;
    let sandbox = sandbox::Sandbox::start(Options::default()).await.unwrap();
    let began_ms = now_ms();
    let connecting = hanging(&url).map(|settings| {
        let mut all = sandbox.settings("http://127.0.0.1:1/binance-callback");
        let own = settings.into_iter();
        all.extend(own.map(|(name, value)| (name.to_owned(), value)));
        let functions = Arc::new(Functions::new(&all));
        tokio::spawn(async move {
            tokio::join!(
                Box::pin(functions.create_order.connect()),
                Box::pin(functions.binance_callback.connect()),
                Box::pin(functions.get_order.connect()),
                Box::pin(functions.reconcile_orders.connect()),
            );
        })
    });
    for connected in connecting {
        connected.await.unwrap();
    }
    let took_ms = now_ms() - began_ms;
    assert!(took_ms < 4_000, "{took_ms} ms");
}

#[tokio::test]
async fn every_http_function_answers_in_its_time_whoever_hangs() {
    let (_listener, url) = silent().await;
    for settings in hanging(&url) {
        let settings: Vec<_> = settings
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let world = World::with(Options::default(), &settings).await;
        world.functions.limit_ms.store(1_000, Ordering::Relaxed);
        let about_nobodys = format!(r#"{{"merchantTradeNo":"{}01"}}"#, "0".repeat(30));
        let envelope = r#"{"bizType":"PAY","bizStatus":"PAY_SUCCESS","bizId":1,"data":"#;
        let notification = signed_body(&world, format!("{envelope}{about_nobodys}}}")).await;
        let began_ms = now_ms();

        let order = "0".repeat(30);
        let (fields, get) = (world.four_fields(), world.get(&order, &[]));
        let (created, taken, got) =
            tokio::join!(world.create(&fields), deliver(&world, &notification), get);

        let took_ms = now_ms() - began_ms;
        assert!(took_ms < 1_000, "{settings:?}: {took_ms} ms");
        let retryable = created.json()["retryable"].clone();
        assert!(retryable == true, "{settings:?}: {}", created.text);
        assert!([500, 503].contains(&created.status), "{}", created.text);
        assert!(
            [404, 503].contains(&got.status),
            "{settings:?}: {}",
            got.text
        );
        let fail = taken.json();
        let is_taken = (taken.status, &fail["returnCode"]);
        assert!(
            is_taken == (500, &Value::from("FAIL")),
            "{settings:?}: {}",
            taken.text
        );
    }
}

#[tokio::test]
async fn order_over_which_the_time_ran_out_is_gone_on_with_by_the_same_request() {
    let world = World::start().await;
    world.functions.limit_ms.store(800, Ordering::Relaxed);
    let slow = StoreFault::Slow { ms: 5_000 };
    let between = async {
        world
            .until("Binance to take the order", |world| {
                !world.sandbox.binance().orders().is_empty()
            })
            .await;
        world.sandbox.dynamodb().fault(Some("PutItem"), 99, slow);
    };
    world
        .sandbox
        .binance()
        .fault(On::Create, 1, Fault::Slow { ms: 200 });
    let fields = world.four_fields();
    let key = [("idempotency-key", "k")];

    let (late, ()) = tokio::join!(world.create_with(&fields, &key), between);

    let detail = "the request could not be finished in time";
    let mut expected = ours("TRY_AGAIN", detail);
    let mut said = problem(&late, 503);
    for both in [&mut expected, &mut said] {
        both.as_object_mut().unwrap().remove("orderId");
    }
    assert_eq!(said, expected);
    let order_id = late.text_of("orderId");
    assert_eq!(late.header("retry-after"), Some("5"));

    world.sandbox.dynamodb().clear_faults();
    world.functions.limit_ms.store(20_000, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let created = world.create_with(&fields, &key).await;
    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(created.text_of("orderId"), order_id);
}

#[tokio::test]
async fn notification_for_which_the_time_ran_out_is_repeated_and_counts() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let notification = signed(&world, about(&order)).await;
    world.functions.limit_ms.store(600, Ordering::Relaxed);
    let slow = StoreFault::Slow { ms: 5_000 };
    world.sandbox.dynamodb().fault(None, 99, slow);

    let late = deliver(&world, &notification).await;

    assert_fails(&late, 500, "the notification could not be taken in in time");
    world.sandbox.dynamodb().clear_faults();
    world.functions.limit_ms.store(20_000, Ordering::Relaxed);
    assert_acknowledged(&deliver(&world, &notification).await);
    assert_eq!(world.item(&order.id)["status"], "PAID");
}
