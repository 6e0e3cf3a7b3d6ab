//! The checkout as the payer sees it: what is on the page, where each of its buttons leads, and what an open page hears.

use std::time::Duration;

use qrcode::QrCode;
use qrcode::render::svg;
use reqwest::Response;
use sandbox::binance::{Play, Status};
use sandbox::{Sandbox, web};
use serde_json::{Value, json};

use crate::merchant::{Request, create, order, sandbox};

const THANKS: &str = "http://127.0.0.1:9/thanks?a=1&b=2";
const PITY: &str = "http://127.0.0.1:9/pity";

/// An order from whose checkout a payer goes on: its trade number, and what the answer says.
async fn with_ways_back(sandbox: &Sandbox) -> (String, Value) {
    let mut asked = order(None);
    asked["returnUrl"] = json!(THANKS);
    asked["cancelUrl"] = json!(PITY);
    let answer = Request::new(sandbox, "v3/order", &asked).send().await;
    assert_eq!(answer["code"], "000000", "{answer}");
    let trade_no = asked["merchantTradeNo"].as_str().unwrap().to_owned();
    (trade_no, answer["data"].clone())
}

async fn open(url: &str) -> Response {
    let browser = web::client(Duration::from_secs(5), false);
    browser.get(url).send().await.unwrap()
}

async fn page(url: &str) -> String {
    let opened = open(url).await;
    assert_eq!(opened.status(), 200);
    opened.text().await.unwrap()
}

/// Sends the form of a button of the page, and says where that leads.
async fn press(page: &str, button: &str) -> String {
    let (before, _) = page
        .split_once(&format!("<button id=\"{button}\""))
        .unwrap();
    let (_, action) = before.rsplit_once("action=\"").unwrap();
    let browser = web::client(Duration::from_secs(5), false);
    let pressed = browser.post(action.split('"').next().unwrap());
    let pressed = pressed.send().await.unwrap();
    assert_eq!(pressed.status(), 303);
    pressed.headers()["location"].to_str().unwrap().to_owned()
}

/// Whether the page offers its buttons.
fn is_open(page: &str) -> bool {
    assert!(page.contains("<div id=\"open\""), "{page}");
    !page.contains("<div id=\"open\" hidden>")
}

fn text<'a>(data: &'a Value, field: &str) -> &'a str {
    data[field].as_str().unwrap()
}

#[tokio::test]
async fn page_shows_what_was_ordered_and_how_long_it_can_be_paid() {
    let sandbox = sandbox().await;
    let (trade_no, data) = create(&sandbox, None).await;
    sandbox.binance().advance(600);

    let page = page(text(&data, "checkoutUrl")).await;

    for shown in [
        "<h1>1.00020004 USDT</h1>",
        "<p id=\"price\">for 1 USD</p>",
        "<p class=\"for\">LeadsCalendar</p>",
        "<dd>A month</dd>",
        &format!("<dd>{trade_no}</dd>"),
        "data-status=\"INITIAL\">Waiting for your payment<",
    ] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    let (_, left) = page.split_once("id=\"countdown\" role=\"timer\">").unwrap();
    let left = left.split('<').next().unwrap();
    assert!(["50:00", "49:59", "49:58"].contains(&left), "{left}");
    assert!(is_open(&page));
    assert!(!page.contains("Opened by"));
}

#[tokio::test]
async fn all_five_ways_to_pay_lead_to_the_checkout() {
    let sandbox = sandbox().await;
    let (_, data) = create(&sandbox, None).await;
    let checkout = text(&data, "checkoutUrl");

    for (way, longest) in [("qrContent", 256), ("deeplink", 256), ("universalUrl", 512)] {
        let url = text(&data, way);
        assert_eq!(url, format!("{checkout}?way={way}"));
        assert!(url.len() <= longest);
        let page = page(url).await;
        assert!(
            page.contains(&format!("<dd id=\"way\">{way}</dd>")),
            "{page}"
        );
        assert!(is_open(&page));
    }
    let picture = open(text(&data, "qrcodeLink")).await;
    assert_eq!(picture.headers()["content-type"], "image/svg+xml");
    let code = QrCode::new(text(&data, "qrContent")).unwrap();
    let expected = code
        .render::<svg::Color<'_>>()
        .min_dimensions(240, 240)
        .build();
    assert_eq!(picture.text().await.unwrap(), expected);
    let (_, inline) = expected.split_once("?>").unwrap();
    assert!(page(checkout).await.contains(inline));
}

#[tokio::test]
async fn ways_to_pay_are_in_binances_own_forms_on_request() {
    let sandbox = sandbox().await;
    sandbox
        .binance()
        .behave(|behaviour| behaviour.binance_links = true);
    let (_, data) = with_ways_back(&sandbox).await;
    for (way, begin) in [
        ("qrcodeLink", "https://public.bnbstatic.com/static/payment/"),
        ("qrContent", "https://app.binance.com/qr/dplk"),
        (
            "deeplink",
            "bnc://app.binance.com/payment/secpay?tempToken=",
        ),
        (
            "universalUrl",
            "https://app.binance.com/payment/secpay?linkToken=",
        ),
    ] {
        assert!(text(&data, way).starts_with(begin), "{way}: {data}");
    }
    let end = format!("&returnLink={THANKS}");
    assert!(text(&data, "deeplink").ends_with(&end), "{data}");
}

