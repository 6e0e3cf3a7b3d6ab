//! Reading the query of `GET /orders`: the reference by its rule, and every other parameter refused by name.

use shared::input::{MAX_REFERENCE, MAX_UNKNOWN, shown};
use shared::problem::Problem;
use url::form_urlencoded;

/// The reference that a query asks for, written as browsers, `URLSearchParams` and Python's `requests` write it: what is
/// escaped is UTF-8, and `+` is a blank.
///
/// # Errors
/// [`Problem`], with everything that is wrong.
pub(super) fn reference(query: &str) -> Result<String, Problem> {
    let (mut given, mut unknown) = (Vec::new(), Vec::new());
    for pair in query.split('&') {
        let Some((name, value)) = form_urlencoded::parse(pair.as_bytes()).next() else {
            continue;
        };
        if name == "reference" {
            given.push(Some(value.into_owned()).filter(|value| is_one(value, pair)));
        } else if unknown.len() < MAX_UNKNOWN {
            let shown = shown(&name);
            unknown.push(format!("{shown} is not a parameter of this query"));
        }
    }
    let rule =
        format!("reference must be given once, 1 to {MAX_REFERENCE} characters long and in UTF-8");
    let one = given.pop().flatten().filter(|_| given.is_empty());
    let broken = one.is_none().then_some(rule);
    let wrong: Vec<String> = broken.into_iter().chain(unknown).collect();
    one.filter(|_| wrong.is_empty())
        .ok_or_else(|| Problem::malformed(wrong.join("; ")))
}

/// Whether `value`, as it was read from `pair`, can be a reference. Bytes that are not UTF-8 were read as U+FFFD: an order
/// would be looked for that nobody meant.
fn is_one(value: &str, pair: &str) -> bool {
    let replaced = value.matches('\u{fffd}').count();
    let meant = pair.to_ascii_uppercase().matches("%EF%BF%BD").count();
    (1..=MAX_REFERENCE).contains(&value.chars().count()) && replaced == meant
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "reference must be given once, 1 to 64 characters long and in UTF-8";

    #[test]
    fn reference_is_read_as_clients_write_it() {
        for (query, expected) in [
            ("reference=b-1", "b-1"),
            ("reference=a+b%20c", "a b c"),
            ("reference=a%2Bb", "a+b"),
            ("reference=a%26b%3Dc", "a&b=c"),
            ("reference=a=b==", "a=b=="),
            ("reference=100%", "100%"),
            ("reference=100%25", "100%"),
            ("reference=%zz%", "%zz%"),
            ("reference=K%C3%B6ln", "K\u{f6}ln"),
            ("reference=%f0%9f%8e%89", "\u{1f389}"),
            // Meant so, if it was written so.
            ("reference=%ef%bf%bd", "\u{fffd}"),
            ("reference=a;b", "a;b"),
            ("reference=%00%0a", "\0\n"),
            ("%72eference=a", "a"),
            ("&&reference=a&", "a"),
        ] {
            assert_eq!(reference(query).as_deref(), Ok(expected), "{query}");
        }
        let longest = "\u{1f389}".repeat(64);
        assert_eq!(reference(&format!("reference={longest}")), Ok(longest));
    }

    #[test]
    fn what_is_wrong_with_a_query_is_named() {
        let long = format!("reference={}", "x".repeat(65));
        let unknown = |name: &str| format!("{name} is not a parameter of this query");
        for (query, expected) in [
            ("", RULE.to_owned()),
            ("&", RULE.to_owned()),
            ("reference", RULE.to_owned()),
            ("reference=", RULE.to_owned()),
            ("reference=a&reference=a", RULE.to_owned()),
            ("reference=a&reference=", RULE.to_owned()),
            (&long, RULE.to_owned()),
            ("reference=K%F6ln", RULE.to_owned()),
            ("reference=%ef%bf%bd%ff", RULE.to_owned()),
            ("refrence=a", format!("{RULE}; {}", unknown("refrence"))),
            ("Reference=a", format!("{RULE}; {}", unknown("Reference"))),
            (
                "reference[]=a",
                format!("{RULE}; {}", unknown("reference[]")),
            ),
            ("reference=a&_=1", unknown("_")),
            ("reference=a&=", unknown("")),
            (
                "reference=a&l%0aimit&page=2",
                format!("{}; {}", unknown("limit"), unknown("page")),
            ),
        ] {
            assert_eq!(
                reference(query),
                Err(Problem::malformed(expected)),
                "{query}"
            );
        }
    }

    #[test]
    fn query_of_nothing_else_is_not_answered_with_many_times_its_size() {
        let many = format!("reference=a{}", "&x".repeat(30_000));
        let detail = reference(&many).unwrap_err().detail;
        assert_eq!(detail.matches("x is not").count(), 20);
        let long = reference(&"n".repeat(60_000)).unwrap_err().detail;
        assert!(long.len() < 300, "{long}");
    }
}
