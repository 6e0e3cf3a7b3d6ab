//! Every field of every message, bent in every way: what does not decide spoils nothing, what decides is never guessed.

mod message;

use message::{Level, MESSAGES};

use super::*;
use crate::bent::{Bend, object, quoted, spellings, unusable};

#[test]
fn message_as_documented_agrees() {
    for message in MESSAGES {
        let (end, _) = message.end(&message.written(Level::Envelope, None));
        assert_eq!(end, "agrees", "{}", message.status);
    }
}

#[test]
fn field_that_does_not_decide_changes_nothing_whatever_it_is() {
    // What is kept of a payment without deciding anything is absent where it cannot be used.
    const KEPT: [&str; 3] = ["transactTime", "transactionId", "commission"];
    for message in MESSAGES {
        let plain = message.end(&message.written(Level::Envelope, None));
        message.for_each_field(|level, name, value, decides| {
            // That of the envelope is not the only one here, but the first that is looked at.
            if decides || (name == "bizIdStr" && !message.is_refund()) {
                return;
            }
            let mut bends = spellings(value);
            bends.extend(unusable(value));
            for bend in bends {
                let body = message.body(level, name, &bend);
                let end = message.end(&body);
                assert_eq!(end.0, "agrees", "{name} {}: {body}", bend.what);
                if !(level == Level::Data && KEPT.contains(&name)) {
                    assert_eq!(end, plain, "{name} {}: {body}", bend.what);
                }
            }
        });
    }
}

#[test]
fn field_that_decides_is_read_in_every_spelling() {
    for message in MESSAGES {
        let plain = message.end(&message.written(Level::Envelope, None));
        message.for_each_field(|level, name, value, decides| {
            let is_document = ["data", "refundInfo"].contains(&name);
            for bend in spellings(value)
                .into_iter()
                .filter(|_| decides && !is_document)
            {
                let body = message.body(level, name, &bend);
                assert_eq!(message.end(&body), plain, "{name} {}: {body}", bend.what);
            }
        });
    }
}

#[test]
fn field_that_decides_is_never_guessed() {
    for message in MESSAGES {
        message.for_each_field(|level, name, value, decides| {
            for bend in unusable(value).into_iter().filter(|_| decides) {
                let body = message.body(level, name, &bend);
                let (end, _) = message.end(&body);
                // Another word or number in its place is another kind, or another merchant's number.
                let is_other = match name {
                    "bizType" => bend.what == "a string",
                    "merchantTradeNo" => ["a string", "a number"].contains(&bend.what),
                    _ => false,
                };
                let expected: &[&str] = match name {
                    _ if is_other => &["not ours"],
                    "data" | "merchantTradeNo" => &["doubtful", "400"],
                    _ => &["doubtful"],
                };
                assert!(
                    expected.contains(&end),
                    "{} {name} {} is {end}: {body}",
                    message.status,
                    bend.what
                );
            }
        });
    }
}

#[test]
fn prepay_id_of_the_envelope_decides_where_it_is_the_only_one() {
    let missing = unusable("").remove(0);
    for message in MESSAGES.iter().filter(|message| !message.is_refund()) {
        for (gone, left) in [("bizIdStr", "bizId"), ("bizId", "bizIdStr")] {
            let value = quoted(PREPAY_ID);
            let without = |bend: &Bend| {
                let fields = message.fields(Level::Envelope, None);
                let fields: Vec<_> = fields
                    .into_iter()
                    .filter(|(name, _)| *name != gone)
                    .collect();
                message.end(&object(&fields, Some((left, bend)))).0
            };
            for bend in spellings(&value) {
                assert_eq!(without(&bend), "agrees", "{left} {}", bend.what);
            }
            for bend in unusable(&value).iter().chain([&missing]) {
                assert_eq!(without(bend), "doubtful", "{left} {}", bend.what);
            }
        }
    }
}
