//! One key is one refund, whatever is repeated, at once or afterwards; two keys are two, one after the other.

use futures_util::future::join_all;
use sandbox::binance::{Fault, On, Play};
use serde_json::{Value, json};

use crate::giving_back::{
    ALL, assert_refund, at_binance, kinds, ours, paid, pends, problem_of, refunds_of,
    sent_and_asked, sums,
};
use crate::reconcile::MINUTE;
use crate::signed::Opened;
use crate::world::{Answer, World};

const REUSED: (&str, &str) = (
    "IDEMPOTENCY_KEY_REUSED",
    "this Idempotency-Key was used with other content",
);
const UNDER_WAY: (&str, &str) = (
    "REFUND_IN_PROGRESS",
    "another refund of the order is not decided yet",
);

/// With a body as the caller wrote it.
async fn refund_raw(world: &World, order: &Opened, key: &str, body: &str) -> Answer {
    let headers = [
        ("x-mbx-apikey", world.sandbox.refund_api_key()),
        ("content-type", "application/json"),
        ("idempotency-key", key),
    ];
    let path = format!("/orders/{}/refunds", order.id);
    world.send("POST", &path, &headers, body.to_owned()).await
}

#[tokio::test]
async fn same_key_and_content_are_the_same_refund_however_they_are_written() {
    let world = World::start().await;
    let order = paid(&world).await;
    let first = world
        .refund(&order.id, "k", &json!({"amount": "0.5"}))
        .await;
    assert_refund(&first, &order, ["SUCCEEDED", "0.5"], None);
    let calls = world.sandbox.binance().calls().len();

    for body in [
        r#"{"amount":"0.5"}"#,
        r#"{"amount":0.5}"#,
        r#"{"amount":"0.50"}"#,
        r#"{ "amount" : 5e-1, "reason": null }"#,
        r#"{"amount":0.500000000}"#,
    ] {
        for key in ["k", "\"k\""] {
            let again = refund_raw(&world, &order, key, body).await;
            assert_eq!((again.status, &again.text), (201, &first.text), "{body}");
            assert_eq!(again.header("idempotent-replayed"), Some("true"));
        }
    }
    assert_eq!(world.sandbox.binance().calls().len(), calls);
    assert_eq!(at_binance(&world), ["0.5"]);
}

#[tokio::test]
async fn same_key_with_other_content_is_refused_whatever_it_asks() {
    let world = World::start().await;
    let order = paid(&world).await;
    let first = json!({"amount": "0.5", "reason": "a"});
    assert_eq!(world.refund(&order.id, "k", &first).await.status, 201);

    for body in [
        json!({}),
        json!({"amount": "0.5"}),
        json!({"amount": "0.50000001", "reason": "a"}),
        json!({"amount": "0.5", "reason": "A"}),
        json!({"amount": "0.5", "reason": "a", "merchantTradeNo": order.trade_no}),
        json!({"amount": "0.5", "reason": "a", "merchantTradeNo": format!("{}02", order.id)}),
        json!({"amount": "99", "reason": "a"}),
    ] {
        let answer = world.refund(&order.id, "k", &body).await;
        let expected = ours(422, &order, REUSED.0, REUSED.1);
        assert_eq!(problem_of(&answer), expected, "{body}");
    }
    assert_eq!(at_binance(&world), ["0.5"]);
}

#[tokio::test]
async fn key_of_another_order_is_another_refund() {
    let world = World::start().await;
    let [one, other] = [paid(&world).await, paid(&world).await];
    for order in [&one, &other] {
        let answer = world.refund(&order.id, "k", &json!({})).await;
        assert_refund(&answer, order, ["SUCCEEDED", ALL], None);
        assert_eq!(answer.header("idempotent-replayed"), None);
    }
    assert_eq!(at_binance(&world), [ALL, ALL]);
}

