//! The pages on a phone: as wide as it is, and made for fingers.

use serde_json::json;

use crate::browser::Screen;
use crate::world::{cell, id, play_on};

/// What is wider than the window, and what is too small to be touched, of all that is shown.
const UNFIT: &str = r"
    const unfit = [], width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) unfit.push('the page is wider than ' + width);
    for (const it of document.querySelectorAll('button, input, select, textarea, summary, nav a, td a, main a')) {
        const { width, height } = it.getBoundingClientRect();
        const touched = it.closest('label.check')?.getBoundingClientRect().height ?? height;
        if (width > 0 && touched < 44) unfit.push(`${it.outerHTML.slice(0, 80)}: ${touched}`);
    }
    return unfit;
";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_a_phone_and_its_fingers() {
    play_on(Screen::Phone, async |world| {
        let browser = &world.browser;
        let order = world.order().await;
        let pending = world.order().await;
        browser
            .until_it_says(&cell(&pending, "status"), "PENDING")
            .await;
        assert_eq!(browser.asked(UNFIT).await, json!([]), "orders");
        world.pay(&order).await;
        browser
            .until_it_says(&cell(&order, "answer"), "200, accepted")
            .await;
        assert_eq!(browser.asked(UNFIT).await, json!([]), "orders, one paid");

        let one = format!("/console/orders/{}", id(&order));
        for path in [&one, "/console/misbehave", "/console/verify"] {
            world.open(path).await;
            browser.until("h1", |text| !text.is_empty()).await;
            let open = "document.querySelectorAll('details').forEach(it => it.open = true)";
            browser.asked(open).await;
            assert_eq!(browser.asked(UNFIT).await, json!([]), "{path}");
        }
        for it in [&order, &pending] {
            browser.goto(it["checkoutUrl"].as_str().unwrap()).await;
            browser.until("h1", |text| !text.is_empty()).await;
            assert_eq!(browser.asked(UNFIT).await, json!([]), "{it}");
        }
    })
    .await;
}
