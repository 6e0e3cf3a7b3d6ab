//! Fields that break their rules: each is named with its rule, all of them in one answer, and nothing is left behind.

use serde_json::{Value, json};

use crate::problem::{assert_discreet, assert_untouched, of_field, problem};
use crate::world::World;

/// The four fields as JSON text with `field` set to `raw`, which need not be JSON that a parser would write.
fn body_with(world: &World, field: &str, raw: &str) -> String {
    let four = world.four_fields();
    let four = four.as_object().unwrap();
    let mut fields: Vec<String> = four
        .iter()
        .filter(|(name, _)| *name != field)
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    fields.push(format!("\"{field}\":{raw}"));
    format!("{{{}}}", fields.join(","))
}

/// Each of `raws` for `field` is refused by `rule`.
pub async fn assert_refused(world: &World, field: &str, rule: &str, raws: &[&str]) {
    for raw in raws {
        let answer = world.create_raw(body_with(world, field, raw)).await;
        let refused = of_field(field, rule);
        assert_eq!(problem(&answer, 400), refused, "{field}: {raw}");
        assert_discreet(world, &answer.text);
    }
}

#[tokio::test]
async fn names_from_a_list_must_be_on_it_to_the_letter() {
    let world = World::start().await;
    let never = [
        "null",
        "1",
        "true",
        "[]",
        "{}",
        r#"["PAY"]"#,
        r#""""#,
        r#""\u0000""#,
    ];
    for (field, rule, raws) in [
        (
            "transactionType",
            "must be PAY",
            &[r#""pay""#, r#""PAY ""#, r#""PAYOUT""#, r#"{"PAY":null}"#][..],
        ),
        (
            "terminalType",
            "must be WEB, WAP, APP or OTHERS",
            &[r#""web""#, r#""MINI_PROGRAM""#, r#"{"WEB":null}"#],
        ),
    ] {
        // Null is as good as absent where the field is optional.
        let optional = usize::from(field == "terminalType");
        assert_refused(&world, field, rule, &never[optional..]).await;
        assert_refused(&world, field, rule, raws).await;
    }
    let fiats = [
        r#""EUR""#,
        r#""usd""#,
        r#""USDT""#,
        r#"" USD""#,
        r#""US""#,
        r#""""#,
        r#""$""#,
    ];
    assert_refused(&world, "fiat", "must be USD", &fiats).await;
    assert_refused(
        &world,
        "fiat",
        "must be a string",
        &["null", "840", "true", r#"["USD"]"#, "{}"],
    )
    .await;
    assert_untouched(&world);
}

#[tokio::test]
async fn text_that_is_too_long_blank_or_holds_control_characters_is_refused() {
    let world = World::start().await;
    for (field, longest) in [("description", 256), ("reference", 64)] {
        let length = format!("must be 1 to {longest} characters long and have something visible");
        let long = format!("\"{}\"", "é".repeat(longest + 1));
        let blank = [r#""""#, r#"" ""#, r#"" \t\n""#, "\"\u{2003}\"", &long];
        assert_refused(&world, field, &length, &blank).await;
        let control = [
            r#""a\u0000b""#,
            r#""a\nb""#,
            r#""a\u001b[2Jb""#,
            "\"a\u{7f}b\"",
            "\"a\u{85}b\"",
        ];
        assert_refused(
            &world,
            field,
            "must not contain control characters or line separators",
            &control,
        )
        .await;
        let other = ["1", "true", "[]", r#"["a"]"#, "{}", r#""\ud800""#];
        assert_refused(&world, field, "must be a string", &other).await;
    }
    assert_untouched(&world);

    let mut longest = world.four_fields();
    longest["description"] = "é".repeat(256).into();
    longest["reference"] = "\"".repeat(64).into();
    let answer = world.create(&longest).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[tokio::test]
async fn address_for_the_payers_browser_must_be_https_and_short() {
    let world = World::start().await;
    let base = "https://app.example.com/";
    let long = format!("\"{base}{}\"", "a".repeat(256));
    let long_when_escaped = format!("\"{base}{}\"", "é".repeat(40));
    for field in ["returnUrl", "cancelUrl"] {
        let rule = "must be an https address of at most 256 characters";
        let raws = [
            r#""http://app.example.com/""#,
            r#""ftp://app.example.com/""#,
            r#""javascript:alert(1)""#,
            r#""data:text/html,x""#,
            r#""app.example.com""#,
            r#""//app.example.com/""#,
            r#""/thanks""#,
            r#""https://""#,
            r#""https://app.example.com/a b""#,
            r#"" https://app.example.com/""#,
            &long_when_escaped,
        ];
        assert_refused(&world, field, rule, &raws).await;
        let rule = "must be 1 to 256 characters long and have something visible";
        assert_refused(&world, field, rule, &[r#""""#, &long]).await;
        let control = [
            r#""https://app.example.com/\n""#,
            r#""https://app.example.com/\u0000""#,
        ];
        assert_refused(
            &world,
            field,
            "must not contain control characters or line separators",
            &control,
        )
        .await;
        assert_refused(
            &world,
            field,
            "must be a string",
            &["1", "true", "[]", "{}"],
        )
        .await;
    }
    assert_untouched(&world);
}

#[tokio::test]
async fn field_that_is_missing_unknown_or_repeated_is_refused_by_name() {
    let world = World::start().await;
    for field in ["transactionType", "fiat", "price", "callbackUrl"] {
        let mut body = world.four_fields();
        body.as_object_mut().unwrap().remove(field);
        let answer = world.create(&body).await;
        assert_eq!(problem(&answer, 400), of_field(field, "is required"));
    }
    let rule = "is not a field of an order";
    for (name, pointer) in [
        ("callbackURL", "/callbackURL"),
        ("Price", "/Price"),
        ("currency", "/currency"),
        ("a/b~c", "/a~1b~0c"),
        ("", "/"),
        ("__proto__", "/__proto__"),
        ("a\nb", "/ab"),
        (&"n".repeat(100), &format!("/{}", "n".repeat(64))),
    ] {
        let mut body = world.four_fields();
        body[name] = json!({"any": ["thing"]});
        let answer = world.create(&body).await;
        let errors = problem(&answer, 400)["errors"].take();
        assert_eq!(errors, json!([{"pointer": pointer, "detail": rule}]));
    }
    for field in ["transactionType", "fiat", "price", "callbackUrl"] {
        let four = world.four_fields();
        let body = four.to_string();
        let again = format!("{},\"{field}\":{}}}", &body[..body.len() - 1], four[field]);
        let answer = world.create_raw(again).await;
        assert_eq!(problem(&answer, 400), of_field(field, "is given twice"));
    }
    assert_untouched(&world);
}

#[tokio::test]
async fn every_wrong_field_is_reported_in_one_answer() {
    let world = World::start().await;
    let body = json!({
        "transactionType": "PAYOUT",
        "fiat": 840,
        "price": -1,
        "callbackURL": "https://app.example.com/hush-hush",
        "description": "",
        "reference": "a\nb",
        "returnUrl": "http://app.example.com/hush-hush",
        "cancelUrl": [],
        "terminalType": "FAX",
        "tip": 1,
    });

    let answer = world.create(&body).await;

    let said = problem(&answer, 400);
    let expected = [
        ("/transactionType", "must be PAY"),
        ("/fiat", "must be a string"),
        ("/price", "must not be negative"),
        ("/callbackUrl", "is required"),
        (
            "/description",
            "must be 1 to 256 characters long and have something visible",
        ),
        (
            "/reference",
            "must not contain control characters or line separators",
        ),
        (
            "/returnUrl",
            "must be an https address of at most 256 characters",
        ),
        ("/cancelUrl", "must be a string"),
        ("/terminalType", "must be WEB, WAP, APP or OTHERS"),
        ("/callbackURL", "is not a field of an order"),
        ("/tip", "is not a field of an order"),
    ];
    let errors = expected.map(|(pointer, detail)| json!({"pointer": pointer, "detail": detail}));
    assert_eq!(said["errors"], Value::from(errors.to_vec()));
    let detail = expected.map(|(pointer, detail)| format!("{} {detail}", &pointer[1..]));
    assert_eq!(said["detail"], detail.join("; "));
    assert!(!answer.text.contains("hush-hush"), "{}", answer.text);
    assert_untouched(&world);
}