#[tokio::test]
async fn two_refunds_of_the_same_amount_within_a_minute_are_two() {
    let world = World::start().await;
    let order = paid(&world).await;
    let body = json!({"amount": "0.3"});
    let [one, two] = [
        world.refund(&order.id, "one", &body).await,
        world.refund(&order.id, "two", &body).await,
    ];

    let ids = [one, two].map(|answer| assert_refund(&answer, &order, ["SUCCEEDED", "0.3"], None));
    assert_ne!(ids[0], ids[1]);
    assert_eq!(at_binance(&world), ["0.3", "0.3"]);
    let expected = ["PARTIALLY_REFUNDED", "0.6", "0.40020004"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
}

#[tokio::test]
async fn second_refund_waits_for_the_first_to_be_decided() {
    let world = World::start().await;
    let order = paid(&world).await;
    pends(&world);
    let body = json!({"amount": "0.3"});
    let first = world.refund(&order.id, "one", &body).await;
    let id = assert_refund(&first, &order, ["PENDING", "0.3"], None);
    let expected = ["PAID", "0", "0.70020004"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    let calls = world.sandbox.binance().calls().len();

    for _ in 0..2 {
        let answer = world.refund(&order.id, "two", &body).await;
        let expected = ours(409, &order, UNDER_WAY.0, UNDER_WAY.1);
        assert_eq!(problem_of(&answer), expected);
        assert_eq!(answer.header("retry-after"), Some("60"));
        let again = world.refund(&order.id, "one", &body).await;
        assert_eq!((again.status, &again.text), (201, &first.text));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    }
    assert_eq!(world.sandbox.binance().calls().len(), calls);

    let binance = world.sandbox.binance();
    binance.succeed_refund(&id, Play::in_silence()).unwrap();
    world.reconcile_after(MINUTE).await;
    let again = world.refund(&order.id, "one", &body).await;
    assert_refund(&again, &order, ["SUCCEEDED", "0.3"], None);
    let second = world.refund(&order.id, "two", &body).await;
    assert_refund(&second, &order, ["SUCCEEDED", "0.3"], None);
    assert_eq!(at_binance(&world), ["0.3", "0.3"]);
}

#[tokio::test]
async fn callers_at_once_with_one_key_are_one_refund() {
    for fault in [None, Some(Fault::Slow { ms: 300 }), Some(Fault::LostAnswer)] {
        let world = World::start().await;
        let order = paid(&world).await;
        if let Some(fault) = fault.clone() {
            world.sandbox.binance().fault(On::Refund, 1, fault);
        }
        let body = json!({"amount": "0.3"});
        let asked = (0..6).map(|_| world.refund(&order.id, "k", &body));

        let answers = join_all(asked).await;

        let ids: Vec<_> = answers
            .iter()
            .map(|answer| {
                assert_eq!(answer.status, 201, "{}", answer.text);
                answer.text_of("refundRequestId")
            })
            .collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(at_binance(&world), ["0.3"], "{fault:?}");
        assert_eq!(sent_and_asked(&world)[0], 1, "{fault:?}");
        assert_eq!(
            refunds_of(&world, &order).await,
            [["SUCCEEDED", "0.3"]],
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn callers_at_once_with_keys_of_their_own_never_get_more_than_was_paid() {
    for body in [json!({}), json!({"amount": "0.6"})] {
        let world = World::start().await;
        let order = paid(&world).await;
        let keys = ["a", "b", "c", "d", "e", "f"];
        let asked = keys.map(|key| world.refund(&order.id, key, &body));

        let answers = join_all(asked).await;

        let given = answers.iter().filter(|answer| answer.status == 201);
        assert_eq!(given.count(), 1, "{body}");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            let (status, problem) = problem_of(answer);
            let is_late = (status, problem["code"].as_str()) == (409, Some("REFUND_IN_PROGRESS"));
            let is_too_much = (status, problem["code"].as_str()) == (422, Some("AMOUNT_TOO_HIGH"));
            assert!(is_late || is_too_much, "{problem}");
        }
        assert_eq!(at_binance(&world).len(), 1, "{body}");
        world.reconcile_after(MINUTE).await;
        assert_eq!(refunds_of(&world, &order).await.len(), 1);
        let last = kinds(&world).pop().unwrap();
        assert_eq!(last[0], "order.refunded");
    }
}

#[tokio::test]
async fn too_much_is_refused_with_what_is_left_and_so_is_more_when_everything_is_gone() {
    let world = World::start().await;
    let order = paid(&world).await;
    let refused = |left: &str| {
        let detail = format!("at most {left} of the payment can be refunded");
        let mut expected = ours(422, &order, "AMOUNT_TOO_HIGH", &detail);
        expected.1["refundable"] = json!(left);
        expected
    };
    let answer = world
        .refund(&order.id, "k", &json!({"amount": "1.00020005"}))
        .await;
    assert_eq!(problem_of(&answer), refused(ALL));
    assert_eq!(sent_and_asked(&world), [0, 0]);
    // What was refused has used up no key.
    let answer = world
        .refund(&order.id, "k", &json!({"amount": "0.40"}))
        .await;
    assert_refund(&answer, &order, ["SUCCEEDED", "0.4"], None);
    let answer = world
        .refund(&order.id, "l", &json!({"amount": "0.60020005"}))
        .await;
    assert_eq!(problem_of(&answer), refused("0.60020004"));
    assert_eq!(world.refund(&order.id, "l", &json!({})).await.status, 201);
    for body in [json!({}), json!({"amount": "0.00000001"})] {
        let answer = world.refund(&order.id, "m", &body).await;
        assert_eq!(problem_of(&answer), refused("0"), "{body}");
    }
    assert_eq!(at_binance(&world), ["0.4", "0.60020004"]);
}
