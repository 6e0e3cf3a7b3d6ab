//! The main job, from `POST /orders` over the checkout page to the accepted confirmation.

use std::time::Duration;

use sandbox::web;
use serde_json::json;

use crate::world::{World, play};

#[test]
fn order_is_paid_on_the_checkout_page_and_confirmed_to_leadscalendar() {
    play(async |world: &World| {
        let request = json!({
            "transactionType": "PAY",
            "fiat": "USD",
            "price": 1.00,
            "callbackUrl": world.sandbox.leadscalendar().callback_url(),
            "returnUrl": "https://app.example.com/paid",
            "reference": "subscription-7",
        });
        let created = world.create(&request, &[]).await;
        assert_eq!(created.status, 201, "{}", created.text);
        let order = created.json();
        assert_eq!(order["status"], "PENDING");
        assert_eq!(order["totalFee"], "1.00020004");
        let order_id = order["orderId"].as_str().unwrap();
        let path = format!("/orders/{order_id}");
        assert_eq!(created.header("location"), Some(path.as_str()));

        let went_to = pay_as_a_browser(order["checkoutUrl"].as_str().unwrap()).await;
        assert_eq!(went_to, "https://app.example.com/paid");

        let confirmed = |world: &World| !confirmations(world, order_id).is_empty();
        world.until("the confirmation", confirmed).await;
        let [confirmation] = &confirmations(world, order_id)[..] else {
            panic!("more than one confirmation");
        };
        assert_eq!(confirmation["type"], "order.paid");
        assert_eq!(confirmation["data"]["reference"], "subscription-7");

        let item = world.item(order_id);
        assert_eq!(item["status"], "PAID");
        let seen = world.get(order_id).await;
        assert_eq!(seen.status, 200, "{}", seen.text);
        assert_eq!(seen.json()["status"], "PAID");
        let trade_no = order["merchantTradeNo"].as_str().unwrap();
        let payment = world.sandbox.binance().order(trade_no).unwrap().payment;
        assert_eq!(
            seen.json()["transactionId"],
            json!(payment.unwrap().transaction_id)
        );
    });
}

/// The bodies that LeadsCalendar accepted for an order; a third-party library has verified their signatures.
fn confirmations(world: &World, order_id: &str) -> Vec<serde_json::Value> {
    let all = world.sandbox.leadscalendar().confirmations().into_iter();
    all.filter(|one| one.accepted && one.body["data"]["orderId"] == order_id)
        .map(|one| one.body)
        .collect()
}

/// Opens the page, sends the form behind its first button, and says where the payer is sent then.
async fn pay_as_a_browser(checkout_url: &str) -> String {
    let browser = web::client(Duration::from_secs(10), false);
    let opened = browser.get(checkout_url).send().await.unwrap();
    let page = opened.text().await.unwrap();
    let (_, rest) = page.split_once("action=\"").unwrap();
    let (action, _) = rest.split_once('"').unwrap();
    let pressed = browser.post(action).send().await.unwrap();
    assert_eq!(pressed.status(), 303);
    pressed.headers()["location"].to_str().unwrap().to_owned()
}
