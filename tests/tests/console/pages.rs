//! The pages of the console, as a browser without a script sees them.

use sandbox::binance::{Fault, On};
use sandbox::leadscalendar::Mode;

use crate::world::{World, text};

#[tokio::test]
async fn a_sandbox_without_orders_says_so_in_words() {
    let world = World::start().await;
    let page = world.page("/").await;
    assert!(page.contains("There is no order yet"), "{page}");
    assert!(
        page.contains(r#"<form id="new-order" method="post""#),
        "{page}"
    );
}

#[tokio::test]
async fn a_sandbox_that_knows_no_api_says_so_in_words() {
    let world = World::without_api().await;
    assert!(world.page("/").await.contains("start it by sandbox dev"));
    let page = world.press("/", &[("price", "1.00")]).await;
    assert!(
        page.contains("There is no HTTP API that this sandbox knows of."),
        "{page}"
    );
}

#[tokio::test]
async fn an_order_of_the_form_appears_and_is_paid_and_confirmed() {
    let world = World::start().await;
    let url = world.sandbox.leadscalendar().callback_url();
    let fields = [
        ("price", "1.00"),
        ("fiat", "USD"),
        ("description", "Monday, 9"),
        ("callbackUrl", &*url),
    ];

    let page = world.press("/", &fields).await;

    let answer = part(&page, r#"<div id="answer""#, "</details>");
    assert!(
        answer.contains("<strong class=\"good\">201</strong>"),
        "{answer}"
    );
    assert!(
        answer.contains("&quot;status&quot;: &quot;PENDING&quot;"),
        "{answer}"
    );
    let item = world.orders().remove(0);
    let order_id = text(&item["orderId"]);
    let row = part(&page, &format!(r#"<tr data-order="{order_id}">"#), "</tr>").to_owned();
    assert!(
        row.contains(r#"data-col="status"><span class="status" data-status="PENDING">PENDING"#),
        "{row}"
    );
    assert!(row.contains(r#"data-col="owed">nothing<"#), "{row}");
    assert!(row.contains("nothing yet"), "{row}");
    let pay = part(&row, "action=\"", "\">")
        .trim_start_matches("action=\"")
        .to_owned();

    world.press(&pay, &[]).await;
    world.until_confirmed(order_id).await;

    let rows = world.page("/console/rows").await;
    let row = part(&rows, &format!(r#"<tr data-order="{order_id}">"#), "</tr>");
    assert!(row.contains(r#"data-status="PAID""#), "{row}");
    assert!(
        row.contains(r#"<span class="good">200, accepted</span>"#),
        "{row}"
    );
    assert!(row.contains(r#"data-col="owed">nothing<"#), "{row}");
}

#[tokio::test]
async fn a_problem_of_the_api_is_shown_with_its_words_and_its_fields() {
    let world = World::start().await;
    let page = world.press("/", &[("price", "-1"), ("fiat", "XXX")]).await;
    let answer = part(&page, r#"<div id="answer""#, "</details>");
    assert!(answer.contains("<strong class=\"bad\">400 "), "{answer}");
    for pointer in ["/price", "/fiat", "/callbackUrl"] {
        assert!(
            answer.contains(&format!("<code>{pointer}</code>")),
            "{pointer}: {answer}"
        );
    }
    assert!(
        answer.contains("content-type: application/problem+json"),
        "{answer}"
    );
    assert!(world.orders().is_empty());
}

#[tokio::test]
async fn an_order_that_is_owed_a_confirmation_says_what_was_answered() {
    let world = World::start().await;
    world.sandbox.leadscalendar().mode(Mode::Down, None);
    let order = world.create("A slot").await;
    world.pay(&order).await;

    let row = world.page("/console/rows").await;

    assert!(row.contains(r#"data-col="owed">a confirmation<"#), "{row}");
    assert!(row.contains(r#"<span class="bad">503</span>"#), "{row}");
    assert!(
        row.contains("of 1 LeadsCalendar is still owed a confirmation"),
        "{row}"
    );
}

#[tokio::test]
async fn an_order_shows_each_arrow_with_its_raw_content() {
    let world = World::start().await;
    let order = world.create("A slot").await;
    world.pay(&order).await;
    let order_id = text(&order["orderId"]);
    world.until_confirmed(order_id).await;

    let page = world.page(&format!("/console/orders/{order_id}")).await;

    let timeline = part(&page, r#"<div id="timeline">"#, "The item as it is stored");
    for lane in ["LeadsCalendar", "Functions", "Binance Pay", "DynamoDB"] {
        assert!(timeline.contains(&format!("<span>{lane}</span>")), "{lane}");
    }
    for (kind, count) in [
        ("call", 2),
        ("notification", 2),
        ("confirmation", 2),
        ("write", 3),
    ] {
        let arrows = timeline.matches(&format!(r#"data-kind="{kind}""#)).count();
        assert!(arrows >= count, "{kind}: {arrows}");
    }
    let call = world.json("/sandbox/journal?kind=call").await[0].clone();
    let signed = text(&call["raw"]["signed"]).replace('"', "&quot;");
    assert!(timeline.contains(&signed), "{timeline}");
    let told = world.json("/sandbox/journal?kind=notification").await[0].clone();
    let signed = text(&told["raw"]["signed"]).to_owned();
    assert!(signed.ends_with(&format!("\n{}\n", text(&told["raw"]["body"]))));
    let written = signed.replace('&', "&amp;").replace('"', "&quot;");
    assert!(timeline.contains(&written), "{written}: {timeline}");
    let (confirmation, body) = world.confirmation();
    assert!(timeline.contains(&format!("{confirmation}.{}", body.replace('"', "&quot;"))));
    for said in [
        "POST /orders",
        "PutItem version 1, taken",
        "PutItem version 3, taken",
        "the condition of the write",
        "200, acknowledged",
        "order.paid",
        "200, accepted",
    ] {
        assert!(timeline.contains(said), "{said}");
    }
    assert_eq!(
        timeline.matches("signature: passed").count(),
        2,
        "{timeline}"
    );
}

#[tokio::test]
async fn an_arrow_that_went_wrong_says_why() {
    let world = World::start().await;
    world
        .sandbox
        .binance()
        .fault(On::Create, 1, Fault::LostAnswer);
    let order = world.create("A slot").await;
    let page = world
        .page(&format!("/console/orders/{}", text(&order["orderId"])))
        .await;
    assert!(
        page.contains(
            r#"<span class="arrow left answer bad" style="grid-column: 4 / 6">no answer</span>"#
        ),
        "{page}"
    );
    assert!(page.contains("lostAnswer"), "{page}");
}

#[tokio::test]
async fn what_a_caller_wrote_is_text() {
    let world = World::start().await;
    let order = world.create("<script>alert(1)</script>").await;
    let order_page = format!("/console/orders/{}", text(&order["orderId"]));
    for path in ["/", &*order_page, "/console/misbehave"] {
        let page = world.page(path).await;
        assert!(page.contains("&lt;script&gt;alert(1)"), "{path}");
        assert!(!page.contains("<script>alert"), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_order_or_button_is_answered_in_words() {
    let world = World::start().await;
    let answer = world.get("/console/orders/none").send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let page = answer.text().await.unwrap();
    assert!(
        page.contains("There is no order none in this sandbox."),
        "{page}"
    );

    let order = world.create("A slot").await;
    let pay = format!("/console/payer/{}/pay", text(&order["merchantTradeNo"]));
    world.press(&pay, &[]).await;
    let page = world.press(&pay, &[]).await;
    assert!(page.contains("That did not work"), "{page}");
}

#[tokio::test]
async fn no_page_shows_a_secret() {
    let world = World::start().await;
    let url = world.sandbox.leadscalendar().callback_url();
    let made = world
        .press(
            "/",
            &[("price", "1.00"), ("fiat", "USD"), ("callbackUrl", &*url)],
        )
        .await;
    let order_id = text(&world.orders()[0]["orderId"]).to_owned();
    let trade_no = format!("{order_id}01");
    let forged = [("signature", "correct"), ("merchantTradeNo", &*trade_no)];
    world
        .press(&format!("/console/payer/{trade_no}/pay"), &[])
        .await;
    world.until_confirmed(&order_id).await;
    let pages = [
        made,
        world.page("/").await,
        world.page(&format!("/console/orders/{order_id}")).await,
        world.page("/console/misbehave").await,
        world.press("/console/misbehave/forge", &forged).await,
        world.page("/console/verify?entry=3").await,
    ];
    for secret in world.secrets() {
        for page in &pages {
            assert!(!page.contains(&secret), "{secret}: {page}");
        }
    }
    assert!(pages[2].contains("sand…"));
}

/// What stands from `begin` on until `end`.
fn part<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = page
        .split_once(begin)
        .unwrap_or_else(|| panic!("no {begin}: {page}"));
    let start = page.len() - rest.len() - begin.len();
    let length = rest.find(end).unwrap_or_else(|| panic!("no {end}: {rest}"));
    &page[start..start + begin.len() + length]
}
