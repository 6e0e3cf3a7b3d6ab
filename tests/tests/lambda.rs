//! Lambda's part: what the stand-in gives a function, and what it does not let pass.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sandbox::lambda::{Function, NotStarted, Outcome};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(5);

/// A function of a few lines of Bash: `next` asks for an event, `say` answers one.
struct Script(PathBuf);

const TOOLS: &str = r#"set -eu
call() {
    exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"
    printf '%s /2018-06-01/runtime/%s HTTP/1.1\r\nhost: %s\r\nconnection: close\r\ncontent-length: %s\r\n\r\n%s' \
        "$1" "$2" "$AWS_LAMBDA_RUNTIME_API" "${#3}" "$3" >&3
    told=$(cat <&3)
}
next() { call GET invocation/next ''; id=$(grep -i request-id: <<<"$told" | tr -d '\r' | cut -d' ' -f2); }
say() { call POST "invocation/$1/response" "$2"; }
"#;

impl Script {
    fn new(lines: &str) -> Self {
        let name = format!("function-{}", sandbox::random::hex(16));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, format!("{TOOLS}{lines}\n")).unwrap();
        Self(path)
    }

    /// Bash reads it as what goes before its input, which is empty.
    async fn start(&self) -> Function {
        let settings = [
            ("BASH_ENV".to_owned(), self.0.to_string_lossy().into_owned()),
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
        ];
        let bash = Path::new("/bin/bash");
        Function::start(bash, &settings).await.unwrap()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn event_arrives_as_it_is_with_the_four_headers_and_is_answered_once() {
    let script = Script::new(r#"next; echo "$told"; say "$id" '{"a": 1}'; next"#);
    let function = script.start().await;

    let outcome = function.invoke("{\"a\": \"\\ud800\"}\u{0}", LIMIT).await;

    assert_eq!(outcome, Outcome::Answered(json!({"a": 1})));
    let log = function.log().join("\n").to_lowercase();
    for told in [
        "lambda-runtime-aws-request-id: ",
        "lambda-runtime-deadline-ms: ",
        "lambda-runtime-invoked-function-arn: arn:aws:lambda:",
        "lambda-runtime-trace-id: root=1-",
        "{\"a\": \"\\ud800\"}",
    ] {
        assert!(log.contains(told), "{told} in {log}");
    }
    assert_eq!(function.objections(), [""; 0]);
}

#[tokio::test]
async fn answer_to_nothing_a_second_one_and_one_that_is_no_json_are_refused() {
    let lines = r#"next; say nobody '{}'; say "$id" none; call GET invocation/next ''; say "$id" 1; say "$id" 2; next"#;
    let script = Script::new(lines);
    let function = script.start().await;

    let first = function.invoke("{}", LIMIT).await;
    // The script ends with its next event, so that all of its calls are over.
    let second = function.invoke("{}", LIMIT).await;

    assert_eq!(first, Outcome::Answered(json!(1)));
    assert!(matches!(second, Outcome::Ended(_)), "{second:?}");
    let objections = function.objections();
    let expected = [
        "nobody is not under way",
        "no JSON",
        "is not answered",
        "has been answered",
    ];
    assert_eq!(objections.len(), expected.len(), "{objections:?}");
    for (objection, expected) in objections.iter().zip(expected) {
        assert!(objection.contains(expected), "{objection}");
    }
}

#[tokio::test]
async fn process_that_ends_is_told_by_its_status_and_its_last_words() {
    let script = Script::new("next; echo it was me; exit 7");
    let function = script.start().await;
    function.initialised().await.unwrap();

    let outcome = function.invoke("{}", LIMIT).await;

    let Outcome::Ended(status) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(status.code(), Some(7));
    assert_eq!(function.log(), ["it was me"]);

    let script = Script::new("echo not me; exit 3");
    let function = script.start().await;
    let Err(NotStarted::Ended(status)) = function.initialised().await else {
        panic!("it started");
    };
    assert_eq!(
        (status.code(), function.log()),
        (Some(3), vec!["not me".to_owned()])
    );
}
