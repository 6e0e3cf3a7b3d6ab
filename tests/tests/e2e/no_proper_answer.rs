//! Binance is away, or its answer is lost, late or not its JSON: what the caller is told, and what the table holds.

use sandbox::binance::Fault;

use crate::binance_failures::Left::{self, Failed, Unknown, Unused};
use crate::binance_failures::{assert_item_left, assert_left, create_against, world_of_one_call};
use crate::problem::{assert_discreet, binances, problem};

const LOCATION: &str = "Binance: Service unavailable from a restricted location according to 'b. Eligibility' in \
                    https://www.binance.com/en/terms. Please contact customer service if you believe you received \
                    this message in error.";
const NOT_JSON: &str = "Binance: an answer that is not Binance's JSON";
const LIMIT: &str = "Binance: the rate limit is reached (HTTP status 429)";
const DENIED: &str = "Binance: access is denied (HTTP status 403)";
const FAULT: &str = "Binance: Unknown error, please try again later.";
const BROKE: &str = "Binance: the connection broke before the answer";
const AWAY: &str = "BINANCE_UNAVAILABLE";

/// A fault, then the answer's status, code, detail and `Retry-After`, and what is left behind.
type Row = (
    Fault,
    u16,
    &'static str,
    &'static str,
    Option<&'static str>,
    Left,
);

const IMPROPER: [Row; 12] = [
    (Fault::Html403, 403, "ACCESS_DENIED", DENIED, None, Failed),
    (
        Fault::Geo451,
        403,
        "LOCATION_RESTRICTED",
        LOCATION,
        None,
        Failed,
    ),
    (
        rate_limit(None),
        429,
        "RATE_LIMITED",
        LIMIT,
        Some("30"),
        Unused,
    ),
    (
        rate_limit(Some(0)),
        429,
        "RATE_LIMITED",
        LIMIT,
        Some("1"),
        Unused,
    ),
    (
        rate_limit(Some(7)),
        429,
        "RATE_LIMITED",
        LIMIT,
        Some("7"),
        Unused,
    ),
    (Fault::Http500, 500, "400000", FAULT, Some("120"), Unknown),
    (
        Fault::Http500Taken,
        500,
        "400000",
        FAULT,
        Some("120"),
        Unknown,
    ),
    (Fault::LostRequest, 500, AWAY, BROKE, Some("120"), Unknown),
    (Fault::LostAnswer, 500, AWAY, BROKE, Some("120"), Unknown),
    (
        Fault::SlowThenLost { ms: 100 },
        500,
        AWAY,
        BROKE,
        Some("120"),
        Unknown,
    ),
    (
        Fault::BrokenAnswer,
        500,
        AWAY,
        NOT_JSON,
        Some("120"),
        Unknown,
    ),
    (
        Fault::Slow { ms: 5_000 },
        500,
        AWAY,
        "Binance: no answer in time",
        Some("120"),
        Unknown,
    ),
];

#[tokio::test]
async fn answers_that_are_lost_late_or_not_json_have_theirs_too() {
    let world = world_of_one_call().await;
    for (fault, status, code, detail, retry_after, left) in IMPROPER {
        let case = format!("{fault:?}");
        let answer = create_against(&world, fault).await;
        assert_eq!(problem(&answer, status), binances(code, detail), "{case}");
        assert_eq!(answer.header("retry-after"), retry_after, "{case}");
        assert_left(&world, left, "no code", &case);
        assert_discreet(&world, &answer.text);
    }
}

const fn rate_limit(retry_after: Option<u64>) -> Fault {
    Fault::Rate429 { retry_after }
}

#[tokio::test]
async fn refused_connection_is_a_fault_of_binances_and_uses_up_no_number() {
    let world = world_of_one_call().await;
    world.sandbox.binance().server().go_away();

    let answer = world.create(&world.four_fields()).await;

    let expected = binances(
        "BINANCE_UNAVAILABLE",
        "Binance: no connection: it was refused",
    );
    assert_eq!(problem(&answer, 500), expected);
    assert_eq!(answer.header("retry-after"), Some("120"));
    assert_item_left(&world.items()[0], Unused, "", "no connection");
    assert!(world.sandbox.binance().calls().is_empty());
}
