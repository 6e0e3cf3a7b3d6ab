//! The wish `{"check":true}`: each part that only the function can see is green, or red with what mends it; nothing is done.

use sandbox::Options;
use sandbox::binance::{Fault, On};
use sandbox::dynamodb::TABLE;
use serde_json::{Value, json};

use crate::binance_failures::refusal;
use crate::log::Log;
use crate::reconcile::HOUR;
use crate::secrets_manager::{Content, SecretsManager, parts};
use crate::signed::{open, pay_silently};
use crate::world::World;

pub async fn check(world: &World) -> Value {
    let checked = world.functions.reconcile(json!({"check": true})).await;
    let checked = checked.unwrap();
    let all_green = red(&checked).is_empty();
    assert_eq!(checked["ok"], all_green, "{checked}");
    checked
}

/// The names of the parts that are red, in order.
pub fn red(checked: &Value) -> Vec<&str> {
    let checks = checked["checks"].as_array().unwrap();
    let red = checks.iter().filter(|check| check["ok"] == false);
    red.map(|check| check["check"].as_str().unwrap()).collect()
}

/// What a part says; of those of the same name, the first.
fn says<'a>(checked: &'a Value, name: &str) -> &'a str {
    let mut checks = checked["checks"].as_array().unwrap().iter();
    let check = checks.find(|check| check["check"] == name);
    check.unwrap()["says"].as_str().unwrap()
}

#[track_caller]
pub fn assert_says(checked: &Value, name: &str, words: &[&str]) {
    let said = says(checked, name);
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[tokio::test]
async fn check_of_a_service_that_is_set_up_is_green_and_nothing_is_done() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    world.sandbox.binance().advance(HOUR);
    let (items, calls) = (world.items(), world.sandbox.binance().calls().len());
    let log = Log::start();

    let checked = check(&world).await;

    assert_eq!(checked["ok"], true, "{checked:#}");
    let checks = checked["checks"].as_array().unwrap();
    let names: Vec<_> = checks.iter().map(|check| &check["check"]).collect();
    let expected = [
        "secrets",
        "callerKeys",
        "binance",
        "clock",
        "table",
        "due",
        "untold",
        "reference",
        "callbackHost",
        "callbackHost",
    ];
    assert_eq!(names, expected);
    let behind = [
        "Binance accepts our time; ours is between ",
        "ahead of Binance's",
    ];
    assert_says(&checked, "clock", &behind);
    let table = format!("the table {TABLE} can be read");
    assert_says(&checked, "table", &[&table]);
    assert_eq!(world.items(), items);
    let made = world.sandbox.binance().calls().split_off(calls);
    let paths: Vec<_> = made.iter().map(|call| call.path.as_str()).collect();
    assert_eq!(paths, ["/binancepay/openapi/certificates"]);
    assert!(world.sandbox.leadscalendar().confirmations().is_empty());
    let lines = log.lines();
    let told = lines.iter().find(|line| line["message"] == "checked");
    assert_eq!(told.unwrap()["ok"], true);
}

#[tokio::test]
async fn check_is_wished_alone_and_not_by_false() {
    let world = World::start().await;
    for more in [
        json!({"confirm": "owed"}),
        json!({"ask": "0".repeat(30)}),
        json!({"shards": [0]}),
        world.schedule(),
    ] {
        let mut event = more;
        event["check"] = json!(true);
        let refused = world.functions.reconcile(event.clone()).await.unwrap_err();
        assert!(refused.contains("alone"), "{event}: {refused}");
    }
    let refused = world.functions.reconcile(json!({"check": false})).await;
    assert!(refused.unwrap_err().contains("nor a check"));
}

