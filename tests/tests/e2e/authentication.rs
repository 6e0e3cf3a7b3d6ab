//! Who is let in: holders of a key issued to LeadsCalendar, several at once during a rotation, nobody else.

use sandbox::Options;
use serde_json::json;

use crate::problem::{assert_discreet, assert_untouched, ours, problem};
use crate::secrets_manager::{Content, SecretsManager, inline, parts};
use crate::world::World;

/// Every route that asks for a key.
const ROUTES: [(&str, &str); 4] = [
    ("POST", "/orders"),
    ("GET", "/orders/0123456789abcdef0123456789abcd"),
    ("POST", "/orders/0123456789abcdef0123456789abcd/close"),
    ("POST", "/orders/0123456789abcdef0123456789abcd/refunds"),
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
    let (old, new) = ("o".repeat(32), "n".repeat(64));
    let world = rotating(&[&old, &new]).await;
    for (key, status) in [(&*old, 201), (&new, 201), (&old[1..], 401)] {
        let headers = [("x-mbx-apikey", key), ("content-type", "application/json")];
        let body = world.four_fields().to_string();
        let answer = world.send("POST", "/orders", &headers, body).await;
        assert_eq!(answer.status, status, "{key}: {}", answer.text);
    }
    assert_eq!(world.items().len(), 2);
}

#[tokio::test]
async fn key_that_was_withdrawn_is_refused() {
    let world = rotating(&[&"n".repeat(32)]).await;

    let answer = world.create(&world.four_fields()).await;

    assert_eq!(problem(&answer, 401), ours(REFUSED.0, REFUSED.1));
    assert_untouched(&world);
}

#[tokio::test]
async fn key_whose_hash_alone_is_kept_lets_its_holder_in_and_the_hash_nobody() {
    let (_, mut caller_keys) = parts().await;
    let key = "leadscalendar-key-of-the-next-quarter";
    // Made by `printf %s KEY | sha256sum`.
    let hash = "sha256:9c3a7cbfafb2f482a8aa8d4c836b52b2799b4593c22b408daa6475d60e5c461d";
    let refund = "r".repeat(32);
    caller_keys["appApiKeys"] = json!([hash]);
    caller_keys["refundApiKeys"] = json!([refund]);
    let caller_keys = Content::Text(caller_keys.to_string());
    let secrets = Content::Text(parts().await.0.to_string());
    let manager = SecretsManager::with(vec![secrets], caller_keys).await;
    let world = manager.world().await;
    for (key, status) in [(key, 201), (&refund, 201), (hash, 401), (&hash[7..], 401)] {
        let headers = [("x-mbx-apikey", key), ("content-type", "application/json")];
        let body = world.four_fields().to_string();
        let answer = world.send("POST", "/orders", &headers, body).await;
        assert_eq!(answer.status, status, "{key}: {}", answer.text);
    }
}

/// A world where these keys are valid instead of the sandbox's own.
async fn rotating(keys: &[&str]) -> World {
    let mut secrets = inline().await;
    secrets["appApiKeys"] = json!(keys);
    World::with(Options::default(), &[("SECRETS", &secrets.to_string())]).await
}
