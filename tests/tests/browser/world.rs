//! The program that people run, `sandbox up`, on free ports, and a window of the browser beside it.

use std::process::Command;

use fantoccini::wd::WindowHandle;
use serde_json::Value;

use crate::browser::{Browser, Screen};
use crate::program::Program;

/// A running sandbox, and who looks at it.
pub struct World {
    pub browser: Browser,
    console: String,
    _sandbox: Program,
}

/// Plays a test in a sandbox of its own; where there is no browser it says so and plays nothing.
pub async fn play(test: impl AsyncFnOnce(&World)) {
    play_on(Screen::Desk, test).await;
}

/// The same, seen through this window.
pub async fn play_on(screen: Screen, test: impl AsyncFnOnce(&World)) {
    let Some(browser) = Browser::open(screen).await else {
        return;
    };
    let world = World::around(browser);
    test(&world).await;
    world.browser.close().await;
}

impl World {
    fn around(browser: Browser) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox"));
        command.args(["up", "--json"]);
        for part in ["gateway", "binance", "leadscalendar", "dynamodb"] {
            command.arg(format!("--{part}-port=0"));
        }
        let sandbox = Program::start(command);
        let addresses: Value = sandbox.find(|line| serde_json::from_str(line).ok());
        Self {
            browser,
            console: addresses["console"].as_str().unwrap().to_owned(),
            _sandbox: sandbox,
        }
    }

    /// Opens a page of the console.
    pub async fn open(&self, path: &str) {
        let url = format!("{}{path}", self.console);
        self.browser.goto(&url).await;
    }

    /// Makes an order by the form below the table of orders, and returns the answer.
    pub async fn order(&self) -> Value {
        self.open("/").await;
        self.browser.click("#new-order button").await;
        // Of a page that is being loaded the half may be there.
        let read = |said: &str| -> Option<Value> {
            let json = &said[said.find('{')?..];
            serde_json::from_str(json).ok()
        };
        let is_read = |said: &str| read(said).is_some_and(|order| order["orderId"].is_string());
        let said = self.browser.until("#answer pre", is_read).await;
        read(&said).unwrap()
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
