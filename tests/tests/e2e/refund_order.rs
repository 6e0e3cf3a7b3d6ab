//! `POST /orders/{orderId}/refunds`: a part, the rest or all of a payment goes back, and is answered, shown and told.

use sandbox::binance::{Fault, On, Play, RefundStatus};
use serde_json::{Value, json};

use crate::giving_back::{
    ALL, acknowledged, assert_refund, at_binance, deaf, kinds, ours, paid, paid_unheard,
    problem_of, sent_and_asked, sums,
};
use crate::reconcile::{MINUTE, summary};
use crate::signed::{Opened, binance_calls, history, open, pay, pay_as, store_calls};
use crate::world::World;

#[tokio::test]
async fn part_and_then_the_rest_go_back_and_are_shown_with_the_order() {
    let world = World::start().await;
    let order = paid(&world).await;

    let body = json!({"amount": "0.4", "reason": "Half an hour was cut short"});
    let part = world.refund(&order.id, "part", &body).await;

    let reason = Some("Half an hour was cut short");
    let id = assert_refund(&part, &order, ["SUCCEEDED", "0.4"], reason);
    assert_eq!(part.header("idempotent-replayed"), None);
    assert_eq!(part.header("location"), None);
    let shown = world.shown(&order.id).await;
    assert_eq!(shown["refunds"], json!([part.json()]));
    assert_eq!(shown["payments"][0]["refundedAmount"], "0.4");
    let expected = ["PARTIALLY_REFUNDED", "0.4", "0.60020004"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);

    let rest = world.refund(&order.id, "rest", &json!({})).await;

    let other = assert_refund(&rest, &order, ["SUCCEEDED", "0.60020004"], None);
    assert_ne!(id, other);
    let shown = world.shown(&order.id).await;
    assert_eq!(shown["refunds"], json!([part.json(), rest.json()]));
    let expected = ["REFUNDED", ALL, "0"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    assert_eq!(at_binance(&world), ["0.4", "0.60020004"]);
}

#[tokio::test]
async fn all_goes_back_without_an_amount_and_a_body_of_nothing() {
    let world = World::start().await;
    let order = paid(&world).await;
    let everything = json!({"amount": null, "reason": null, "merchantTradeNo": null});

    let answer = world.refund(&order.id, "all", &everything).await;

    assert_refund(&answer, &order, ["SUCCEEDED", ALL], None);
    // Null is as good as absent.
    let again = world.refund(&order.id, "all", &json!({})).await;
    assert_eq!((again.status, again.json()), (201, answer.json()));
    assert_eq!(at_binance(&world), [ALL]);
}

#[tokio::test]
async fn binance_is_told_the_number_of_the_refund_the_amount_the_reason_and_our_address() {
    let world = World::start().await;
    let order = paid(&world).await;
    let body = json!({"amount": 1e-8, "reason": "é", "merchantTradeNo": order.trade_no});

    let answer = world.refund(&order.id, "k", &body).await;

    let id = assert_refund(&answer, &order, ["SUCCEEDED", "0.00000001"], Some("é"));
    let [sent] = world.sandbox.binance().refunds().try_into().unwrap();
    assert_eq!(sent.merchant_trade_no, order.trade_no);
    let refund = sent.refund;
    let texts = [
        Some(refund.refund_request_id),
        Some(refund.asked.to_string()),
        refund.reason,
        refund.webhook_url,
    ];
    let callback = format!("{}/binance-callback", world.url);
    let expected = [&id, "0.00000001", "é", &callback].map(|text| Some(text.to_owned()));
    assert_eq!(texts, expected);
    assert_eq!(refund.status, RefundStatus::Success);
}

#[tokio::test]
async fn function_tells_nobody_of_a_refund_and_the_next_run_does() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    let before = kinds(&world);
    assert_eq!(before, [["order.paid", "PAID"]]);

    world
        .refund(&order.id, "k", &json!({"amount": "0.4"}))
        .await;

    assert_eq!(kinds(&world), before);
    assert_eq!(world.reconcile_after(MINUTE).await, summary(0, 0, 1, 0));
    let refunded = ["order.refunded", "PARTIALLY_REFUNDED"];
    assert_eq!(kinds(&world), [["order.paid", "PAID"], refunded]);
    let item = world.item(&order.id);
    let last = world.sandbox.leadscalendar().confirmations().pop().unwrap();
    let data = &last.body["data"];
    assert_eq!(data["revision"], item["confirmation"]["revision"]);
    let seen = world.shown(&order.id).await;
    for name in ["refunds", "refundedAmount", "refundable", "payments"] {
        assert_eq!(data[name], seen[name]);
    }
    assert_eq!(item.get("refundAskAtMs"), None);
}

#[tokio::test]
async fn refund_costs_three_calls_of_binance_two_reads_and_three_writes() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    let calls = world.sandbox.binance().calls().len();
    let [read, written] = ["GetItem", "PutItem"].map(|name| store_calls(&world, name));

    let answer = world.refund(&order.id, "k", &json!({})).await;

    assert_refund(&answer, &order, ["SUCCEEDED", ALL], None);
    let made = world.sandbox.binance().calls().split_off(calls);
    let paths: Vec<_> = made
        .iter()
        .map(|call| call.path.trim_start_matches("/binancepay/openapi"))
        .collect();
    let expected = ["/v2/order/query", "/order/refund", "/order/refund/query"];
    assert_eq!(paths, expected);
    // The namespace of the ids, which is made, and the order; recorded, sent, asked about.
    assert_eq!(store_calls(&world, "GetItem") - read, 2);
    assert_eq!(store_calls(&world, "PutItem") - written, 1 + 3);

    let [read, written] = ["GetItem", "PutItem"].map(|name| store_calls(&world, name));
    let calls = world.sandbox.binance().calls().len();
    world.refund(&order.id, "k", &json!({})).await;
    assert_eq!(store_calls(&world, "GetItem") - read, 1);
    assert_eq!(store_calls(&world, "PutItem") - written, 0);
    assert_eq!(world.sandbox.binance().calls().len(), calls);
}

