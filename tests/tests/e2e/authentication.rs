//! Who is let in: holders of a key issued to LeadsCalendar, several at once during a rotation, nobody else.

use sandbox::Options;
use serde_json::json;

use crate::problem::{assert_discreet, assert_untouched, ours, problem};
use crate::secrets::right;
use crate::world::World;

/// Every route that asks for a key.
const ROUTES: [(&str, &str); 2] = [
    ("POST", "/orders"),
    ("GET", "/orders/0123456789abcdef0123456789abcd"),
];

const REFUSED: (&str, &str) = (
    "INVALID_API_KEY",
    "X-MBX-APIKEY must hold a key issued to LeadsCalendar",
);

#[tokio::test]
async fn request_without_a_valid_key_is_refused_and_leaves_no_trace() {
    let world = World::start().await;
    let key = world.sandbox.app_api_key();
    let wrong = [
        String::new(),
        "0".repeat(30),
        key[..key.len() - 1].to_owned(),
        key[1..].to_owned(),
        format!("{key}0"),
        format!("{key},{key}"),
        format!("\"{key}\""),
        format!("Bearer {key}"),
        key.to_uppercase(),
        world.sandbox.credentials().api_key.clone(),
        "k".repeat(8000),
    ];
    let headers = wrong.iter().map(|key| ("x-mbx-apikey", key.as_str()));
    let elsewhere = [("authorization", key), ("x-api-key", key)];
    for (method, path) in ROUTES {
        for header in headers.clone().chain(elsewhere) {
            for body in [world.four_fields().to_string(), "{".to_owned()] {
                let all = [header, ("content-type", "application/json")];
                let answer = world.send(method, path, &all, body).await;
                assert_eq!(problem(&answer, 401), ours(REFUSED.0, REFUSED.1));
                assert_discreet(&world, &answer.text);
            }
        }
        let in_query = format!("{path}?X-MBX-APIKEY={key}");
        let answer = world.send(method, &in_query, &[], "{}").await;
        assert_eq!(problem(&answer, 401), ours(REFUSED.0, REFUSED.1));
    }
    assert_untouched(&world);
}

#[tokio::test]
async fn two_keys_are_valid_at_once_while_they_are_rotated() {
    let world = rotating(&["old-key", "new-key"]).await;
    for (key, status) in [("old-key", 201), ("new-key", 201), ("old-ke", 401)] {
        let headers = [("x-mbx-apikey", key), ("content-type", "application/json")];
        let body = world.four_fields().to_string();
        let answer = world.send("POST", "/orders", &headers, body).await;
        assert_eq!(answer.status, status, "{key}: {}", answer.text);
    }
    assert_eq!(world.items().len(), 2);
}

#[tokio::test]
async fn key_that_was_withdrawn_is_refused() {
    let world = rotating(&["new-key"]).await;

    let answer = world.create(&world.four_fields()).await;

    assert_eq!(problem(&answer, 401), ours(REFUSED.0, REFUSED.1));
    assert_untouched(&world);
}

/// A world where these keys are valid instead of the sandbox's own.
async fn rotating(keys: &[&str]) -> World {
    let mut secrets = right().await;
    secrets["appApiKeys"] = json!(keys);
    World::with(Options::default(), &[("SECRETS", &secrets.to_string())]).await
}
