//! Whether Binance lets us in: by the credentials, the permissions, the region and the clock.

use shared::ambient::now_ms;
use shared::binance::{BinanceError, CallError, Offset};

use super::Check;
use crate::ReconcileOrders;

/// Time limit of the call, signed anew or not, in milliseconds.
const CALL_MS: i64 = 8_000;

const CLOCK: &str = "no one but AWS sets the clock of a Lambda: deploy again, so that another machine is used, and tell AWS's support if it stays; on your own machine set it by NTP";
const KEY: &str = "see on Binance's Merchant Management Platform that binanceApiKey is one of its keys, has access to Checkout, and that its list of trusted IPs is empty; else make a new one, and fill SecretsId";

impl ReconcileOrders {
    /// A signed call that changes nothing; signed anew once, since the first may have been long on its way, while its
    /// connection was opened.
    pub(super) async fn check_binance(&self) -> [Check; 2] {
        let deadline_ms = now_ms().saturating_add(CALL_MS);
        let called = self.app.binance.look(deadline_ms).await;
        let has_answered = match &called {
            Ok(()) => true,
            Err(error) => error
                .answer()
                .is_some_and(|said| said.http_status.is_some()),
        };
        let offset = self.app.binance.clock_offset().filter(|_| has_answered);
        let url = &self.app.settings.binance_base_url;
        let binance = match &called {
            Ok(()) => Check::green("binance", format!("{url} accepts our calls")),
            Err(error) => Check::red("binance", error, mend(error)),
        };
        [binance, clock(&called, offset)]
    }
}

/// What mends it that a call did not succeed.
fn mend(error: &BinanceError) -> &'static str {
    let BinanceError::Call(error) = error else {
        return "fill SecretsId first: without it there is nothing to sign with";
    };
    let answer = error.answer();
    match (answer.code.as_deref(), answer.http_status) {
        _ if answer.is_clock() => "see the clock",
        _ if answer.is_rate_limit() => "check again in a minute",
        _ if answer.redirect_to.is_some() => "give BinanceBaseUrl the address of Binance's API",
        (_, Some(451)) => "Binance restricts this region: deploy to another, such as eu-central-1",
        (Some("400002"), _) => {
            "binanceApiSecret is not the one of binanceApiKey: fill SecretsId with the two that belong together"
        }
        (Some("400004" | "400005"), _) | (None, Some(401)) => KEY,
        (Some("400203" | "400206" | "400606"), _) => "ask Binance for the permission",
        (None, Some(403)) => {
            "a front of Binance's lets no call from here through: if it stays, deploy to another region"
        }
        _ => match error {
            CallError::Refused(_) | CallError::Access(_) => "ask Binance's support",
            CallError::NotDone(_) | CallError::Unknown(_) => {
                "check again in a minute; if it stays, see that BinanceBaseUrl is right, and whether Binance is up"
            }
        },
    }
}

/// Whether Binance takes our time.
fn clock(called: &Result<(), BinanceError>, offset: Option<Offset>) -> Check {
    let ours = offset.map_or_else(String::new, |offset| format!("; ours is {offset}"));
    match (called, offset) {
        (Ok(()), _) => Check::green("clock", format!("Binance accepts our time{ours}")),
        (Err(error), _) if error.is_clock() => {
            let what =
                format!("Binance refuses our time, which must be within a second of its own{ours}");
            Check::red("clock", &what, CLOCK)
        }
        (Err(_), Some(offset)) if offset.is_too_much() => Check::red(
            "clock",
            &format!("our time is {offset}, which refuses it"),
            CLOCK,
        ),
        (Err(_), Some(offset)) => Check::green("clock", format!("our time is {offset}")),
        (Err(_), None) => Check::red("clock", &"Binance did not tell its time", "see binance"),
    }
}
