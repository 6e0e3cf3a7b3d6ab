//! Binance opened the checkout, and its answer is not quite what it should be: what is not needed may be anything, and of
//! what is needed Binance is asked. Never is a second checkout opened.

use sandbox::binance::{Bend, BendOn, Change, On, Status};
use serde_json::{Value, json};

use crate::binance_failures::refusal;
use crate::create_order::{WAYS, rfc3339};
use crate::log::Log;
use crate::problem::{binances, problem};
use crate::signed::binance_calls;
use crate::world::{Answer, World};

/// The other fields that may be anything.
const OTHERS: [&str; 4] = ["expireTime", "fiatCurrency", "fiatAmount", "terminalType"];

/// What can be wrong with a field.
fn changes() -> [Change; 7] {
    let set = |json: &str| Change::Set(json.to_owned());
    [
        Change::Remove,
        set("null"),
        set("7"),
        set("\"other\""),
        set("{\"a\":1}"),
        set("[\"a\"]"),
        Change::Twice,
    ]
}

/// The fields that decide, each with what cannot be read as one. Of an id, any word and any number is one.
fn deciding() -> Vec<(&'static str, Change)> {
    let unusable = [
        ("prepayId", "true"),
        ("prepayId", "\"\""),
        ("prepayId", "\"two words\""),
        ("totalFee", "-1"),
        ("totalFee", "\"other\""),
        ("totalFee", "\"1,5\""),
        ("currency", "7"),
        ("currency", "\"\""),
    ];
    let mut all: Vec<_> = unusable
        .into_iter()
        .map(|(field, json)| (field, Change::Set(json.to_owned())))
        .collect();
    for field in ["prepayId", "totalFee", "currency"] {
        let [missing, null, _, _, object, list, _] = changes();
        all.extend([missing, null, object, list].map(|change| (field, change)));
    }
    all
}

fn bend(field: &str, change: Change) -> Bend {
    Bend::new(BendOn::Create, &format!("/data/{field}"), change).once()
}

async fn create_bent(world: &World, bend: Bend) -> Answer {
    world.sandbox.binance().bend(bend);
    let answer = world.create(&world.four_fields()).await;
    let bends = world.sandbox.binance().bends();
    assert_eq!(bends.last().unwrap().played, 1);
    answer
}

/// `data` of Binance's last answer to a create.
fn said(world: &World) -> Value {
    let calls = world.sandbox.binance().calls().into_iter();
    let mut created = calls.filter(|call| call.path.ends_with("/v3/order"));
    let answer = created.next_back().unwrap().answer.unwrap();
    serde_json::from_str::<Value>(&answer).unwrap()["data"].take()
}

/// The view of the order that was opened last, as Binance has it and with the ways to pay that it named.
fn view(world: &World, answer: &Answer) -> Value {
    let order = world.sandbox.binance().orders().pop().unwrap();
    let item = world.item(&answer.text_of("orderId"));
    let said = said(world);
    json!({
        "orderId": item["orderId"],
        "revision": item["confirmation"]["revision"],
        "status": "PENDING",
        "livemode": false,
        "transactionType": "PAY",
        "fiat": "USD",
        "price": "1.00",
        "currency": order.currency,
        "totalFee": order.total_fee.to_string(),
        "merchantTradeNo": order.merchant_trade_no,
        "prepayId": order.prepay_id.to_string(),
        "checkoutUrl": said["checkoutUrl"],
        "qrcodeLink": said["qrcodeLink"],
        "qrContent": said["qrContent"],
        "deeplink": said["deeplink"],
        "universalUrl": said["universalUrl"],
        "callbackUrl": world.sandbox.leadscalendar().callback_url(),
        "reference": null,
        "createdAt": rfc3339(&item["createdAtMs"]),
        "expiresAt": rfc3339(&json!(item["createdAtMs"].as_i64().unwrap() + 3_600_000)),
        "paidAt": null,
        "transactionId": null,
        "commission": null,
        "late": false,
        "closeRequestedAt": null,
        "payments": [],
        "refundedAmount": "0",
        "refundable": "0",
        "refunds": [],
    })
}

/// The lines for an operator.
fn errors(log: &Log) -> Vec<Value> {
    let mut lines = log.lines();
    lines.retain(|line| line["level"] == "ERROR");
    for line in &mut lines {
        line.as_object_mut().unwrap().remove("request_id");
    }
    lines
}

fn assert_unreadable(log: &Log, trade_no: &str, field: &str) {
    let expected = json!({
        "level": "ERROR",
        "message": format!("the answer to create order came, and {field} cannot be read"),
        "alarm": "binance.unreadable",
        "order.id": trade_no[..30],
        "trade_no": trade_no,
        "call": "create order",
        "field": field,
    });
    assert_eq!(errors(log), [expected]);
}

#[tokio::test]
async fn field_that_is_not_needed_may_be_anything() {
    let world = World::start().await;
    let log = Log::start();
    let mut opened = 0;
    for field in WAYS.into_iter().chain(OTHERS) {
        for change in changes() {
            let case = format!("{field} {change:?}");

            let answer = create_bent(&world, bend(field, change.clone())).await;

            opened += 1;
            assert_eq!(answer.status, 201, "{case}: {}", answer.text);
            let mut expected = view(&world, &answer);
            let is_readable = match &change {
                Change::Twice => true,
                Change::Set(json) => json.starts_with('"'),
                _ => false,
            };
            if WAYS.contains(&field) && !is_readable {
                expected[field] = Value::Null;
            }
            assert_eq!(answer.json(), expected, "{case}");
            // Nothing else was asked or opened.
            assert_eq!(world.sandbox.binance().calls().len(), opened, "{case}");
            assert_eq!(world.sandbox.binance().orders().len(), opened, "{case}");
        }
    }
    assert_eq!(errors(&log), Vec::<Value>::new());
}

