//! Each field of a payment's notification missing, null, of another type, twice: the order is paid as without the change, or
//! after Binance was asked.

use sandbox::binance::{Bend, BendOn, Change};
use serde_json::json;

use crate::log::Log;
use crate::signed::{
    Opened, about, assert_acknowledged, assert_fails, binance_calls, deliver, open, pay_silently,
    signed, told_of,
};
use crate::world::World;

/// What else can be in the place of a value.
pub fn changes() -> Vec<Change> {
    let values = [
        "null",
        "1",
        r#""x""#,
        r#""""#,
        "{}",
        r#"{"a":[1]}"#,
        "[]",
        "true",
        "-1",
        "1e400",
    ];
    let mut changes: Vec<Change> = values.map(|json| Change::Set(json.to_owned())).into();
    changes.extend([Change::Remove, Change::Twice, Change::Quote]);
    changes
}

/// The value means what it meant: it comes twice, or in one string more.
pub fn is_same(change: &Change) -> bool {
    matches!(change, Change::Twice | Change::Quote)
}

/// A paid order, and its notification with one field changed.
async fn told_with(world: &World, path: &str, change: &Change) -> (Opened, crate::signed::Signed) {
    let order = open(world).await;
    pay_silently(world, &order);
    let binance = world.sandbox.binance();
    binance.bend(Bend::new(BendOn::Notification, path, change.clone()));
    let notification = signed(world, about(&order)).await;
    let played: Vec<u32> = binance.bends().iter().map(|bend| bend.played).collect();
    assert_eq!(played, [1], "{path} {change:?}");
    binance.clear_bends();
    (order, notification)
}

/// The order is paid, once, with the money that Binance has; LeadsCalendar knows.
async fn assert_paid(world: &World, order: &Opened, case: &str) {
    let shown = world.shown(&order.id).await;
    assert_eq!(
        (&shown["status"], &shown["late"]),
        (&json!("PAID"), &json!(false)),
        "{case}"
    );
    let payments = shown["payments"].as_array().unwrap();
    assert_eq!(payments.len(), 1, "{case}");
    assert_eq!(
        (&payments[0]["amount"], &payments[0]["currency"]),
        (&json!("1.00020004"), &json!("USDT")),
        "{case}"
    );
    assert_eq!(
        (&shown["refundedAmount"], &shown["refundable"]),
        (&json!("0"), &json!("1.00020004")),
        "{case}"
    );
    let told = told_of(world, order);
    assert_eq!(told.len(), 1, "{case}");
    assert_eq!(told[0].1, "order.paid", "{case}");
}

#[tokio::test]
async fn field_that_decides_nothing_may_be_anything() {
    let world = World::start().await;
    for path in [
        "/data/productType",
        "/data/productName",
        "/data/transactTime",
        "/data/tradeType",
        "/data/transactionId",
        "/data/openUserId",
        "/data/passThroughInfo",
        "/data/commission",
        "/data/paymentInfo",
        "/data/paymentInfo/payerId",
        "/data/paymentInfo/paymentInstructions",
        "/data/refundInfo",
        "/data/somethingNew",
        "/somethingNew",
    ] {
        for change in changes() {
            let is_new = path.ends_with("New") || path.ends_with("refundInfo");
            if is_new && !matches!(change, Change::Set(_)) {
                continue;
            }
            let case = format!("{path} {change:?}");
            let (order, notification) = told_with(&world, path, &change).await;

            assert_acknowledged(&deliver(&world, &notification).await);

            assert_paid(&world, &order, &case).await;
        }
    }
    assert_eq!(binance_calls(&world, "/order/query"), 0);
}

#[tokio::test]
async fn prepay_id_is_found_under_either_name() {
    let world = World::start().await;
    for (path, other) in [("/bizIdStr", "bizId"), ("/bizId", "bizIdStr")] {
        for change in [
            Change::Remove,
            Change::Set("null".to_owned()),
            Change::Set(r#""""#.to_owned()),
            Change::Set("{}".to_owned()),
            Change::Set("[]".to_owned()),
            Change::Set("true".to_owned()),
            Change::Twice,
            Change::Quote,
        ] {
            let (order, notification) = told_with(&world, path, &change).await;

            assert_acknowledged(&deliver(&world, &notification).await);

            assert_paid(&world, &order, &format!("by {other}: {change:?}")).await;
        }
    }
    assert_eq!(binance_calls(&world, "/order/query"), 0);
}

/// A field without which a payment cannot be told, and the values of it that are readable and say something else.
struct Deciding {
    path: &'static str,
    /// Its name in the alarm.
    field: &'static str,
    others: &'static [&'static str],
}

