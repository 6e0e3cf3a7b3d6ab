//! Odd events given to reconcile-orders, which nobody but the schedule and an operator invokes: whoever misspells a wish
//! is told so, and the process goes on.

use sandbox::lambda::{Function, Outcome};

use crate::world::{LIMIT, World, wrong_line};

const ODD: [(&str, &str); 19] = [
    ("null", "null"),
    ("a list", "[]"),
    ("text", "\"now\""),
    ("a number", "7"),
    ("an empty object", "{}"),
    ("members that nobody knows", r#"{"tell": "owed"}"#),
    (
        "the name in another case",
        r#"{"Time": "2026-11-22T09:00:00Z"}"#,
    ),
    ("a time that is a number", r#"{"time": 1795338000000}"#),
    ("a time that is none", r#"{"time": "yesterday"}"#),
    (
        "a time without its zone",
        r#"{"time": "2026-11-22T09:00:00"}"#,
    ),
    (
        "a time after all times",
        r#"{"time": "99999-01-01T00:00:00Z"}"#,
    ),
    ("an order to ask about that is a number", r#"{"ask": 7}"#),
    ("an order to ask about that is none", r#"{"ask": "0000"}"#),
    (
        "an order to ask about that is not there",
        r#"{"ask": "000000000000000000000000000000"}"#,
    ),
    ("an order to confirm that is a list", r#"{"confirm": []}"#),
    (
        "an order to confirm that is half of a character",
        r#"{"confirm": "\ud800"}"#,
    ),
    (
        "an order to confirm that is not there",
        r#"{"confirm": "000000000000000000000000000000"}"#,
    ),
    ("shards that are text", r#"{"shards": "all"}"#),
    ("a shard that is not there", r#"{"shards": [9]}"#),
];

#[tokio::test(flavor = "multi_thread")]
async fn odd_event_fails_the_invocation_with_one_clear_sentence_and_the_next_run_is_as_ever() {
    let world = World::new().await;
    let function = world.start("reconcile-orders").await;
    let nested = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let deep = format!("{{\"ask\": {nested}}}");
    let large = format!("{{\"ask\": \"{}\"}}", "x".repeat(5_000_000));
    let huge = [
        ("a member nested deeply", &*deep),
        ("a member of 5 MB", &*large),
    ];
    let mut wrong = Vec::new();
    for (what, event) in ODD.into_iter().chain(huge) {
        let outcome = function.invoke(event.to_owned(), LIMIT).await;
        if let Err(problem) = told(&outcome) {
            wrong.push(format!("{what}: {problem}"));
        }
        let next = run(&world, &function).await;
        if !matches!(next, Outcome::Answered(_)) {
            wrong.push(format!("{what}, and then: {next:?}"));
        }
    }
    wrong.extend(function.objections());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn event_of_the_schedule_may_bring_members_that_nobody_knows() {
    let world = World::new().await;
    let function = world.start("reconcile-orders").await;
    let mut event = world.sandbox.scheduled_event();
    event["version"] = 7.into();
    event["detail"] = vec!["\u{0}"; 1_000].into();
    event["more"] = "\u{2122}".into();

    let outcome = function.invoke(event.to_string(), LIMIT).await;

    assert!(matches!(outcome, Outcome::Answered(_)), "{outcome:?}");
    assert_eq!(wrong_line(&function.log()), None);
}

async fn run(world: &World, function: &Function) -> Outcome {
    let event = world.sandbox.scheduled_event();
    function.invoke(event.to_string(), LIMIT).await
}

/// Whether the invocation failed with one sentence, which does not give a whole event back.
fn told(outcome: &Outcome) -> Result<(), String> {
    let Outcome::Failed(said) = outcome else {
        return Err(format!("{outcome:?}"));
    };
    // The runtime's own ends with a line feed.
    let message = said["errorMessage"].as_str().unwrap_or_default().trim_end();
    let is_sentence = (10..=300).contains(&message.len()) && !message.contains(char::is_control);
    if is_sentence && !message.contains("panic") {
        Ok(())
    } else {
        Err(format!("{:.400}", said.to_string()))
    }
}
