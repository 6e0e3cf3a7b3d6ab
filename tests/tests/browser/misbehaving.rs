//! What goes wrong when somebody wants it to, and how that is seen.

use crate::world::{cell, id, play};

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_is_repeated_while_leadscalendar_is_away_and_accepted_when_it_is_back() {
    play(async |world| {
        let browser = &world.browser;
        world.leadscalendar_is("down").await;
        let order = world.order().await;
        world.pay(&order).await;
        browser.until_it_says(&cell(&order, "status"), "PAID").await;
        browser.until_it_says(&cell(&order, "answer"), "503").await;
        browser
            .until_it_says(&cell(&order, "owed"), "confirmation")
            .await;

        // The first repeat comes after a minute, the second after five more; a fifth earlier or later.
        world.time_moves("90s").await;
        world.open(&format!("/console/orders/{}", id(&order))).await;
        browser
            .until("#timeline", |text| text.matches("503").count() >= 2)
            .await;
        world.leadscalendar_is("up").await;
        world.time_moves("7m").await;

        world.open("/").await;
        browser
            .until_it_says(&cell(&order, "answer"), "200, accepted")
            .await;
        browser
            .until_it_says(&cell(&order, "owed"), "nothing")
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_notification_is_refused_with_its_reason() {
    play(async |world| {
        let browser = &world.browser;
        let order = world.order().await;
        let trade_no = order["merchantTradeNo"].as_str().unwrap();

        world.open("/console/misbehave").await;
        browser
            .choose("#forge select[name=signature]", "forged")
            .await;
        browser
            .write("#forge input[name=merchantTradeNo]", trade_no)
            .await;
        browser.click("#forge button.main").await;

        browser
            .until_it_says("#told", "It was refused with 4")
            .await;
        browser.until_it_says("#told", "signature").await;
        browser.until_it_says("#told", "fails:").await;
        browser.picture("sandbox-misbehave", "body").await;
        world.open("/").await;
        browser
            .until_it_says(&cell(&order, "status"), "PENDING")
            .await;
    })
    .await;
}
