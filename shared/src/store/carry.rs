//! What a version does not know in an item it carries along unread, so that a rollback, or two versions side by side during
//! a deployment, lose nothing.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;

/// Whether anything that stands in `there` is missing in `after`, at any depth: only then can something be carried along.
pub(super) fn is_missing(there: &Item, after: &Item) -> bool {
    are_missing(others(there), after)
}

fn are_missing<'a>(
    there: impl IntoIterator<Item = (&'a String, &'a AttributeValue)>,
    after: &Item,
) -> bool {
    there.into_iter().any(|(name, there)| {
        let after = after.get(name);
        after.is_none_or(|after| is_missing_within(there, after))
    })
}

fn is_missing_within(there: &AttributeValue, after: &AttributeValue) -> bool {
    match (there, after) {
        (AttributeValue::M(there), AttributeValue::M(after)) => are_missing(there, after),
        (AttributeValue::L(there), AttributeValue::L(after)) => there
            .iter()
            .zip(after)
            .any(|(there, after)| is_missing_within(there, after)),
        _ => false,
    }
}

/// Puts into `after` whatever stands in `there` and was not `read`, at every depth; whether there was anything.
pub(super) fn unknown(there: &Item, read: &Item, after: &mut Item) -> bool {
    members(others(there), read, after)
}

/// All but the indexes' own attributes, which are made anew with each write. Below the item itself such a name means
/// something else.
fn others(there: &Item) -> impl Iterator<Item = (&String, &AttributeValue)> {
    there.iter().filter(|(name, _)| !is_key(name))
}

fn is_key(name: &str) -> bool {
    super::due::is_key(name) || super::reference::is_key(name) || super::untold::is_key(name)
}

fn members<'a>(
    there: impl IntoIterator<Item = (&'a String, &'a AttributeValue)>,
    read: &Item,
    after: &mut Item,
) -> bool {
    let mut is_any = false;
    for (name, value) in there {
        match (read.get(name), after.get_mut(name)) {
            (None, None) => {
                after.insert(name.clone(), value.clone());
                is_any = true;
            }
            (Some(read), Some(after)) => is_any |= within(value, read, after),
            // Known to us, and gone or new.
            (None, Some(_)) | (Some(_), None) => {}
        }
    }
    is_any
}

fn within(there: &AttributeValue, read: &AttributeValue, after: &mut AttributeValue) -> bool {
    match (there, read, after) {
        (AttributeValue::M(there), AttributeValue::M(read), AttributeValue::M(after)) => {
            members(there, read, after)
        }
        // Attempts are only ever added, so that the same place is the same one.
        (AttributeValue::L(there), AttributeValue::L(read), AttributeValue::L(after)) => {
            let places = there.iter().zip(read).zip(after);
            places.fold(false, |is_any, ((there, read), after)| {
                within(there, read, after) | is_any
            })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn text(text: &str) -> AttributeValue {
        AttributeValue::S(text.to_owned())
    }

    fn map<const N: usize>(members: [(&str, AttributeValue); N]) -> Item {
        HashMap::from(members.map(|(name, value)| (name.to_owned(), value)))
    }

    #[test]
    fn what_was_not_read_is_carried_along_at_every_depth() {
        let attempt = |end: &str| map([("end", text(end))]);
        let mut new_attempt = attempt("closed");
        new_attempt.insert("risk".to_owned(), text("low"));
        // Of an attempt, and not the index's.
        new_attempt.insert("reference".to_owned(), text("r"));
        let there = map([
            ("status", text("PENDING")),
            ("claim", text("mine")),
            ("dueAt", text("1")),
            ("dueShard", text("1")),
            ("reference", text("r")),
            ("untoldState", text("repeating")),
            ("untoldSince", text("1")),
            ("colour", text("blue")),
            (
                "attempts",
                AttributeValue::L(vec![AttributeValue::M(new_attempt.clone())]),
            ),
        ]);
        let attempts = |attempts: Vec<Item>| {
            AttributeValue::L(attempts.into_iter().map(AttributeValue::M).collect())
        };
        let read = map([
            ("status", text("PENDING")),
            ("claim", text("mine")),
            ("attempts", attempts(vec![attempt("closed")])),
        ]);
        let mut after = map([
            ("status", text("PAID")),
            (
                "attempts",
                attempts(vec![attempt("error"), attempt("closed")]),
            ),
        ]);

        assert!(is_missing(&there, &after));
        assert!(unknown(&there, &read, &mut after));

        let mut carried = attempt("error");
        carried.insert("risk".to_owned(), text("low"));
        carried.insert("reference".to_owned(), text("r"));
        let expected = map([
            ("status", text("PAID")),
            ("colour", text("blue")),
            ("attempts", attempts(vec![carried, attempt("closed")])),
        ]);
        assert_eq!(after, expected);
    }

    #[test]
    fn what_was_not_read_is_seen_in_any_place_of_a_list() {
        let list = |places: [bool; 2]| {
            let place = |is_new: bool| {
                let members = is_new.then(|| ("risk".to_owned(), text("low")));
                AttributeValue::M(members.into_iter().collect())
            };
            map([("attempts", AttributeValue::L(places.map(place).into()))])
        };
        for places in [[false, false], [true, false], [false, true], [true, true]] {
            let (read, mut after) = (list([false, false]), list([false, false]));
            let is_any = unknown(&list(places), &read, &mut after);
            assert_eq!(is_any, places != [false, false], "{places:?}");
            assert_eq!(after, list(places));
        }
    }

    #[test]
    fn item_is_compared_with_what_was_read_only_if_something_is_gone() {
        let attempts = |attempt: Item| AttributeValue::L(vec![AttributeValue::M(attempt)]);
        let attempt = || map([("end", text("closed"))]);
        let there = map([("dueAt", text("1")), ("attempts", attempts(attempt()))]);
        let mut known = attempt();
        known.insert("closedAtMs".to_owned(), text("1"));
        for (after, expected) in [
            (map([("attempts", attempts(known))]), false),
            (map([("attempts", attempts(map([])))]), true),
            (map([]), true),
        ] {
            assert_eq!(is_missing(&there, &after), expected, "{after:?}");
        }
    }
}
