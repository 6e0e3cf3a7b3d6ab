//! What a client is answered, by the function or by the gateway itself.

use std::time::Duration;

use serde_json::json;

use super::{Answers, World, answer, own};

#[tokio::test]
async fn answer_is_what_the_function_wishes() {
    let world = World::start().await;
    let json_kind = || Some("application/json".to_owned());
    for (answered, expected) in [
        (
            json!({"statusCode": 201, "headers": {"content-type": "application/json", "x": "1"}, "body": "{}"}),
            (201, json_kind(), "{}"),
        ),
        (
            json!({"statusCode": 200, "body": "aGk=", "isBase64Encoded": true}),
            (200, Some("text/plain; charset=utf-8".to_owned()), "hi"),
        ),
        (json!({"statusCode": "404"}), (404, None, "")),
        // What is no such answer is one that went well.
        (json!({"a": 1}), (200, json_kind(), "{\"a\":1}")),
        (json!("text"), (200, json_kind(), "text")),
    ] {
        world.answers(Answers::Json(answered.clone()));
        let (status, kind, body) = answer(world.ask("GET", "/orders/a")).await;
        assert_eq!((status, kind, body.as_str()), expected, "{answered}");
    }
    let cookies = json!({"statusCode": 200, "cookies": ["a=1; Secure", "b=2"]});
    world.answers(Answers::Json(cookies));
    let answer = world.ask("GET", "/orders/a").send().await.unwrap();
    let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; Secure", "b=2"]);
    assert!(answer.headers().contains_key("apigw-requestid"));
}

#[tokio::test]
async fn function_that_fails_or_answers_nonsense_or_hangs_is_the_gateways_own_answer() {
    let world = World::start().await;
    let (internal, late) = (
        own(500, "Internal Server Error"),
        own(503, "Service Unavailable"),
    );
    for (answers, expected) in [
        (Answers::Failed, &internal),
        (Answers::Json(json!({"statusCode": 99})), &internal),
        (
            Answers::Json(json!({"statusCode": 200, "body": {}})),
            &internal,
        ),
        (
            Answers::Json(json!({"statusCode": 200, "body": "%", "isBase64Encoded": true})),
            &internal,
        ),
        (
            Answers::Json(json!({"statusCode": 200, "headers": {"a b": "c"}})),
            &internal,
        ),
        (Answers::Never, &late),
    ] {
        world.answers(answers);
        assert_eq!(answer(world.ask("GET", "/orders/a")).await, *expected);
    }
    let large = vec![b'x'; 10 * 1024 * 1024 + 1];
    let refused = answer(world.ask("POST", "/orders").body(large)).await;
    assert_eq!(refused, own(413, "Request Entity Too Large"));
}

#[tokio::test]
async fn route_is_throttled_for_itself_and_lets_through_again_after_a_while() {
    let world = World::start().await;
    // 10 a second, 20 at once.
    let asking = (0..60).map(|_| answer(world.ask("GET", "/orders")));
    let answers = futures_util::future::join_all(asking).await;
    let admitted = answers.iter().filter(|answer| answer.0 == 204).count();
    assert!((20..60).contains(&admitted), "{admitted}");
    let refused = answers.iter().find(|answer| answer.0 != 204).unwrap();
    assert_eq!(*refused, own(429, "Too Many Requests"));

    assert_eq!(answer(world.ask("GET", "/orders/a")).await.0, 204);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(answer(world.ask("GET", "/orders")).await.0, 204);
}

#[tokio::test]
async fn client_that_hangs_up_ends_no_invocation() {
    let world = World::start().await;
    world.answers(Answers::Never);
    let hurried = world
        .ask("GET", "/orders/a")
        .timeout(Duration::from_millis(100));
    assert!(hurried.send().await.unwrap_err().is_timeout());

    // Its end is written down all the same.
    let written = async {
        while world.journal.since(0).len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), written)
        .await
        .unwrap();
    assert_eq!(world.journal.since(0)[1].title, "503");
}

#[tokio::test]
async fn while_nobody_runs_the_functions_it_hangs_up() {
    let world = World::start().await;
    world.behind.go_away();
    let hung_up = async {
        while world.ask("GET", "/orders/a").send().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(5), hung_up).await;
    assert_eq!(waited, Ok(()));
}
