//! One case for each mistake that is made with signatures: the step that fails, and what it says.

mod confirmation;
mod notification;

use std::fmt::Write as _;

use super::{Keys, Message, Sender, Verdict};

/// Lower-case hex digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// The step that fails and its words; nothing of what verifies.
fn failure(verdict: &Verdict) -> Option<(&str, &str)> {
    let step = verdict.failure()?;
    Some((&step.name, &step.why))
}

/// Whether a message fails at `step` with words that contain `why`.
#[track_caller]
fn assert_fails(case: &str, verdict: &Verdict, step: &str, why: &str) {
    let failed = failure(verdict);
    assert!(!verdict.verifies, "{case}: it verifies");
    assert!(
        failed.is_some_and(|(name, words)| name == step && words.contains(why)),
        "{case}: {failed:?} in place of {step}: {why}"
    );
    let behind = verdict
        .steps
        .iter()
        .skip_while(|step| step.ok == Some(true));
    assert!(behind.skip(1).all(|step| step.ok.is_none()), "{case}");
}

#[test]
fn message_of_nobody_is_told_by_its_headers() {
    let message = Message {
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: b"{}".to_vec(),
    };
    let verdict = message.verify(&Keys::default(), 0);
    assert_eq!(verdict.sender, Sender::Unknown);
    assert_fails(
        "no headers",
        &verdict,
        "headers",
        "neither a header BinancePay-…",
    );
}