#[tokio::test]
async fn notification_of_a_refund_before_its_answer_is_told_by_the_callback_once() {
    let world = World::start().await;
    let order = paid(&world).await;
    let slow = Fault::Slow { ms: 600 };
    world.sandbox.binance().fault(On::Refund, 1, slow);

    let answer = world.refund(&order.id, "k", &json!({})).await;

    assert_refund(&answer, &order, ["SUCCEEDED", ALL], None);
    acknowledged(&world, 2).await;
    let expected = [["order.paid", "PAID"], ["order.refunded", "REFUNDED"]];
    assert_eq!(kinds(&world), expected);
    assert_eq!(world.reconcile_after(MINUTE).await, summary(0, 0, 0, 0));
    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "PAID", "REFUNDED"]);
    crate::signed::assert_at_rest(&item);
}

#[tokio::test]
async fn payment_in_dispute_that_went_back_wholly_makes_the_order_refunded() {
    let world = World::start().await;
    let order = open(&world).await;
    let wrong = Play {
        amount: Some("0.5".to_owned()),
        ..Play::default()
    };
    pay_as(&world, &order.trade_no, wrong).await;

    let part = world
        .refund(&order.id, "part", &json!({"amount": "0.2"}))
        .await;
    assert_refund(&part, &order, ["SUCCEEDED", "0.2"], None);
    let expected = ["DISPUTED", "0.2", "0.3"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    let rest = world.refund(&order.id, "rest", &json!({})).await;
    assert_refund(&rest, &order, ["SUCCEEDED", "0.3"], None);
    let expected = ["REFUNDED", "0.5", "0"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
}

#[tokio::test]
async fn late_payment_of_a_closed_order_is_refunded_like_any_other() {
    let world = World::start().await;
    let order = open(&world).await;
    assert_eq!(world.close(&order.id).await.text_of("status"), "CANCELED");
    let refused = world.refund(&order.id, "k", &json!({})).await;
    let expected = ours(409, &order, "NOT_PAID", "the order is not paid");
    assert_eq!(problem_of(&refused), expected);
    let late = Play {
        late: true,
        ..Play::default()
    };
    pay_as(&world, &order.trade_no, late).await;

    let answer = world.refund(&order.id, "k", &json!({})).await;

    assert_refund(&answer, &order, ["SUCCEEDED", ALL], None);
    let shown = world.shown(&order.id).await;
    assert_eq!(
        (&shown["status"], &shown["late"]),
        (&json!("REFUNDED"), &json!(true))
    );
}

/// An order of which both checkouts were paid; the first one's, and the one that made it `PAID`.
async fn paid_twice(world: &World) -> [Opened; 2] {
    let binance = world.sandbox.binance();
    binance.fault(On::Create, 1, Fault::LostAnswer);
    let second = open(world).await;
    let trade_no = format!("{}01", second.id);
    let first = Opened {
        id: second.id.clone(),
        prepay_id: binance.order(&trade_no).unwrap().prepay_id.to_string(),
        trade_no,
    };
    pay(world, &second).await;
    pay(world, &first).await;
    [first, second]
}

#[tokio::test]
async fn second_payment_is_refunded_by_its_trade_number_which_is_required_then() {
    let world = World::start().await;
    let [first, second] = paid_twice(&world).await;
    let asked = binance_calls(&world, "/order/query");

    let answer = world.refund(&first.id, "k", &json!({})).await;
    let detail = "is required, since the order has several payments";
    let mut expected = ours(
        400,
        &first,
        "INVALID_REQUEST",
        &format!("merchantTradeNo {detail}"),
    );
    expected.1["errors"] = json!([{"pointer": "/merchantTradeNo", "detail": detail}]);
    assert_eq!(problem_of(&answer), expected);
    assert_eq!(binance_calls(&world, "/order/query"), asked);

    // The key names nothing yet.
    let body = json!({"merchantTradeNo": first.trade_no});
    let answer = world.refund(&first.id, "k", &body).await;
    assert_refund(&answer, &first, ["SUCCEEDED", ALL], None);
    let expected = ["PARTIALLY_REFUNDED", ALL, ALL].map(Value::from);
    assert_eq!(sums(&world, &first).await, expected);

    // Another payment under the key is other content.
    let body = json!({"merchantTradeNo": second.trade_no});
    let answer = world.refund(&first.id, "k", &body).await;
    assert_eq!((answer.status, sent_and_asked(&world)), (422, [1, 1]));
    let answer = world.refund(&first.id, "other", &body).await;
    assert_refund(&answer, &second, ["SUCCEEDED", ALL], None);
    let expected = ["REFUNDED", "2.00040008", "0"].map(Value::from);
    assert_eq!(sums(&world, &first).await, expected);
}
