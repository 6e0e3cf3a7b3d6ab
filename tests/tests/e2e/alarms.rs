//! Alarms: what a person must look at is said at least once, whoever dies, and once if nobody does.

use sandbox::binance::{Fault, On, Play};
use sandbox::dynamodb::StoreFault;
use sandbox::leadscalendar::Mode;

use crate::crash::{CALLS, delivered, signed};
use crate::log::Log;
use crate::mortal::Mortal;
use crate::signed::{about, assert_at_rest, deliver, history, open, pay_silently};
use crate::world::World;

const DISPUTED: &str = "order.disputed";
const SECOND_PAYMENT: &str = "order.second_payment";
const CONTRADICTED: &str = "order.contradicted";
const EXHAUSTED: &str = "confirmation.exhausted";

fn wrong_amount() -> Play {
    Play {
        amount: Some("0.5".to_owned()),
        ..Play::in_silence()
    }
}

/// The alarms that were raised, one line each.
pub fn raised(log: &Log) -> Vec<String> {
    let lines = log.lines().into_iter();
    lines
        .filter_map(|line| Some(line.get("alarm")?.as_str()?.to_owned()))
        .collect()
}

/// An order whose confirmations pass the tollgate, paid as `play` says; its trade number.
async fn paid(world: &World, mortal: &Mortal, play: Play) -> String {
    let mut fields = world.four_fields();
    fields["callbackUrl"] = mortal.leadscalendar.clone().into();
    let trade_no = world.create(&fields).await.text_of("merchantTradeNo");
    world.sandbox.binance().pay(&trade_no, play).unwrap();
    trade_no
}

/// The alarm is raised wherever `binance-callback` dies over the notification, and once if it does not.
async fn assert_raised_wherever_the_callback_dies(play: Play, mode: Mode, alarm: &str) {
    for calls in 0..CALLS {
        let world = World::start().await;
        let mortal = Mortal::after(calls, &world).await;
        let trade_no = paid(&world, &mortal, play.clone()).await;
        world.sandbox.leadscalendar().mode(mode, None);
        let delivery = signed(&world, &trade_no).await;
        let log = Log::start();

        let event = delivered(&mortal.functions, &delivery);
        let lived = mortal.live(mortal.functions.invoke(event)).await.is_some();
        if !lived {
            let repeat = delivered(&world.functions, &delivery);
            assert_eq!(world.functions.invoke(repeat).await.status(), 200);
        }
        world.reconcile_after(60).await;

        let raised = raised(&log);
        assert!(
            raised.iter().any(|name| name == alarm),
            "{calls}: {raised:?}"
        );
        let item = &world.items()[0];
        assert_at_rest(item);
        if lived {
            assert_eq!(raised, [alarm], "nobody died");
            return;
        }
    }
    panic!("it never lived");
}

#[tokio::test]
async fn payment_in_dispute_raises_its_alarm_wherever_the_callback_dies() {
    assert_raised_wherever_the_callback_dies(wrong_amount(), Mode::Up, DISPUTED).await;
}

#[tokio::test]
async fn exhausted_confirmation_raises_its_alarm_wherever_the_callback_dies() {
    assert_raised_wherever_the_callback_dies(Play::in_silence(), Mode::Gone, EXHAUSTED).await;
}

#[tokio::test]
async fn payment_in_dispute_raises_its_alarm_wherever_reconcile_orders_dies() {
    for calls in 0..CALLS {
        let world = World::start().await;
        let mortal = Mortal::after(calls, &world).await;
        paid(&world, &mortal, wrong_amount()).await;
        world.sandbox.binance().advance(300);
        let log = Log::start();

        let run = mortal.functions.reconcile(world.schedule());
        let lived = mortal.live(run).await.is_some();
        world.reconcile_after(180).await;

        let raised = raised(&log);
        assert!(
            raised.iter().any(|name| name == DISPUTED),
            "{calls}: {raised:?}"
        );
        assert_at_rest(&world.items()[0]);
        if lived {
            assert_eq!(raised, [DISPUTED], "nobody died");
            return;
        }
    }
    panic!("it never lived");
}