#[tokio::test]
async fn of_a_deciding_field_that_cannot_be_read_binance_is_asked() {
    let world = World::start().await;
    for (turn, (field, change)) in deciding().into_iter().enumerate() {
        let case = format!("{field} {change:?}");
        let log = Log::start();

        let answer = create_bent(&world, bend(field, change)).await;

        assert_eq!(answer.status, 201, "{case}: {}", answer.text);
        assert_eq!(answer.json(), view(&world, &answer), "{case}");
        let orders = world.sandbox.binance().orders();
        assert_eq!(orders.len(), turn + 1, "{case}");
        assert_eq!(orders[turn].status, Status::Initial, "{case}");
        assert_eq!(binance_calls(&world, "/order/query"), turn + 1, "{case}");
        assert_eq!(binance_calls(&world, "/order/close"), 0, "{case}");
        assert_unreadable(&log, &orders[turn].merchant_trade_no, field);
    }
}

#[tokio::test]
async fn same_deciding_value_twice_is_one_value() {
    let world = World::start().await;
    for field in ["prepayId", "totalFee", "currency"] {
        let answer = create_bent(&world, bend(field, Change::Twice)).await;
        assert_eq!(answer.status, 201, "{field}: {}", answer.text);
        assert_eq!(answer.json(), view(&world, &answer), "{field}");
    }
    assert_eq!(binance_calls(&world, "/order/query"), 0);
}

#[tokio::test]
async fn amount_is_shown_in_its_shortest_form_however_it_is_spelt() {
    let world = World::start().await;
    for (spelt, shown) in [
        ("\"1.50000000\"", "1.5"),
        ("1.50", "1.5"),
        ("15E-1", "1.5"),
        ("\"100.00\"", "100"),
        ("1e2", "100"),
        ("0.00000001", "0.00000001"),
        ("1E-8", "0.00000001"),
    ] {
        let change = Change::Set(spelt.to_owned());
        let answer = create_bent(&world, bend("totalFee", change)).await;
        assert_eq!(answer.status, 201, "{spelt}: {}", answer.text);
        assert_eq!(answer.text_of("totalFee"), shown, "{spelt}");
    }
}

/// The checkout that nobody can be sent to is closed, and nothing is left that a repeat could not begin anew.
fn assert_given_up(world: &World, log: &Log, answer: &Answer, field: &str) {
    let detail = format!("Binance: a success whose {field} cannot be read");
    let expected = binances("BINANCE_UNAVAILABLE", &detail);
    assert_eq!(problem(answer, 500), expected);
    let [order] = world.sandbox.binance().orders().try_into().unwrap();
    assert_eq!(order.status, Status::Canceled);
    assert_eq!(binance_calls(world, "/v3/order"), 1);
    assert_eq!(binance_calls(world, "/order/close"), 1);
    let item = world.item(&answer.text_of("orderId"));
    assert_eq!(
        (&item["status"], &item["attempts"][0]["end"]),
        (&json!("CREATED"), &json!("unknown"))
    );
    assert_unreadable(log, &order.merchant_trade_no, field);
}

#[tokio::test]
async fn checkout_without_any_way_to_pay_is_closed() {
    let world = World::start().await;
    let log = Log::start();
    for way in WAYS {
        world.sandbox.binance().bend(bend(way, Change::Remove));
    }

    let answer = world.create(&world.four_fields()).await;

    assert_given_up(&world, &log, &answer, "checkoutUrl");
}

#[tokio::test]
async fn checkout_of_which_nobody_says_what_is_to_be_paid_is_closed() {
    let world = World::start().await;
    let log = Log::start();
    let refused = refusal("400001");
    world.sandbox.binance().fault(On::Query, 1, refused);

    let answer = create_bent(&world, bend("totalFee", Change::Remove)).await;

    assert_given_up(&world, &log, &answer, "totalFee");
}

#[tokio::test]
async fn refusal_may_have_any_words() {
    for (body, code, detail) in [
        (
            r#"{"status":"FAIL","code":"400102","errorMessage":"fiatAmount is invalid","errorData":{"a":1}}"#,
            "400102",
            "Binance: fiatAmount is invalid",
        ),
        (
            r#"{"status":"FAIL","code":400102,"msg":["a",{"b":1}]}"#,
            "400102",
            "Binance: no reason given",
        ),
        (
            r#"{"status":"FAIL","code":"400201","errorMessage":"merchantTradeNo is invalid or duplicated","errorData":{"a":1}}"#,
            "400201",
            "Binance: merchantTradeNo is invalid or duplicated",
        ),
    ] {
        let world = World::start().await;

        let answer = create_bent(&world, Bend::body(BendOn::Create, body)).await;

        assert_eq!(problem(&answer, 400), binances(code, detail), "{body}");
        assert_eq!(binance_calls(&world, "/v3/order"), 1, "{body}");
        // Only of a number that is taken the order behind it is looked at, and closed.
        let is_taken = usize::from(code == "400201");
        assert_eq!(binance_calls(&world, "/order/query"), is_taken, "{body}");
        assert_eq!(binance_calls(&world, "/order/close"), is_taken, "{body}");
        assert_eq!(world.items()[0]["attempts"][0]["end"], "refused");
    }
}
