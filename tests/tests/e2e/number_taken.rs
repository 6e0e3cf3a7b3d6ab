//! Binance refuses a trade number as taken (`400201`): what it then says of the number decides.

use std::time::Duration;

use sandbox::binance::{Behaviour, Fault, On, Play, Status};
use serde_json::json;

use crate::binance_failures::{ENVELOPES, Left, assert_left, refusal};
use crate::idempotency::{assert_first, create};
use crate::log::Log;
use crate::problem::{binances, ours, problem};
use crate::signed::{binance_calls, history};
use crate::table;
use crate::world::{Answer, World};

/// How Binance words it.
const TAKEN: &str = "Binance: merchantTradeNo is invalid or duplicated";

/// A key whose first number Binance has; the table was restored to before its order.
struct Restored {
    world: World,
    id: String,
}

impl Restored {
    async fn start() -> Self {
        let world = World::start().await;
        // What is told of a closing would be asked about, too.
        let in_silence = |behaviour: &mut Behaviour| behaviour.closed_notices = false;
        world.sandbox.binance().behave(in_silence);
        let first = create(&world, "k", &world.four_fields()).await;
        assert_first(&first);
        let id = first.text_of("orderId");
        table::delete(&world, &id).await;
        // What Binance made a second ago is older than the attempt that is made now.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        Self { world, id }
    }

    fn number(&self, attempt: u8) -> String {
        format!("{}{attempt:02}", self.id)
    }

    async fn create_again(&self) -> Answer {
        create(&self.world, "k", &self.world.four_fields()).await
    }

    /// The [`calls`] since the order was restored.
    fn calls(&self) -> [usize; 3] {
        calls(&self.world, 1)
    }

    fn status(&self, attempt: u8) -> Status {
        let order = self.world.sandbox.binance().order(&self.number(attempt));
        order.unwrap().status
    }

    /// The order is open under its second number.
    fn assert_next_number(&self, answer: &Answer) {
        assert_first(answer);
        assert_eq!(answer.text_of("orderId"), self.id);
        assert_eq!(answer.text_of("merchantTradeNo"), self.number(2));
        assert_eq!(answer.text_of("status"), "PENDING");
        assert_eq!(self.status(2), Status::Initial);
    }
}

/// How often Binance was told to create, asked, and told to close.
pub fn calls(world: &World, created_before: usize) -> [usize; 3] {
    let created = binance_calls(world, "/v3/order") - created_before;
    let [asked, closed] = ["/order/query", "/order/close"].map(|path| binance_calls(world, path));
    [created, asked, closed]
}

#[tokio::test]
async fn number_that_binance_does_not_know_was_refused_for_what_it_is() {
    let world = World::start().await;
    for envelope in ENVELOPES {
        for http in [200, 400, 503] {
            let fault = Fault::Refuse {
                code: "400201".to_owned(),
                message: "No.".to_owned(),
                http,
                envelope,
            };
            let case = format!("{fault:?}");
            let before = calls(&world, 0);
            world.sandbox.binance().fault(On::Create, 1, fault);

            let answer = world.create(&world.four_fields()).await;

            let expected = binances("400201", "Binance: No.");
            assert_eq!(problem(&answer, 400), expected, "{case}");
            let [created, asked, closed] = before;
            assert_eq!(calls(&world, 0), [created + 1, asked + 1, closed], "{case}");
            assert_left(&world, Left::Failed, "400201", &case);
        }
    }
    assert_eq!(world.sandbox.binance().orders().len(), 0);
}

#[tokio::test]
async fn untouched_checkout_is_closed_and_the_next_number_taken() {
    let restored = Restored::start().await;

    let answer = restored.create_again().await;

    restored.assert_next_number(&answer);
    assert_eq!(restored.calls(), [2, 1, 1]);
    assert_eq!(restored.status(1), Status::Canceled);
}

#[tokio::test]
async fn untouched_checkout_that_cannot_be_closed_is_asked_about_again() {
    let restored = Restored::start().await;
    let binance = restored.world.sandbox.binance();
    binance.fault(On::Close, 1, Fault::LostRequest);

    let answer = restored.create_again().await;

    assert_eq!(problem(&answer, 500), binances("400201", TAKEN));
    assert_eq!(answer.header("retry-after"), Some("120"));
    assert_eq!(restored.calls(), [1, 1, 1]);
    assert_eq!(restored.status(1), Status::Initial);

    let answer = restored.create_again().await;
    restored.assert_next_number(&answer);
    assert_eq!(restored.calls(), [3, 2, 2]);
    assert_eq!(restored.status(1), Status::Canceled);
}

