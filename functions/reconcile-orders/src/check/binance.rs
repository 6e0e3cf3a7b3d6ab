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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::tests::secret_error;
    use shared::binance::Answer;
    use shared::secret_store::Missing;

    type End = fn(Answer) -> CallError;

    fn ended(end: End, code: Option<&str>, http_status: Option<u16>) -> BinanceError {
        BinanceError::Call(end(Answer {
            http_status,
            code: code.map(str::to_owned),
            ..Answer::default()
        }))
    }

    #[tokio::test]
    async fn what_mends_a_call_is_told_by_its_end() {
        let (refused, access): (End, End) = (CallError::Refused, CallError::Access);
        let (not_done, unknown): (End, End) = (CallError::NotDone, CallError::Unknown);
        let pair = "binanceApiSecret is not the one of binanceApiKey: fill SecretsId with the two that belong together";
        let region = "Binance restricts this region: deploy to another, such as eu-central-1";
        let front = "a front of Binance's lets no call from here through: if it stays, deploy to another region";
        let again = "check again in a minute; if it stays, see that BinanceBaseUrl is right, and whether Binance is up";
        let (permission, support) = ("ask Binance for the permission", "ask Binance's support");
        for (end, code, http_status, expected) in [
            (not_done, Some("400003"), Some(400), "see the clock"),
            (
                not_done,
                Some("406108"),
                Some(400),
                "check again in a minute",
            ),
            (not_done, None, Some(429), "check again in a minute"),
            (access, None, Some(451), region),
            (access, Some("400002"), Some(451), region),
            (access, Some("400002"), Some(401), pair),
            (access, Some("400004"), Some(400), KEY),
            (access, Some("400005"), Some(400), KEY),
            (access, None, Some(401), KEY),
            (access, Some("400203"), Some(400), permission),
            (access, Some("400206"), Some(403), permission),
            (access, Some("400606"), Some(400), permission),
            (access, None, Some(403), front),
            (access, Some("400999"), Some(403), support),
            (access, Some("400999"), Some(401), support),
            (refused, Some("400001"), Some(400), support),
            (refused, None, Some(404), support),
            (not_done, None, None, again),
            (unknown, Some("400000"), Some(500), again),
        ] {
            let error = ended(end, code, http_status);
            assert_eq!(mend(&error), expected, "{error}");
        }
        let redirected = BinanceError::Call(CallError::Access(Answer {
            http_status: Some(301),
            redirect_to: Some("example.com".to_owned()),
            ..Answer::default()
        }));
        let address = "give BinanceBaseUrl the address of Binance's API";
        assert_eq!(mend(&redirected), address);
        let secrets = BinanceError::Secrets(secret_error(Missing::NoValue).await);
        let fill = "fill SecretsId first: without it there is nothing to sign with";
        assert_eq!(mend(&secrets), fill);
    }

    #[test]
    fn clock_is_judged_by_what_binance_says_and_else_by_the_date_of_its_answer() {
        // Of a call that took no time, our clock showing so much more than the date.
        let ahead = |ms| Some(Offset::of(ms, ms, 0));
        let refused = || Err(ended(CallError::NotDone, Some("400003"), Some(400)));
        let failed = || Err(ended(CallError::Unknown, None, Some(500)));
        let off = "between 4.0 s and 5.0 s ahead of Binance's";
        let right = "between 0.5 s behind and 0.5 s ahead of Binance's";
        let too_far = "Binance refuses our time, which must be within a second of its own";
        let red = |what: &str, mend| Check::red("clock", &what, mend);
        let green = |says: String| Check::green("clock", says);
        for (called, offset, expected) in [
            (Ok(()), None, green("Binance accepts our time".to_owned())),
            (
                Ok(()),
                ahead(5_000),
                green(format!("Binance accepts our time; ours is {off}")),
            ),
            (refused(), None, red(too_far, CLOCK)),
            (
                refused(),
                ahead(500),
                red(&format!("{too_far}; ours is {right}"), CLOCK),
            ),
            (
                failed(),
                ahead(5_000),
                red(&format!("our time is {off}, which refuses it"), CLOCK),
            ),
            (failed(), ahead(500), green(format!("our time is {right}"))),
            (
                failed(),
                None,
                red("Binance did not tell its time", "see binance"),
            ),
        ] {
            assert_eq!(clock(&called, offset), expected);
        }
    }
}