const DECIDING: [Deciding; 3] = [
    Deciding {
        path: "/data/totalFee",
        field: "totalFee",
        others: &["1", r#""2""#],
    },
    Deciding {
        path: "/data/currency",
        field: "currency",
        others: &[r#""BNB""#],
    },
    Deciding {
        path: "/bizStatus",
        field: "bizStatus",
        others: &[],
    },
];

#[tokio::test]
async fn field_that_decides_is_asked_about_unless_it_agrees() {
    let world = World::start().await;
    for Deciding {
        path,
        field,
        others,
    } in DECIDING
    {
        let others = others.iter().map(|json| Change::Set((*json).to_owned()));
        let others: Vec<Change> = others.collect();
        for change in changes().into_iter().chain(others.clone()) {
            let is_same = is_same(&change);
            let is_other = others.contains(&change);
            let case = format!("{path} {change:?}");
            let (order, notification) = told_with(&world, path, &change).await;
            let asked = binance_calls(&world, "/order/query");
            let log = Log::start();

            assert_acknowledged(&deliver(&world, &notification).await);

            assert_paid(&world, &order, &case).await;
            let questions = usize::from(!is_same);
            assert_eq!(
                binance_calls(&world, "/order/query"),
                asked + questions,
                "{case}"
            );
            let lines = log.lines();
            let alarms = lines.iter().filter(|line| line["level"] == "ERROR");
            let alarms: Vec<_> = alarms
                .map(|line| [&line["alarm"], &line["trade_no"], &line["field"]])
                .collect();
            if is_same || is_other {
                assert!(alarms.is_empty(), "{case} {alarms:?}");
            } else {
                let expected = [
                    json!("binance.unreadable"),
                    json!(order.trade_no),
                    json!(field),
                ];
                assert_eq!(alarms, [expected.each_ref()], "{case}");
            }
        }
    }
}

#[tokio::test]
async fn other_prepay_id_and_none_are_asked_about_and_no_alarm() {
    let world = World::start().await;
    for bend in [
        Bend::set(BendOn::Notification, "/bizIdStr", r#""1""#),
        Bend::set(BendOn::Notification, "/bizIdStr", r#""x""#),
        Bend::set(BendOn::Notification, "/bizIdStr", "1"),
    ] {
        let (order, notification) = told_with(&world, &bend.path, &bend.change).await;
        let asked = binance_calls(&world, "/order/query");
        let log = Log::start();

        assert_acknowledged(&deliver(&world, &notification).await);

        assert_paid(&world, &order, &format!("{bend:?}")).await;
        assert_eq!(binance_calls(&world, "/order/query"), asked + 1);
        let lines = log.lines();
        assert!(
            lines.iter().all(|line| line["level"] != "ERROR"),
            "{lines:#?}"
        );
    }
}

#[tokio::test]
async fn kind_that_cannot_be_read_is_asked_about_and_one_that_is_not_used_is_not() {
    let world = World::start().await;
    for change in changes() {
        // A number is no kind that could be passed over.
        let is_word = matches!(&change, Change::Set(json) if json == r#""x""#);
        let (order, notification) = told_with(&world, "/bizType", &change).await;

        assert_acknowledged(&deliver(&world, &notification).await);

        if is_word {
            assert_eq!(world.item(&order.id)["status"], "PENDING", "{change:?}");
        } else {
            assert_paid(&world, &order, &format!("{change:?}")).await;
        }
    }
}

#[tokio::test]
async fn trade_number_that_cannot_be_read_is_refused_and_another_is_none_of_ours() {
    let no_number = "the body is not a notification: data.merchantTradeNo is missing";
    let world = World::start().await;
    for path in ["/data/merchantTradeNo", "/data"] {
        for change in changes() {
            let is_word = path != "/data"
                && matches!(&change, Change::Set(json) if [r#""x""#, "1"].contains(&json.as_str()));
            let is_readable = is_same(&change);
            let case = format!("{path} {change:?}");
            let (order, notification) = told_with(&world, path, &change).await;

            let answer = deliver(&world, &notification).await;

            if is_readable {
                assert_acknowledged(&answer);
                assert_paid(&world, &order, &case).await;
                continue;
            }
            if is_word {
                assert_acknowledged(&answer);
            } else {
                assert_fails(&answer, 400, no_number);
            }
            assert_eq!(world.item(&order.id)["status"], "PENDING", "{case}");
        }
    }
    assert_eq!(binance_calls(&world, "/order/query"), 0);
}
