//! The calls that the functions make are those that the model of them makes (`tests/model`), in the same order.

use std::sync::atomic::Ordering;

use sandbox::binance::{Fault, On, Play};
use sandbox::leadscalendar::Mode;
use serde_json::{Value, json};

use crate::crash::{delivered, signed};
use crate::mortal::{Mortal, post};
use crate::reconcile::MINUTE;
use crate::world::World;

#[path = "../model/lists.rs"]
mod lists;

use lists::LISTS;

/// One function, which does not die, in a world in which no notification arrives but by the test's hand.
struct Played {
    world: World,
    mortal: Mortal,
}

impl Played {
    async fn start() -> Self {
        let world = World::start().await;
        let nowhere = "http://127.0.0.1:1/binance-callback";
        let mortal = Mortal::told_at(nowhere, 1_000, &world).await;
        // Time enough for another try, and for asking Binance.
        mortal.functions.limit_ms.store(20_000, Ordering::Relaxed);
        Self { world, mortal }
    }

    /// The calls made by this event, which succeeds.
    async fn post(&self, path: &str, body: &Value) -> Vec<String> {
        let sandbox = &self.world.sandbox;
        let key = if path.ends_with("/refunds") {
            sandbox.refund_api_key()
        } else {
            sandbox.app_api_key()
        };
        let headers = [
            ("x-mbx-apikey", key),
            ("content-type", "application/json"),
            ("idempotency-key", "k"),
        ];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let event = post(&self.mortal.functions, path, &headers, &body);
        self.since(async {
            let answer = self.mortal.functions.invoke(event).await;
            assert!(answer.status().is_success(), "{path}: {answer:?}");
        })
        .await
    }

    async fn since(&self, played: impl Future<Output = ()>) -> Vec<String> {
        let before = self.mortal.calls().len();
        played.await;
        self.mortal.calls().split_off(before)
    }

    async fn create(&self) -> Vec<String> {
        let mut fields = self.world.four_fields();
        fields["callbackUrl"] = json!(self.mortal.leadscalendar);
        self.post("/orders", &fields).await
    }

    /// The id and the first trade number of the order.
    fn order(&self) -> (String, String) {
        let id = self.world.items()[0]["orderId"]
            .as_str()
            .unwrap()
            .to_owned();
        let first = self.world.sandbox.binance().orders().remove(0);
        (id, first.merchant_trade_no)
    }

    fn pay(&self) {
        let (_, trade_no) = self.order();
        let binance = self.world.sandbox.binance();
        binance.pay(&trade_no, Play::in_silence()).unwrap();
    }

    /// The notification of the payment comes.
    async fn notified(&self) -> Vec<String> {
        let delivery = signed(&self.world, &self.order().1).await;
        let event = delivered(&self.mortal.functions, &delivery);
        self.since(async {
            assert_eq!(self.mortal.functions.invoke(event).await.status(), 200);
        })
        .await
    }

    /// A run of `reconcile-orders`, so many seconds later.
    async fn run_after(&self, secs: u32) -> Vec<String> {
        self.world.sandbox.binance().advance(secs);
        let event = self.world.schedule();
        self.since(async {
            self.mortal.functions.reconcile(event).await.unwrap();
        })
        .await
    }

    async fn refund(&self) -> Vec<String> {
        let path = format!("/orders/{}/refunds", self.order().0);
        self.post(&path, &json!({})).await
    }
}

async fn opened() -> Played {
    let played = Played::start().await;
    played.create().await;
    played
}

async fn paid() -> Played {
    let played = opened().await;
    played.pay();
    played.notified().await;
    played
}

/// The answer to the create is lost.
async fn lost() -> (Played, Vec<String>) {
    let played = Played::start().await;
    let binance = played.world.sandbox.binance();
    binance.fault(On::Create, 1, Fault::LostAnswer);
    let calls = played.create().await;
    (played, calls)
}

async fn closed() -> Vec<String> {
    let played = opened().await;
    let path = format!("/orders/{}/close", played.order().0);
    played.post(&path, &Value::Null).await
}

/// The payment was not told, and a run comes.
async fn found() -> Vec<String> {
    let played = opened().await;
    played.pay();
    played.run_after(3 * MINUTE).await
}

/// The refund never arrived, and a run comes.
async fn refunded_again() -> Vec<String> {
    let played = paid().await;
    let binance = played.world.sandbox.binance();
    binance.fault(On::Refund, 1, Fault::LostRequest);
    played.refund().await;
    played.run_after(MINUTE).await
}

/// LeadsCalendar does not accept the confirmation, and a run comes.
async fn told_again() -> Vec<String> {
    let played = opened().await;
    played.pay();
    let leadscalendar = played.world.sandbox.leadscalendar();
    leadscalendar.mode(Mode::Down, Some(1));
    played.notified().await;
    played.run_after(2 * MINUTE).await
}

/// The calls in the play of this place in the list.
async fn play(place: usize) -> Vec<String> {
    match place {
        0 => Played::start().await.create().await,
        1 => lost().await.1,
        2 => opened().await.create().await,
        3 => {
            let played = opened().await;
            played.pay();
            played.notified().await
        }
        4 => {
            let (played, _) = lost().await;
            played.pay();
            played.notified().await
        }
        5 => closed().await,
        6 => paid().await.refund().await,
        7 => found().await,
        8 => refunded_again().await,
        9 => told_again().await,
        place => panic!("{place} is not played"),
    }
}

#[tokio::test]
async fn functions_make_the_calls_that_the_model_makes() {
    for (place, (name, listed)) in LISTS.into_iter().enumerate() {
        assert_eq!(Box::pin(play(place)).await, listed, "{name}");
    }
}
