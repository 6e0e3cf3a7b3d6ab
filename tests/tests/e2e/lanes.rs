//! Asking and telling do not wait for each other, nor one host that is told for another.

use sandbox::binance::{Fault, On};
use sandbox::leadscalendar::{LeadsCalendar, Mode};
use serde_json::{Value, json};

use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE, asked_about, summary};
use crate::signed::{Opened, open, opened, pay, pay_silently};
use crate::world::World;

/// Questions that are under way at the same time.
const ASKING: usize = 32;
/// Confirmations under way to a host that has not answered yet.
const FIRST: u64 = 3;
/// How long an attempt waits for its answer.
const PATIENCE_MS: i64 = 5_000;

/// Another host of LeadsCalendar's.
async fn other_host(world: &World) -> LeadsCalendar {
    let settings = world
        .sandbox
        .settings("http://127.0.0.1:1/binance-callback");
    let (_, secrets) = settings.iter().find(|(name, _)| name == "SECRETS").unwrap();
    let secrets: Value = serde_json::from_str(secrets).unwrap();
    let secrets = serde_json::from_value(secrets["webhookSecrets"].clone()).unwrap();
    let listener = sandbox::web::listen(0, "none").await.unwrap();
    LeadsCalendar::start(listener, secrets).unwrap()
}

/// An order of which `host` is to be told.
async fn open_at(world: &World, host: &LeadsCalendar) -> Opened {
    let mut fields = world.four_fields();
    fields["callbackUrl"] = json!(host.callback_url());
    opened(&world.create(&fields).await)
}

fn attempts(world: &World, orders: &[Opened]) -> u64 {
    let attempts = |order: &Opened| world.item(&order.id)["confirmation"]["attempts"].as_u64();
    orders.iter().map(|order| attempts(order).unwrap()).sum()
}

#[tokio::test]
async fn host_that_hangs_rests_after_three_attempts_and_costs_another_host_nothing() {
    let world = World::start().await;
    let (hanging, healthy) = (other_host(&world).await, world.sandbox.leadscalendar());
    let (mut of_hanging, mut of_healthy) = (Vec::new(), Vec::new());
    hanging.mode(Mode::Down, None);
    healthy.mode(Mode::Down, None);
    for _ in 0..12 {
        of_hanging.push(open_at(&world, &hanging).await);
        pay(&world, of_hanging.last().unwrap()).await;
    }
    for _ in 0..12 {
        of_healthy.push(open(&world).await);
        pay(&world, of_healthy.last().unwrap()).await;
    }
    hanging.mode(Mode::Slow { ms: 60_000 }, None);
    healthy.mode(Mode::Up, None);
    let told_before = healthy.confirmations().len();
    let hung_before = hanging.confirmations().len();

    world.sandbox.binance().advance(2 * MINUTE);
    let ran = world.functions.reconcile(world.schedule()).await.unwrap();

    let told = healthy.confirmations().split_off(told_before);
    let last_ms = told.iter().map(|one| one.at_ms).max().unwrap();
    let hung = hanging.confirmations().split_off(hung_before);
    let given_up_ms = hung
        .iter()
        .map(|one| one.at_ms + PATIENCE_MS)
        .min()
        .unwrap();
    let waited_ms = last_ms - given_up_ms;
    assert!(
        waited_ms < 0,
        "the healthy host waited, {waited_ms} ms more"
    );
    assert_eq!((told.len(), &ran["confirmed"]), (12, &json!(12)));
    assert_eq!(attempts(&world, &of_hanging), 12 + FIRST, "{ran}");
    assert_eq!((&ran["failed"], &ran["left"]), (&json!(FIRST), &json!(0)));
    assert_eq!(
        (&ran["oldestDueSec"], &ran["untold"]),
        (&json!(0), &json!(12))
    );
}

#[tokio::test]
async fn host_that_is_slow_is_told_in_the_same_run_whatever_is_due_or_found() {
    let world = World::start().await;
    let leadscalendar = world.sandbox.leadscalendar();
    leadscalendar.mode(Mode::Down, None);
    for _ in 0..8 {
        pay(&world, &open(&world).await).await;
    }
    for _ in 0..8 {
        pay_silently(&world, &open(&world).await);
    }
    // Longer than anybody waits for one of its first slots.
    leadscalendar.mode(Mode::Slow { ms: 400 }, None);

    world.sandbox.binance().advance(3 * MINUTE);
    let ran = world.functions.reconcile(world.schedule()).await.unwrap();

    assert_eq!(
        (&ran["settled"], &ran["confirmed"], &ran["left"]),
        (&json!(8), &json!(16), &json!(0)),
        "{ran}"
    );
}

