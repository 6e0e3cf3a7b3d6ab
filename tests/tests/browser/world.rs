//! A sandbox with the functions in it, on free ports, and a window of the browser beside it.

use std::sync::Arc;
use std::time::Duration;

use fantoccini::wd::WindowHandle;
use sandbox::gateway::{Gateway, Play, start_in_process};
use sandbox::{Options, Sandbox, web};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::browser::Browser;

/// How often reconcile-orders runs, which takes its time from the sandbox's clock.
const RECONCILE_EVERY: Duration = Duration::from_secs(1);

/// A running sandbox, and who looks at it.
pub struct World {
    pub browser: Browser,
    sandbox: Sandbox,
    _gateway: Arc<Gateway>,
    schedule: JoinHandle<()>,
}

/// Plays a test in a sandbox of its own; where there is no browser it says so and plays nothing.
pub async fn play(test: impl AsyncFnOnce(&World)) {
    let Some(browser) = Browser::open().await else {
        return;
    };
    let world = World::around(browser).await;
    test(&world).await;
    world.schedule.abort();
    world.browser.close().await;
}

impl World {
    async fn around(browser: Browser) -> Self {
        let listener = web::listen(0, "none").await.unwrap();
        let callback_url = format!("http://{}/binance-callback", listener.local_addr().unwrap());
        let sandbox = Sandbox::start(Options {
            callback_url: Some(callback_url.clone()),
            ..Options::default()
        });
        let sandbox = sandbox.await.unwrap();
        let play = Play::of(&sandbox);
        let settings = sandbox.settings(&callback_url);
        let gateway = Arc::new(start_in_process(&settings, listener, play).unwrap());
        let schedule = Arc::clone(&gateway);
        let failed = |problem: &str| eprintln!("reconcile-orders failed: {problem}");
        Self {
            browser,
            sandbox,
            _gateway: gateway,
            schedule: tokio::spawn(async move {
                schedule.keep_schedule(RECONCILE_EVERY, failed).await;
            }),
        }
    }

    /// Opens a page of the console.
    pub async fn open(&self, path: &str) {
        let url = format!("{}{path}", self.sandbox.binance().url());
        self.browser.goto(&url).await;
    }

    /// Makes an order by the form below the table of orders, and returns the answer.
    pub async fn order(&self) -> Value {
        self.open("/").await;
        self.browser.click("#new-order button").await;
        let said = self
            .browser
            .until_it_says("#answer pre", "\"orderId\"")
            .await;
        let json = said.find('{').map(|at| &said[at..]);
        serde_json::from_str(json.unwrap()).unwrap()
    }

    /// Pays an order at its checkout, in a window beside the one that is open.
    pub async fn pay(&self, order: &Value) {
        let console = self.checkout(order).await;
        self.browser.click("#pay").await;
        self.browser
            .until_it_says("[data-status=PAID]", "Paid")
            .await;
        self.browser.back_to(console).await;
    }

    /// Opens the checkout of an order in another window, and returns the one that was open.
    pub async fn checkout(&self, order: &Value) -> WindowHandle {
        let console = self.browser.another_window().await;
        let url = order["checkoutUrl"].as_str().unwrap();
        self.browser.goto(url).await;
        console
    }

    /// Meets confirmations in this way from now on, by the page where everything is made to misbehave.
    pub async fn leadscalendar_is(&self, mode: &str) {
        self.open("/console/misbehave").await;
        let browser = &self.browser;
        browser
            .choose("#leadscalendar select[name=mode]", mode)
            .await;
        browser.click("#leadscalendar input[name=always]").await;
        browser.click("#leadscalendar button.main").await;
        browser.until_it_says("#leadscalendar strong", mode).await;
        browser.until_it_says("#told", "Done").await;
    }

    /// Moves the time on by so much, on the same page.
    pub async fn time_moves(&self, by: &str) {
        self.open("/console/misbehave").await;
        self.browser.write("#time input[name=by]", by).await;
        self.browser.click("#time button").await;
        self.browser.until_it_says("#told", "Done").await;
    }
}

/// A cell of an order's row in the table of orders.
pub fn cell(order: &Value, column: &str) -> String {
    format!("#orders tr[data-order='{}'] [data-col={column}]", id(order))
}

/// The order's id.
pub fn id(order: &Value) -> &str {
    order["orderId"].as_str().unwrap()
}
