//! Settings that no longer allow what they allowed: a repeat is still a repeat, and everything new is refused by name.

use lambda_http::RequestExt as _;
use sandbox::Options;
use sandbox::binance::{Fault, On};
use sandbox::dynamodb::StoreFault;
use serde_json::{Value, json};

use crate::binance_failures::refusal;
use crate::idempotency::{assert_first, assert_replay, create};
use crate::mortal::post;
use crate::problem::{of_field, problem};
use crate::world::{Answer, World};
use sandbox::gateway::Functions;

/// What is lowered, the field that was within it, and the rule the field breaks then.
const CHANGES: [(&str, &str, &str, &str); 3] = [
    ("MAX_PRICE", "500", "price", "must be at most 500"),
    ("FIATS", "USD", "fiat", "must be USD"),
    (
        "CALLBACK_HOSTS",
        "app.example.com",
        "callbackUrl",
        "has a host that is not among those allowed",
    ),
];

async fn world() -> World {
    World::with(Options::default(), &[("FIATS", "USD,EUR")]).await
}

/// Within the settings of [`world`], and within none of [`CHANGES`].
fn asked(world: &World) -> Value {
    let mut asked = world.four_fields();
    asked["fiat"] = json!("EUR");
    asked["price"] = json!("600.00");
    asked
}

/// The same deployment after the operator has changed a setting, or all of them.
fn after(world: &World, changes: &[(&str, &str, &str, &str)]) -> Functions {
    let mut settings = world
        .sandbox
        .settings(&format!("{}/binance-callback", world.url));
    settings.push(("FIATS".to_owned(), "USD,EUR".to_owned()));
    for (name, value, ..) in changes {
        settings.push(((*name).to_owned(), (*value).to_owned()));
    }
    Functions::new(&settings)
}

async fn ask(world: &World, functions: &Functions, key: Option<&str>, body: &Value) -> Answer {
    let mut headers = vec![
        ("x-mbx-apikey", world.sandbox.app_api_key()),
        ("content-type", "application/json"),
    ];
    headers.extend(key.map(|key| ("idempotency-key", key)));
    let event = post(functions, "/orders", &headers, &body.to_string());
    // No two invocations share an id, whichever deployment runs them.
    let mut context = event.lambda_context();
    context.request_id = context.request_id.replace("-8000-0", "-8000-1");
    let event = event.with_lambda_context(context);
    let answer = functions.invoke(event).await;
    Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: String::from_utf8(answer.body().to_vec()).unwrap(),
    }
}

#[tokio::test]
async fn repeat_is_answered_as_before_whatever_has_been_lowered_since() {
    let world = world().await;
    let asked = asked(&world);
    let first = create(&world, "k", &asked).await;
    assert_first(&first);
    let recorded = world.items();

    for change in CHANGES {
        let functions = after(&world, &[change]);
        assert_replay(&ask(&world, &functions, Some("k"), &asked).await, &first);
    }
    assert_replay(
        &ask(&world, &after(&world, &CHANGES), Some("k"), &asked).await,
        &first,
    );

    assert_eq!(world.items(), recorded);
    assert_eq!(world.sandbox.binance().calls().len(), 1);
}

#[tokio::test]
async fn key_with_other_content_is_told_so_before_the_settings_are_applied() {
    let world = world().await;
    assert_first(&create(&world, "k", &asked(&world)).await);
    let mut other = asked(&world);
    other["price"] = json!("700.00");

    let answer = ask(&world, &after(&world, &CHANGES), Some("k"), &other).await;

    assert_eq!(problem(&answer, 422)["code"], "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(world.items().len(), 1);
}

#[tokio::test]
async fn order_that_binance_refused_gets_its_checkout_by_a_repeat_after_the_change() {
    let world = world().await;
    let asked = asked(&world);
    let refuse = refusal("400100");
    world.sandbox.binance().fault(On::Create, 1, refuse);
    problem(&create(&world, "k", &asked).await, 400);

    let answer = ask(&world, &after(&world, &CHANGES), Some("k"), &asked).await;

    assert_first(&answer);
    assert_eq!(answer.text_of("status"), "PENDING");
}

#[tokio::test]
async fn request_under_way_is_not_refused_for_the_change_either() {
    let world = world().await;
    let asked = asked(&world);
    let slow = Fault::Slow { ms: 500 };
    world.sandbox.binance().fault(On::Create, 1, slow);
    let functions = after(&world, &CHANGES);

    let (first, second) = tokio::join!(create(&world, "k", &asked), async {
        world
            .until("the record", |world| !world.items().is_empty())
            .await;
        ask(&world, &functions, Some("k"), &asked).await
    });

    assert_first(&first);
    assert_eq!(problem(&second, 409)["code"], "REQUEST_IN_PROGRESS");
}

#[tokio::test]
async fn what_was_never_asked_before_is_refused_by_the_settings_of_today() {
    let world = world().await;
    let first = create(&world, "k", &asked(&world)).await;
    assert_first(&first);
    for change in CHANGES {
        let functions = after(&world, &[change]);
        let (.., field, rule) = change;
        for key in [None, Some("other")] {
            let answer = ask(&world, &functions, key, &asked(&world)).await;
            assert_eq!(problem(&answer, 400), of_field(field, rule), "{key:?}");
        }
    }
    assert_eq!(world.items().len(), 1);
    assert_eq!(world.sandbox.binance().calls().len(), 1);

    // Without a key there is nothing to look up.
    let functions = after(&world, &CHANGES);
    let fault = StoreFault::ServerError;
    world.sandbox.dynamodb().fault(None, 99, fault);
    problem(&ask(&world, &functions, None, &asked(&world)).await, 400);
}

#[tokio::test]
async fn what_could_never_be_asked_is_refused_together_with_what_is_not_allowed_today() {
    let world = world().await;
    assert_first(&create(&world, "k", &asked(&world)).await);
    let functions = after(&world, &CHANGES);
    let mut wrong = asked(&world);
    wrong["description"] = json!("");
    wrong["tip"] = json!(1);

    for key in [None, Some("k"), Some("other")] {
        let answer = ask(&world, &functions, key, &wrong).await;

        let mut expected = Vec::new();
        for field in ["fiat", "price", "callbackUrl"] {
            let (.., rule) = CHANGES.iter().find(|change| change.2 == field).unwrap();
            expected.push(json!({"pointer": format!("/{field}"), "detail": rule}));
        }
        let rule = "must be 1 to 256 characters long and have something visible";
        expected.push(json!({"pointer": "/description", "detail": rule}));
        let rule = "is not a field of an order";
        expected.push(json!({"pointer": "/tip", "detail": rule}));
        assert_eq!(problem(&answer, 400)["errors"], Value::from(expected));
    }
    assert_eq!(world.items().len(), 1);
}