#[tokio::test]
async fn payment_is_found_while_leadscalendar_hangs_with_many_confirmations_due() {
    let world = World::start().await;
    let leadscalendar = world.sandbox.leadscalendar();
    leadscalendar.mode(Mode::Down, None);
    let mut owed = Vec::new();
    for _ in 0..100 {
        owed.push(open(&world).await);
        pay(&world, owed.last().unwrap()).await;
    }
    let lost = open(&world).await;
    pay_silently(&world, &lost);
    leadscalendar.mode(Mode::Slow { ms: 60_000 }, None);
    world.sandbox.binance().advance(3 * MINUTE);

    let before = attempts(&world, &owed);
    let found = async {
        world
            .until("the payment", |world| {
                world.item(&lost.id)["status"] == "PAID"
            })
            .await;
        attempts(&world, &owed)
    };
    let (_, then) = tokio::join!(world.reconcile(), found);

    // None of those that hang had been given up by then.
    assert_eq!(then, before);
    assert!(attempts(&world, &owed) > before);
}

#[tokio::test]
async fn first_rate_limit_ends_the_asking_of_a_run_and_telling_goes_on() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    let at_rest = open(&world).await;
    pay(&world, &at_rest).await;
    binance.advance(24 * HOUR);
    let mut pending = Vec::new();
    for _ in 0..ASKING + 8 {
        pending.push(open(&world).await);
    }
    world.sandbox.leadscalendar().mode(Mode::Down, None);
    pay(&world, &pending.pop().unwrap()).await;
    world.sandbox.leadscalendar().mode(Mode::Up, None);
    binance.advance(3 * MINUTE);
    let retry_after = Some(120);
    binance.fault(On::Query, 999, Fault::Rate429 { retry_after });

    let began_ms = binance.now_ms();
    let ran = world.reconcile().await;

    let asked = asked_about(&world).len();
    assert!(
        (1..=ASKING).contains(&asked),
        "each once, and no more: {asked}"
    );
    assert_eq!(
        (&ran["asked"], &ran["confirmed"]),
        (&json!(asked), &json!(1))
    );
    let wait_ms = |order: &Opened| world.item(&order.id)["dueAt"].as_i64().unwrap() - began_ms;
    for order in &pending {
        let wait_ms = wait_ms(order);
        assert!((120_000..140_000).contains(&wait_ms), "{wait_ms}");
    }
    let wait_ms = wait_ms(&at_rest);
    assert!((3_600_000..3_620_000).contains(&wait_ms), "{wait_ms}");

    binance.clear_faults();
    binance.advance(3 * MINUTE);
    let all = u32::try_from(pending.len()).unwrap();
    // Nobody has paid them, and they have time left.
    assert_eq!(world.reconcile().await, summary(all, 0, 0, 0));
}

#[tokio::test]
async fn runs_share_the_shards_that_their_events_name() {
    let world = World::start().await;
    for _ in 0..24 {
        let order = open(&world).await;
        pay_silently(&world, &order);
    }
    world.sandbox.binance().advance(3 * MINUTE);
    let shard = |item: &Value| item["dueShard"].as_u64().unwrap();
    let expected = world.items().iter().filter(|item| shard(item) < 4).count();

    let mut settled = Vec::new();
    for shards in [json!([0, 1, 2, 3]), json!([4, 5, 6, 7])] {
        let mut event = world.schedule();
        event["shards"] = shards;
        let ran = world.functions.reconcile(event).await.unwrap();
        settled.push(ran["settled"].as_u64().unwrap());
    }

    assert_eq!(settled[0], u64::try_from(expected).unwrap());
    assert_eq!(settled.iter().sum::<u64>(), 24);
}

#[tokio::test]
async fn shards_need_no_time_and_must_be_ones_that_there_are() {
    let world = World::start().await;
    let ran = world.functions.reconcile(json!({ "shards": [7, 0] })).await;
    assert_eq!(ran.unwrap()["left"], 0);

    for shards in [json!([]), json!([8]), json!([1, 1])] {
        let refused = world.functions.reconcile(json!({ "shards": shards })).await;
        let reason = "the event's shards must be a list of different numbers from 0 to 7";
        assert_eq!(refused, Err(reason.to_owned()));
    }
    for shards in [json!("0"), json!([-1]), json!(0)] {
        let refused = world.functions.reconcile(json!({ "shards": shards })).await;
        assert!(refused.is_err(), "{shards}");
    }
}

#[tokio::test]
async fn run_calls_binance_now_and_then_only_to_see_whether_it_can() {
    let world = World::start().await;
    let log = Log::start();
    let fault = crate::binance_failures::refusal("400004");
    world.sandbox.binance().fault(On::Certificates, 9, fault);

    world.reconcile().await;
    world.reconcile().await;

    let lines = log.lines();
    let errors: Vec<&Value> = lines
        .iter()
        .filter(|line| line["level"] == "ERROR")
        .collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let message = errors[0]["message"].as_str().unwrap();
    assert!(message.contains("an operator must act"), "{message}");
}
