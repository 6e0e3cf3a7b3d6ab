//! Requests that are refused, and those that somebody keeps from being done.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sandbox::Options;
use sandbox::binance::{Envelope, Fault, On, Play};
use sandbox::dynamodb::StoreFault;
use serde_json::json;

use super::described::Examples;
use crate::binance_failures::{create_against, world_of_one_call};
use crate::idempotency::create;
use crate::odd::Odd;
use crate::oddities::Http;
use crate::run_again::repeat_first_attempt;
use crate::table;
use crate::world::{Answer, World};

pub(super) async fn compare(examples: &mut Examples) {
    callers(examples).await;
    bodies(examples).await;
    binances(examples).await;
    keys(examples).await;
    paid_unknown(examples).await;
    own(examples).await;
    redirected(examples).await;
}

/// What the caller alone has to mend.
async fn callers(examples: &mut Examples) {
    let world = World::start().await;
    let mut wrong = world.four_fields();
    wrong["price"] = json!("1.001");
    wrong["callbackURL"] = wrong["callbackUrl"].take();
    wrong.as_object_mut().unwrap().remove("callbackUrl");
    examples.said("BadRequest/wrongFields", &world.create(&wrong).await);
    examples.said("BadRequest/notJson", &world.create_raw("price=1").await);
    let empty = create(&world, "\"\"", &world.four_fields()).await;
    examples.said("BadRequest/wrongKey", &empty);

    let nobodys = "0".repeat(30);
    examples.said("NoSuchOrder/noSuchOrder", &world.get(&nobodys, &[]).await);
    let path = format!("/orders/{nobodys}");
    let closing = format!("{path}/close");
    for (example, method, path) in [
        ("Unauthorized/invalidApiKey", "POST", "/orders"),
        ("InvalidApiKey/invalidApiKey", "GET", path.as_str()),
        ("GetOrPost/getOrPost", "PUT", "/orders"),
        ("OnlyPost/onlyPost", "PUT", closing.as_str()),
        ("OnlyGet/onlyGet", "DELETE", path.as_str()),
    ] {
        examples.said(example, &world.send(method, path, &[], "").await);
    }
    let malformed = world.functions.request_of(&json!({}));
    let answer = world.functions.get_order.handle(malformed).await;
    let answer = Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: String::from_utf8_lossy(answer.body()).into_owned(),
    };
    examples.said("Malformed/malformed", &answer);
}

async fn bodies(examples: &mut Examples) {
    let world = World::start().await;
    let large = world.create_raw(" ".repeat(16 * 1024 + 1)).await;
    examples.said("TooLarge/tooLarge", &large);
    let key = ("x-mbx-apikey", world.sandbox.app_api_key());
    let form = ("content-type", "application/x-www-form-urlencoded");
    let json = ("content-type", "application/json");
    let zipped = ("content-encoding", "gzip");
    for (example, headers) in [
        ("UnsupportedMediaType/notJson", &[key, form][..]),
        ("UnsupportedMediaType/compressed", &[key, json, zipped]),
    ] {
        let answer = world.send("POST", "/orders", headers, "").await;
        examples.said(example, &answer);
    }
}

/// What Binance says.
async fn binances(examples: &mut Examples) {
    let world = world_of_one_call().await;
    let refusal = |code: &str, message: &str| Fault::Refuse {
        code: code.to_owned(),
        message: message.to_owned(),
        http: 400,
        envelope: Envelope::Normal,
    };
    for (example, fault) in [
        ("BadRequest/refused", refusal("400102", "Parameter error.")),
        (
            "Unauthorized/credentialsRefused",
            refusal("400002", "Signature for this request is not valid."),
        ),
        (
            "Forbidden/accessDenied",
            refusal("400203", "Access denied."),
        ),
        ("Forbidden/locationRestricted", Fault::Geo451),
        (
            "UnknownAtBinance/notFound",
            refusal("400202", "Order not found."),
        ),
        (
            "TooManyRequests/rateLimited",
            Fault::Rate429 { retry_after: None },
        ),
        ("BinanceFault/unavailable", Fault::Http500),
    ] {
        examples.said(example, &create_against(&world, fault).await);
    }
}

/// Keys that are in use, or used up.
async fn keys(examples: &mut Examples) {
    let world = World::start().await;
    let asked = world.four_fields();
    let slow = Fault::Slow { ms: 300 };
    world.sandbox.binance().fault(On::Create, 1, slow);
    let (_, early) = tokio::join!(create(&world, "k", &asked), async {
        world
            .until("the record", |world| !world.items().is_empty())
            .await;
        create(&world, "k", &asked).await
    });
    examples.said("Conflict/inProgress", &early);
    let mut other = asked.clone();
    other["price"] = json!(2);
    let reused = create(&world, "k", &other).await;
    examples.said("KeyReused/otherContent", &reused);

    let world = World::start().await;
    let asked = world.four_fields();
    let fault = crate::signed::refused("400100");
    world.sandbox.binance().fault(On::Create, 1, fault);
    create(&world, "k", &asked).await;
    repeat_first_attempt(&world, 99).await;
    let used_up = create(&world, "k", &asked).await;
    examples.said("KeyReused/attemptsUsedUp", &used_up);
}

/// The table was restored to before an order, which was paid since.
async fn paid_unknown(examples: &mut Examples) {
    let world = World::start().await;
    let order = create(&world, "k", &world.four_fields()).await;
    table::delete(&world, &order.text_of("orderId")).await;
    let number = order.text_of("merchantTradeNo");
    let binance = world.sandbox.binance();
    binance.pay(&number, Play::in_silence()).unwrap();
    // What was paid a second ago is older than the attempt that is made now.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let answer = create(&world, "k", &world.four_fields()).await;
    examples.said("Conflict/paidUnknown", &answer);
}

/// Faults of our own.
async fn own(examples: &mut Examples) {
    for (example, fault) in [
        ("TryAgain/storeAway", StoreFault::ServerError),
        ("TryAgain/notSetUp", StoreFault::Denied),
        ("TryAgain/late", StoreFault::Slow { ms: 2_000 }),
    ] {
        let world = World::start().await;
        world.sandbox.dynamodb().fault(None, 99, fault);
        if example == "TryAgain/late" {
            world.functions.limit_ms.store(600, Ordering::Relaxed);
        }
        examples.said(example, &world.create(&world.four_fields()).await);
    }
}

async fn redirected(examples: &mut Examples) {
    let elsewhere = Odd::start().await;
    let moved = "HTTP/1.1 302 Found\r\nlocation: https://pay.example/\r\ncontent-length: 0\r\n\r\n";
    Http::of(moved).at(&elsewhere);
    let settings = [("BINANCE_BASE_URL", elsewhere.url.as_str())];
    let world = World::with(Options::default(), &settings).await;
    let answer = world.create(&world.four_fields()).await;
    examples.said("TryAgain/redirected", &answer);
}