#[tokio::test]
async fn close_that_binance_denies_calls_the_operator() {
    let restored = Restored::start().await;
    let log = Log::start();
    let denied = refusal("400203");
    restored.world.sandbox.binance().fault(On::Close, 9, denied);

    restored.create_again().await;

    let lines = log.lines();
    let said = lines.iter().find(|line| {
        let message = line["message"].as_str().unwrap_or_default();
        line["level"] == "ERROR" && message.starts_with("an operator must act: the checkout of")
    });
    assert_eq!(said.unwrap()["trade_no"], restored.number(1));
}

#[tokio::test]
async fn checkout_that_is_over_is_left_alone_and_the_next_number_taken() {
    for status in [Status::Canceled, Status::Expired, Status::Error] {
        let restored = Restored::start().await;
        let (binance, number) = (restored.world.sandbox.binance(), restored.number(1));
        let ended = match status {
            Status::Canceled => binance.cancel(&number, Play::in_silence()),
            Status::Expired => binance.expire(&number),
            _ => binance.fail(&number),
        };
        assert_eq!(ended.unwrap().status, status);

        let answer = restored.create_again().await;

        restored.assert_next_number(&answer);
        assert_eq!(restored.calls(), [2, 1, 0], "{status:?}");
        assert_eq!(restored.status(1), status);
    }
}

#[tokio::test]
async fn payment_under_way_or_no_answer_is_a_fault_and_asked_about_again() {
    for is_under_way in [true, false] {
        let restored = Restored::start().await;
        let (binance, number) = (restored.world.sandbox.binance(), restored.number(1));
        if is_under_way {
            binance.under_way(&number, true).unwrap();
        } else {
            binance.fault(On::Query, 1, Fault::Html403);
        }

        let answer = restored.create_again().await;

        assert_eq!(problem(&answer, 500), binances("400201", TAKEN));
        assert_eq!(restored.calls(), [1, 1, 0]);
        let item = restored.world.item(&restored.id);
        assert_eq!(
            (item["status"].as_str(), item.get("claim")),
            (Some("CREATED"), None)
        );
        assert_eq!(item["attempts"].as_array().unwrap().len(), 1);

        if is_under_way {
            binance.under_way(&number, false).unwrap();
        }
        let answer = restored.create_again().await;
        restored.assert_next_number(&answer);
        assert_eq!(restored.calls(), [3, 2, 1]);
    }
}

#[tokio::test]
async fn payment_that_cannot_be_the_orders_fails_it_for_good_and_calls_the_operator() {
    let restored = Restored::start().await;
    let world = &restored.world;
    let number = restored.number(1);
    world
        .sandbox
        .binance()
        .pay(&number, Play::in_silence())
        .unwrap();
    let detail = "a payment is reported for this order that cannot be told apart from one for an older order";

    let log = Log::start();
    for turn in 1..=3 {
        let answer = restored.create_again().await;

        assert_eq!(problem(&answer, 409), ours("PAID_UNKNOWN", detail));
        assert_eq!(answer.text_of("orderId"), restored.id);
        // A repeat asks nobody.
        assert_eq!(restored.calls(), [1, 1, 0]);
        let lines = log.lines();
        let errors = lines.iter().filter(|line| line["level"] == "ERROR");
        let alarms: Vec<_> = errors
            .map(|line| (&line["alarm"], &line["order.id"], &line["trade_no"]))
            .collect();
        let alarm = json!("order.unknown");
        let expected = (&alarm, &json!(restored.id), &json!(number));
        assert_eq!(alarms, vec![expected; turn]);
    }
    let item = world.item(&restored.id);
    assert_eq!(history(&item), ["CREATED", "FAILED"]);
    assert_eq!(item["attempts"][0]["end"], "paidUnknown");
    assert_eq!(item["attempts"][0].get("payment"), None);
}

#[tokio::test]
async fn number_taken_without_time_to_ask_is_left_for_the_repeat() {
    let world = crate::binance_failures::world_of_one_call().await;
    let fault = refusal("400201");
    world.sandbox.binance().fault(On::Create, 1, fault);

    let answer = world.create(&world.four_fields()).await;

    assert_eq!(problem(&answer, 500), binances("400201", "Binance: No."));
    assert_eq!(calls(&world, 0), [1, 0, 0]);
    assert_left(&world, Left::Unused, "400201", "no time to ask");
}