#[tokio::test]
async fn each_button_leads_on_to_where_the_merchant_wants_the_payer() {
    let sandbox = sandbox().await;
    for (button, status) in [
        ("pay", Status::Paid),
        ("cancel", Status::Canceled),
        ("expire", Status::Expired),
    ] {
        let (trade_no, data) = with_ways_back(&sandbox).await;
        let checkout = text(&data, "checkoutUrl");

        let next = press(&page(checkout).await, button).await;

        let expected = match status {
            Status::Paid => THANKS,
            Status::Canceled => PITY,
            _ => checkout,
        };
        assert_eq!(next, expected);
        assert_eq!(sandbox.binance().order(&trade_no).unwrap().status, status);
        let over = page(checkout).await;
        assert!(!is_open(&over), "{over}");
        let back = format!(
            "<a href=\"{}\">Back to the merchant</a>",
            THANKS.replace('&', "&amp;")
        );
        assert!(over.contains(&back), "{over}");
    }
}

#[tokio::test]
async fn button_of_a_page_that_is_out_of_date_leads_to_what_happened() {
    let sandbox = sandbox().await;
    let (trade_no, data) = with_ways_back(&sandbox).await;
    let checkout = text(&data, "checkoutUrl");
    let old = page(checkout).await;
    sandbox.binance().expire(&trade_no).unwrap();

    for button in ["pay", "cancel", "expire"] {
        assert_eq!(press(&old, button).await, checkout, "{button}");
    }
    assert!(
        page(checkout)
            .await
            .contains("data-status=\"EXPIRED\">Expired<")
    );
    assert!(
        sandbox
            .binance()
            .order(&trade_no)
            .unwrap()
            .payment
            .is_none()
    );
}

#[tokio::test]
async fn open_page_hears_of_what_happens_elsewhere() {
    let sandbox = sandbox().await;
    let (trade_no, data) = with_ways_back(&sandbox).await;
    let url = format!("{}/state", text(&data, "checkoutUrl"));
    let hear = async || open(&url).await.json::<Value>().await.unwrap();

    let mut heard = hear().await;
    let left_secs = heard["leftSecs"].take().as_i64().unwrap();
    assert!((3595..=3600).contains(&left_secs), "{left_secs}");
    let waiting = json!({"status": "INITIAL", "words": "Waiting for your payment", "isOpen": true,
        "leftSecs": null, "next": null});
    assert_eq!(heard, waiting);

    sandbox.binance().under_way(&trade_no, true).unwrap();
    let heard = hear().await;
    assert_eq!(
        (&heard["status"], &heard["isOpen"]),
        (&json!("PENDING"), &json!(false))
    );
    assert_eq!(heard["next"], Value::Null);

    sandbox
        .binance()
        .pay(&trade_no, Play::in_silence())
        .unwrap();
    let heard = hear().await;
    assert_eq!(
        (&heard["status"], &heard["next"]),
        (&json!("PAID"), &json!(THANKS))
    );

    let (_, other) = with_ways_back(&sandbox).await;
    sandbox.binance().advance(3601);
    let url = format!("{}/state", text(&other, "checkoutUrl"));
    let heard: Value = open(&url).await.json().await.unwrap();
    assert_eq!(
        (&heard["status"], &heard["leftSecs"]),
        (&json!("EXPIRED"), &json!(0))
    );
}

#[tokio::test]
async fn what_the_merchant_wrote_is_text_and_runs_nothing() {
    let sandbox = sandbox().await;
    let mut asked = order(None);
    asked["description"] = json!("<script>alert(1)</script> & more");
    asked["goodsDetails"][0]["goodsName"] = json!("</dd><img src=x onerror=alert(2)>");
    let answer = Request::new(&sandbox, "v3/order", &asked).send().await;
    assert_eq!(answer["code"], "000000", "{answer}");
    let checkout = text(&answer["data"], "checkoutUrl");

    let opened = open(checkout).await;
    assert_eq!(opened.headers()["x-frame-options"], "DENY");
    let policy = opened.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let shown = opened.text().await.unwrap();
    assert!(shown.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"));
    assert!(!shown.contains("<script>alert"), "{shown}");
    assert!(!shown.contains("<img"), "{shown}");
    assert_eq!(press(&shown, "pay").await, checkout);
}

#[tokio::test]
async fn checkout_that_does_not_exist_is_said_not_to_in_words() {
    let sandbox = sandbox().await;
    let base = format!("{}/en/checkout/{}", sandbox.binance().url(), "0".repeat(32));
    for path in ["", "/qr.svg", "/state"] {
        let opened = open(&format!("{base}{path}")).await;
        assert_eq!(opened.status(), 404);
        let page = opened.text().await.unwrap();
        assert!(page.contains("There is no such checkout."), "{page}");
    }
    let browser = web::client(Duration::from_secs(5), false);
    let pressed = browser.post(format!("{base}/pay")).send().await.unwrap();
    assert_eq!(pressed.status(), 404);
    assert!(sandbox.binance().calls().is_empty());
}