#[tokio::test]
async fn payment_in_dispute_raises_its_alarm_though_the_table_kept_its_answer_back() {
    let world = World::start().await;
    let order = open(&world).await;
    world
        .sandbox
        .binance()
        .pay(&order.trade_no, wrong_amount())
        .unwrap();
    let notification = crate::signed::signed(&world, about(&order)).await;
    let log = Log::start();
    // After that of the report: written, but the answer comes when the SDK has given up.
    for (times, ms) in [(1, 0), (3, 5_000)] {
        let slow = StoreFault::Slow { ms };
        world.sandbox.dynamodb().fault(Some("PutItem"), times, slow);
    }

    let failed = deliver(&world, &notification).await;
    assert_eq!(failed.status, 500, "{}", failed.text);
    assert_eq!(world.item(&order.id)["status"], "DISPUTED");
    assert_eq!(raised(&log), Vec::<String>::new());
    world.sandbox.dynamodb().clear_faults();

    let repeated = deliver(&world, &notification).await;
    assert_eq!(repeated.status, 200, "{}", repeated.text);
    assert_eq!(raised(&log), [DISPUTED]);
}

#[tokio::test]
async fn create_answer_that_contradicts_a_payment_raises_its_alarm() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    binance.fault(On::Create, 1, Fault::Slow { ms: 2_500 });
    let log = Log::start();
    let asked = world.four_fields();

    let paid_early = async {
        let is_taken = |world: &World| !world.sandbox.binance().orders().is_empty();
        world.until("Binance to take the order", is_taken).await;
        let trade_no = binance.orders().remove(0).merchant_trade_no;
        let told = Play {
            notify: true,
            ..wrong_amount()
        };
        binance.pay_and_wait(&trade_no, told).await.unwrap();
    };
    let (created, ()) = tokio::join!(world.create(&asked), paid_early);

    assert_eq!(created.text_of("status"), "PAID");
    assert_eq!(raised(&log), [CONTRADICTED]);
    let item = &world.items()[0];
    assert_eq!(history(item), ["CREATED", "PAID"]);
    assert_at_rest(item);
}

#[tokio::test]
async fn second_payment_raises_its_alarm_again_each_time_it_was_not_known_to_be_raised() {
    let world = World::start().await;
    world
        .sandbox
        .binance()
        .fault(On::Create, 1, Fault::LostAnswer);
    let second = open(&world).await;
    pay_silently(&world, &second);
    deliver(&world, &crate::signed::signed(&world, about(&second)).await).await;
    let first = crate::signed::Opened {
        trade_no: format!("{}01", second.id),
        ..second
    };
    pay_silently(&world, &first);
    let notification = crate::signed::signed(&world, about(&first)).await;
    let log = Log::start();
    // The report and the payment are written, that its alarm was raised is not.
    let dynamodb = world.sandbox.dynamodb();
    dynamodb.fault(Some("PutItem"), 2, StoreFault::Slow { ms: 0 });
    dynamodb.fault(Some("PutItem"), 3, StoreFault::ServerError);

    assert_eq!(deliver(&world, &notification).await.status, 500);
    assert_eq!(raised(&log), [SECOND_PAYMENT]);
    assert_eq!(deliver(&world, &notification).await.status, 200);
    assert_eq!(deliver(&world, &notification).await.status, 200);

    assert_eq!(raised(&log), [SECOND_PAYMENT, SECOND_PAYMENT]);
    let line = log
        .lines()
        .into_iter()
        .find(|line| !line["alarm"].is_null());
    let both = format!("{0}01, {0}02", first.id);
    assert_eq!(line.unwrap()["trade_no"], both);
    assert_eq!(world.item(&first.id).get("alarms"), None);
}