#[tokio::test]
async fn check_answers_before_anything_is_set_up() {
    let missing = vec![Content::Fails("ResourceNotFoundException")];
    let manager = SecretsManager::with(missing, Content::Fails("AccessDeniedException")).await;
    let settings = [
        manager.settings_abroad("nobody.invalid,localhost,*.example.com"),
        vec![("ORDERS_TABLE".to_owned(), "nobodys".to_owned())],
    ];
    let settings = settings.concat();
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let world = World::with(Options::default(), &settings).await;
    let log = Log::start();

    let checked = check(&world).await;

    let all =
        "secrets callerKeys binance clock table due untold reference callbackHost callbackHost";
    assert_eq!(red(&checked).join(" "), all);
    let filled = ["ResourceNotFoundException", "ops/secret.py SecretsId"];
    assert_says(&checked, "secrets", &filled);
    let denied = [
        "AccessDeniedException",
        "role",
        "ops/secret.py CallerKeysId",
    ];
    assert_says(&checked, "callerKeys", &denied);
    // So that a first deployment is no failed one.
    let unfilled = |index: usize| checked["checks"][index].get("unfilled");
    assert_eq!((unfilled(0), unfilled(1)), (Some(&json!(true)), None));
    assert_says(&checked, "binance", &["fill SecretsId first"]);
    assert_says(&checked, "clock", &["see binance"]);
    for part in ["table", "due", "untold", "reference"] {
        assert_says(
            &checked,
            part,
            &["ResourceNotFoundException", "the stack's table"],
        );
    }
    let hosts: Vec<_> = checked["checks"].as_array().unwrap()[8..]
        .iter()
        .map(|check| check["says"].as_str().unwrap())
        .collect();
    assert!(
        hosts[0].contains("localhost has an address that is not public"),
        "{hosts:?}"
    );
    assert!(
        hosts[1].contains("nobody.invalid is not found"),
        "{hosts:?}"
    );
    // They are in the answer; an alarm is for whom nobody asked.
    let errors = log
        .lines()
        .into_iter()
        .filter(|line| line["level"] == "ERROR");
    assert_eq!(errors.collect::<Vec<_>>(), Vec::<Value>::new());
}

#[tokio::test]
async fn malformed_secret_is_named_by_its_field_even_where_a_known_one_stays_in_use() {
    let (good, caller_keys) = parts().await;
    let mut bad = good.clone();
    bad["webhookSecrets"] = json!(["hush"]);
    let text = |json: &Value| Content::Text(json.to_string());
    let secrets = vec![text(&good), text(&bad)];
    let manager = SecretsManager::with(secrets, text(&caller_keys)).await;
    let world = manager.world().await;
    assert_eq!(check(&world).await["ok"], true);

    let checked = check(&world).await;

    assert_eq!(red(&checked), ["secrets"]);
    assert_says(
        &checked,
        "secrets",
        &["webhookSecrets", "whsec_", "ops/secret.py"],
    );
    assert!(!checked.to_string().contains("hush"), "{checked}");
}

#[tokio::test]
async fn caller_keys_that_are_malformed_are_red_alone() {
    let (secrets, _) = parts().await;
    let caller_keys = Content::Text(json!({"appApiKeys": ["hush"]}).to_string());
    let manager = SecretsManager::with(vec![Content::Text(secrets.to_string())], caller_keys);
    let manager = manager.await;
    let world = manager.world().await;

    let checked = check(&world).await;

    assert_eq!(red(&checked), ["callerKeys"]);
    assert_says(&checked, "callerKeys", &["appApiKeys must hold keys"]);
    assert!(!checked.to_string().contains("hush"), "{checked}");
}

#[tokio::test]
async fn binance_that_does_not_let_us_in_is_red_with_what_mends_it() {
    let world = World::start().await;
    let limited = Fault::Rate429 { retry_after: None };
    for (fault, mend) in [
        (refusal("400002"), "the two that belong together"),
        (refusal("400004"), "Merchant Management Platform"),
        (refusal("400005"), "Merchant Management Platform"),
        (refusal("400606"), "ask Binance for the permission"),
        (refusal("400001"), "ask Binance's support"),
        (Fault::Geo451, "deploy to another, such as eu-central-1"),
        (Fault::Html403, "deploy to another region"),
        (limited, "check again in a minute"),
        (Fault::Http500, "whether Binance is up"),
    ] {
        let binance = world.sandbox.binance();
        binance.fault(On::Certificates, 9, fault.clone());

        let checked = check(&world).await;

        // Whatever it answers has a date.
        assert_eq!(red(&checked), ["binance"], "{fault:?}");
        assert_says(&checked, "binance", &[mend]);
        binance.clear_faults();
    }
    world
        .sandbox
        .binance()
        .fault(On::Certificates, 9, Fault::LostRequest);
    let checked = check(&world).await;
    assert_eq!(red(&checked), ["binance", "clock"]);
    assert_says(&checked, "clock", &["see binance"]);
}

#[tokio::test]
async fn clock_that_binance_refuses_twice_is_red_with_the_offset_as_an_interval() {
    let world = World::start().await;
    for (times, expected) in [(1, &[][..]), (2, &["binance", "clock"])] {
        let clock = refusal("400003");
        world
            .sandbox
            .binance()
            .fault(On::Certificates, times, clock);

        let checked = check(&world).await;

        assert_eq!(red(&checked), expected, "{times}");
        if times == 2 {
            assert_says(&checked, "binance", &["400003", "see the clock"]);
            assert_says(&checked, "clock", &["; ours is between ", "deploy again"]);
        }
    }
}
