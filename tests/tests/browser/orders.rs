//! What becomes of an order, seen on the page of orders and on its own.

use crate::world::{cell, id, play};

#[tokio::test(flavor = "multi_thread")]
async fn paid_order_and_its_accepted_confirmation_arrive_without_a_reload() {
    play(async |world| {
        let browser = &world.browser;
        let order = world.order().await;
        let row = |column| cell(&order, column);
        browser.until_it_says(&row("status"), "PENDING").await;
        browser.until_it_says(&row("answer"), "nothing yet").await;
        browser.mark().await;

        world.pay(&order).await;

        browser.until_it_says(&row("status"), "PAID").await;
        browser.until_it_says(&row("answer"), "200, accepted").await;
        browser.until_it_says(&row("owed"), "nothing").await;
        assert!(browser.is_marked().await, "the page was loaded again");
        browser.picture("sandbox-orders", "body").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_passed_about_an_order_is_shown_and_opens_to_what_was_sent() {
    play(async |world| {
        let browser = &world.browser;
        let order = world.order().await;
        world.pay(&order).await;
        browser
            .until_it_says(&cell(&order, "answer"), "200, accepted")
            .await;

        world.open(&format!("/console/orders/{}", id(&order))).await;

        for kind in ["api", "call", "notification", "confirmation", "write"] {
            let arrow = format!("#timeline details[data-kind={kind}] summary");
            browser.until(&arrow, |text| !text.is_empty()).await;
        }
        browser.picture("sandbox-order", "#timeline").await;
        let opened = "#timeline details[data-kind=call][open] .opened";
        assert_eq!(browser.text(opened).await, None);
        browser
            .click("#timeline details[data-kind=call] summary")
            .await;
        let trade_no = order["merchantTradeNo"].as_str().unwrap();
        browser.until_it_says(opened, trade_no).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unpaid_order_expires_before_ones_eyes_when_time_is_moved() {
    play(async |world| {
        let browser = &world.browser;
        let order = world.order().await;
        browser
            .until_it_says(&cell(&order, "status"), "PENDING")
            .await;
        browser.mark().await;
        let console = world.checkout(&order).await;
        browser.until_it_says("#countdown", ":").await;
        browser.until_it_says("[data-status]", "Waiting").await;
        browser.picture("sandbox-checkout", "body").await;

        world.time_moves("61m").await;
        browser.back_to(console).await;

        browser
            .until_it_says(&cell(&order, "status"), "EXPIRED")
            .await;
        browser
            .until_it_says(&cell(&order, "answer"), "200, accepted")
            .await;
        assert!(browser.is_marked().await, "the page was loaded again");
        world.checkout(&order).await;
        browser
            .until_it_says("[data-status=EXPIRED]", "Expired")
            .await;
    })
    .await;
}
