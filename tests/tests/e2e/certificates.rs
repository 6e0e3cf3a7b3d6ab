//! Certificates: fetched when needed, rotated, withdrawn, away.

use sandbox::binance::{Bend, BendOn, Fault, On, Play};

use crate::signed::{
    NOT_BINANCES, about, assert_acknowledged, assert_fails, binance_calls, deliver, open, pay,
    pay_silently, refused, signed, told,
};
use crate::world::World;

const CERTIFICATES: &str = "/certificates";
const NOT_JUST_NOW: &str = "the signature cannot be verified just now";

#[tokio::test]
async fn list_is_fetched_once_while_its_serials_are_used() {
    let world = World::start().await;
    for _ in 0..3 {
        let order = open(&world).await;
        pay(&world, &order).await;
        assert_eq!(world.item(&order.id)["status"], "PAID");
    }
    assert_eq!(binance_calls(&world, CERTIFICATES), 1);
}

#[tokio::test]
async fn rotated_certificate_is_accepted_and_the_old_one_while_it_is_listed() {
    let world = World::start().await;
    let (first, second) = (open(&world).await, open(&world).await);
    pay_silently(&world, &first);
    let signed_by_the_old = signed(&world, about(&first)).await;
    let serial = world.sandbox.binance().rotate_certificates(true);
    pay_silently(&world, &second);
    let signed_by_the_new = signed(&world, about(&second)).await;
    assert_eq!(
        signed_by_the_new.header("BinancePay-Certificate-SN"),
        serial
    );

    assert_acknowledged(&deliver(&world, &signed_by_the_new).await);
    assert_acknowledged(&deliver(&world, &signed_by_the_old).await);

    assert_eq!(world.item(&first.id)["status"], "PAID");
    assert_eq!(world.item(&second.id)["status"], "PAID");
    assert_eq!(binance_calls(&world, CERTIFICATES), 1);
}

#[tokio::test]
async fn withdrawn_certificate_is_refused() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let signed_by_the_old = signed(&world, about(&order)).await;
    let _ = world.sandbox.binance().rotate_certificates(false);
    let signed_by_the_new = signed(&world, about(&order)).await;
    let before = world.items();

    let answer = deliver(&world, &signed_by_the_old).await;

    assert_fails(&answer, 401, NOT_BINANCES);
    assert_eq!(world.items(), before);
    assert_acknowledged(&deliver(&world, &signed_by_the_new).await);
    assert_eq!(world.item(&order.id)["status"], "PAID");
    assert_eq!(binance_calls(&world, CERTIFICATES), 1);
}

#[tokio::test]
async fn without_a_list_nothing_is_acknowledged_until_the_repeat_finds_it() {
    let world = World::start().await;
    let order = open(&world).await;
    let binance = world.sandbox.binance();
    // Nothing that a repeat within the call would mend.
    binance.fault(On::Certificates, 1, refused("400006"));
    binance.behave(|behaviour| behaviour.first_repeat_ms = 1_750);

    let play = Play::default();
    binance.pay_and_wait(&order.trade_no, play).await.unwrap();

    let ends: Vec<_> = binance
        .deliveries()
        .into_iter()
        .map(|delivery| (delivery.http_status.unwrap(), delivery.answer.unwrap()))
        .collect();
    let away =
        r#"{"returnCode":"FAIL","returnMessage":"the signature cannot be verified just now"}"#;
    let success = r#"{"returnCode":"SUCCESS","returnMessage":null}"#;
    let expected = [(500, away), (500, away), (200, success)];
    assert_eq!(
        ends,
        expected.map(|(status, text)| (status, text.to_owned()))
    );
    assert_eq!(world.item(&order.id)["status"], "PAID");
    assert_eq!(told(&world).len(), 1);
    assert_eq!(binance_calls(&world, CERTIFICATES), 2);
}

#[tokio::test]
async fn list_that_is_refused_for_the_rates_sake_is_asked_for_once() {
    for fault in [
        Fault::Rate429 {
            retry_after: Some(1),
        },
        Fault::Rate429 { retry_after: None },
        refused("406108"),
        Fault::Http500,
    ] {
        let world = World::start().await;
        let order = open(&world).await;
        pay_silently(&world, &order);
        let notification = signed(&world, about(&order)).await;
        world.sandbox.binance().fault(On::Certificates, 9, fault);
        for _ in 0..3 {
            let answer = deliver(&world, &notification).await;
            assert_fails(&answer, 500, NOT_JUST_NOW);
        }
        assert_eq!(binance_calls(&world, CERTIFICATES), 1);
    }
}

#[tokio::test]
async fn list_is_fetched_at_start_and_no_stranger_makes_us_fetch_it() {
    let world = World::start().await;
    world.functions.binance_callback.connect().await;
    assert_eq!(binance_calls(&world, CERTIFICATES), 1);
    let order = open(&world).await;
    pay_silently(&world, &order);
    let notification = signed(&world, about(&order)).await;

    for number in 0..9 {
        let serial = format!("{number:0>32}");
        let forged = notification
            .clone()
            .with("BinancePay-Certificate-SN", &serial);
        assert_fails(&deliver(&world, &forged).await, 401, NOT_BINANCES);
    }
    assert_acknowledged(&deliver(&world, &notification).await);

    assert_eq!(world.item(&order.id)["status"], "PAID");
    assert_eq!(binance_calls(&world, CERTIFICATES), 1);
}

#[tokio::test]
async fn start_goes_on_without_a_list() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    binance.fault(On::Certificates, 1, Fault::Http500);

    world.functions.binance_callback.connect().await;

    let order = open(&world).await;
    pay_silently(&world, &order);
    let notification = signed(&world, about(&order)).await;
    let answer = deliver(&world, &notification).await;
    assert_fails(&answer, 500, NOT_JUST_NOW);
    assert_eq!(binance_calls(&world, CERTIFICATES), 1);
}

#[tokio::test]
async fn known_serial_needs_no_list() {
    let world = World::start().await;
    let (first, second) = (open(&world).await, open(&world).await);
    pay(&world, &first).await;

    world
        .sandbox
        .binance()
        .fault(On::Certificates, 99, Fault::Http500);
    pay(&world, &second).await;

    assert_eq!(world.item(&second.id)["status"], "PAID");
    assert_eq!(binance_calls(&world, CERTIFICATES), 1);
}

#[tokio::test]
async fn entry_of_the_list_that_cannot_be_read_is_left_out_alone() {
    for (path, json) in [
        ("/data/0/certPublic", Some("null")),
        ("/data/0/certPublic", Some("1")),
        (
            "/data/0/certPublic",
            Some(r#""-----BEGIN PUBLIC KEY-----""#),
        ),
        ("/data/0/certPublic", None),
        ("/data/0/certSerial", Some("{}")),
        ("/data/0/certSerial", None),
        ("/data/0", Some("null")),
        ("/data/0", Some("[]")),
    ] {
        let world = World::start().await;
        let binance = world.sandbox.binance();
        let _ = binance.rotate_certificates(true);
        let on = BendOn::Certificates;
        binance.bend(json.map_or_else(|| Bend::remove(on, path), |json| Bend::set(on, path, json)));
        let order = open(&world).await;

        pay(&world, &order).await;

        assert_eq!(world.item(&order.id)["status"], "PAID", "{path} {json:?}");
        assert_eq!(binance_calls(&world, CERTIFICATES), 1);
    }
}
