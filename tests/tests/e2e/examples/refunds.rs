//! Refunds: those that are done, and those that are not, each for its reason.

use sandbox::binance::{Bend, BendOn, Envelope, Fault, On, Pending, Play};
use serde_json::{Value, json};

use super::described::Examples;
use crate::reconcile::MINUTE;
use crate::signed::{Opened, open, pay};
use crate::world::{Answer, World};

/// Where a refund is asked for.
const PATH: &str = "/orders/{orderId}/refunds";

pub(super) async fn compare(examples: &mut Examples) {
    done(examples).await;
    undecided(examples).await;
    ended_without_success(examples).await;
    not_let_in(examples).await;
    refused_by_binance(examples).await;
    amounts(examples).await;
    last_ones(examples).await;
}

/// A world with an order that is paid.
async fn paid() -> (World, Opened) {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    (world, order)
}

async fn refund(world: &World, order: &Opened, key: &str, asked: &Value) -> Answer {
    let headers = [
        ("x-mbx-apikey", world.sandbox.refund_api_key()),
        ("content-type", "application/json"),
        ("idempotency-key", key),
    ];
    let path = PATH.replace("{orderId}", &order.id);
    world.send("POST", &path, &headers, asked.to_string()).await
}

async fn done(examples: &mut Examples) {
    let (world, order) = paid().await;
    let (part, rest) = (
        examples.asked(PATH, "part"),
        examples.asked(PATH, "everythingLeft"),
    );
    let refunded = refund(&world, &order, "k", &part).await;
    examples.said("Refunded/succeeded", &refunded);
    let more = json!({"amount": "0.6"});
    let too_high = refund(&world, &order, "more", &more).await;
    examples.said("RefundRefused/amountTooHigh", &too_high);
    let other = refund(&world, &order, "k", &more).await;
    examples.said("RefundRefused/otherContent", &other);

    let refunded = refund(&world, &order, "rest", &rest).await;
    assert_eq!(refunded.text_of("status"), "SUCCEEDED");
    assert_eq!(world.shown(&order.id).await["status"], "REFUNDED");
}

async fn undecided(examples: &mut Examples) {
    let (world, order) = paid().await;
    let pends = Fault::RefundPends(Pending::default());
    world.sandbox.binance().fault(On::Refund, 1, pends);
    let part = examples.asked(PATH, "part");
    let pending = refund(&world, &order, "k", &part).await;
    examples.said("Refunded/pending", &pending);
    let another = refund(&world, &order, "other", &part).await;
    examples.said("RefundConflict/inProgress", &another);
}

async fn ended_without_success(examples: &mut Examples) {
    let (world, order) = paid().await;
    let rejected = Fault::RefundPends(Pending {
        after_ms: Some(1_000),
        rejected: true,
    });
    world.sandbox.binance().fault(On::Refund, 1, rejected);
    let part = examples.asked(PATH, "part");
    let pending = refund(&world, &order, "k", &part).await;
    assert_eq!(pending.text_of("status"), "PENDING");
    world.reconcile_after(2 * MINUTE).await;
    world.reconcile().await;

    let failed = refund(&world, &order, "k", &part).await;
    examples.said("RefundRefused/failed", &failed);
    let told = world.sandbox.leadscalendar().confirmations().pop().unwrap();
    assert_eq!(told.objection, None);
    examples.told("OrderChanged/refundFailed", &told.body);
}

/// What is said before the order is looked at.
async fn not_let_in(examples: &mut Examples) {
    let (world, order) = paid().await;
    let path = PATH.replace("{orderId}", &order.id);
    let (may, may_not) = (world.sandbox.refund_api_key(), world.sandbox.app_api_key());
    for (example, key) in [
        ("RefundForbidden/notAllowed", may_not),
        ("NoRefund/noKey", may),
    ] {
        let headers = [("x-mbx-apikey", key), ("content-type", "application/json")];
        examples.said(example, &world.send("POST", &path, &headers, "{}").await);
    }
    let wrong = json!({"amount": "0.123456789", "amout": "1"});
    let wrong = refund(&world, &order, "k", &wrong).await;
    examples.said("NoRefund/wrongAmount", &wrong);

    let unpaid = open(&world).await;
    let unpaid = refund(&world, &unpaid, "k", &json!({})).await;
    examples.said("RefundConflict/notPaid", &unpaid);
}

async fn refused_by_binance(examples: &mut Examples) {
    let (world, order) = paid().await;
    for (example, code, message) in [
        ("RefundRefused/refused", "400303", "Invalid refund amount."),
        (
            "RefundConflict/balanceTooLow",
            "400304",
            "Insufficient balance.",
        ),
    ] {
        let fault = Fault::Refuse {
            code: code.to_owned(),
            message: message.to_owned(),
            http: 400,
            envelope: Envelope::Normal,
        };
        world.sandbox.binance().fault(On::Refund, 1, fault);
        examples.said(example, &refund(&world, &order, code, &json!({})).await);
    }
}

/// A part went back by hand, of which Binance does not tell how much.
async fn amounts(examples: &mut Examples) {
    let (world, order) = paid().await;
    let by_hand = Play {
        amount: Some("0.4".to_owned()),
        ..Play::in_silence()
    };
    let binance = world.sandbox.binance();
    binance.refund(&order.trade_no, by_hand).unwrap();
    let unknown = refund(&world, &order, "k", &json!({})).await;
    examples.said("RefundRefused/amountUnknown", &unknown);
}

/// Few refunds of the payment remain, and then none.
async fn last_ones(examples: &mut Examples) {
    for (example, remaining) in [
        ("RefundRefused/takesAll", "2"),
        ("RefundRefused/usedUp", "0"),
    ] {
        let (world, order) = paid().await;
        for on in [BendOn::Refund, BendOn::RefundQuery] {
            let bend = Bend::set(on, "/data/remainingAttempts", remaining);
            world.sandbox.binance().bend(bend);
        }
        let part = examples.asked(PATH, "part");
        assert_eq!(refund(&world, &order, "first", &part).await.status, 201);
        let another = refund(&world, &order, "second", &json!({"amount": "0.1"})).await;
        examples.said(example, &another);
    }
}
