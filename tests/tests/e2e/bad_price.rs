//! Prices that are refused: what is no decimal, and what is out of range.

use crate::bad_fields::assert_refused;
use crate::problem::assert_untouched;
use crate::world::World;

#[tokio::test]
async fn price_that_is_no_decimal_is_refused() {
    let world = World::start().await;
    let rule = "must be a decimal number such as 25.17 or 1";
    let raws = [
        "null",
        "true",
        "[]",
        "[1]",
        "{}",
        r#""""#,
        r#"" ""#,
        r#"" 1""#,
        r#""1 ""#,
        r#""1,00""#,
        r#""1.000,00""#,
        r#""NaN""#,
        r#""Infinity""#,
        r#""$1""#,
        r#""1 USD""#,
        r#""+1""#,
        r#"".5""#,
        r#""1.""#,
        r#""0x10""#,
        r#""1_000""#,
        r#""1e""#,
        r#""１""#,
        r#""one""#,
    ];
    assert_refused(&world, "price", rule, &raws).await;
    assert_untouched(&world);
}

#[tokio::test]
async fn price_out_of_range_is_refused() {
    let world = World::start().await;
    for (rule, raws) in [
        (
            "must be greater than 0",
            &["0", "0.00", "0e3", r#""0""#, r#""0.00""#][..],
        ),
        (
            "must not be negative",
            &["-1", "-0.01", "-0", "-1e400", r#""-1""#, r#""-Infinity""#],
        ),
        (
            "must have at most 2 decimals",
            &[
                "1e-9",
                "0.001",
                "1.001",
                "1.005e0",
                r#""1.001""#,
                r#""0.0000000001""#,
            ],
        ),
        (
            "must have at most 28 digits and at most 28 decimals",
            &[
                "1e400",
                "1e-400",
                "1e99999999999",
                r#""1e400""#,
                "99999999999999999999999999999999999999999",
            ],
        ),
        (
            "must be at most 20000",
            &["20000.01", "20001", "1e5", "1e20", r#""20000.01""#],
        ),
    ] {
        assert_refused(&world, "price", rule, raws).await;
    }
    assert_untouched(&world);
}
