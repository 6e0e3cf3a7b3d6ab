//! What is believed of Binance, compared with what it answers: calls that cost nothing, and orders that nobody pays.
//!
//! The list of beliefs is `beliefs`; each other module plays a part of it. The calls are signed by the functions' own code,
//! since it is that code which is to be shown right, and those that are wrong on purpose by hand.

mod beliefs;
mod call;
mod certificates;
mod closing;
mod creating;
mod expiry;
mod fiat;
mod gate;
mod lengths;
mod notices;
mod orders;
mod querying;
mod refunding;
mod report;

use std::time::Duration;

use call::{Caller, OtherWay};
pub use call::{Keys, LOCAL_HOSTS};
pub use notices::Notices;
pub use orders::Made;
pub use report::{Report, Row, Verdict};

/// The most orders that a run makes.
pub const ORDERS: usize = 32;

/// Where to ask, as whom, and what is told of it meanwhile.
pub struct Target {
    /// The address of the merchant API, without a slash at the end.
    pub base_url: String,
    /// Who asks.
    pub keys: Keys,
    /// Where notifications come in, if they can be seen at all.
    pub notices: Option<Notices>,
    /// The orders that were made and may still be open.
    pub made: Made,
    /// Is told how far it has come.
    pub say: fn(&str),
}

/// A run: the calls, and what has been seen so far.
struct Run<'a> {
    target: &'a Target,
    caller: Caller,
    report: Report,
}

/// Compares all beliefs with what is answered.
///
/// # Errors
/// A sentence that says what to look at, when Binance cannot be asked at all, or no longer. Orders may be open then, see
/// [`close_all`].
pub async fn compare(target: &Target) -> Result<Report, String> {
    let mut run = Run {
        target,
        caller: Caller::new(&target.base_url, target.keys.clone())?,
        report: Report::default(),
    };
    run.gate().await?;
    run.certificates().await?;
    run.creating().await?;
    run.lengths().await?;
    run.fiat().await?;
    run.querying().await?;
    run.refunding().await?;
    run.closing().await?;
    run.expiry().await?;
    run.statuses();
    Ok(run.report.complete())
}

/// Closes what was made and may still be open; gives the numbers of which Binance did not say that they are over.
///
/// # Errors
/// A sentence.
pub async fn close_all(target: &Target) -> Result<Vec<String>, String> {
    let mut caller = Caller::new(&target.base_url, target.keys.clone())?;
    let mut open = Vec::new();
    for trade_no in target.made.open() {
        let named = serde_json::json!({"merchantTradeNo": trade_no});
        let closed = caller.call("order/close", &named).await;
        // What it refuses to close is over, or was never made.
        let is_over =
            closed.is_ok_and(|seen| ["000000", "400204", "400202"].contains(&seen.code.as_str()));
        if is_over {
            target.made.over(&trade_no);
        } else {
            open.push(trade_no);
        }
    }
    Ok(open)
}

impl Run<'_> {
    fn say(&self, what: &str) {
        (self.target.say)(what);
    }

    /// Has the time pass: the simulator's is moved, Binance's waited for.
    async fn pass(&mut self, secs: u32) -> Result<(), String> {
        if self.caller.is_local() {
            return self.caller.advance(secs).await;
        }
        let mut left = secs;
        while left > 0 {
            self.say(&format!("waiting until an order expires: {left} s"));
            let step = left.min(10);
            tokio::time::sleep(Duration::from_secs(step.into())).await;
            left -= step;
        }
        Ok(())
    }

    /// With what HTTP statuses the refusals of the whole run came.
    fn statuses(&mut self) {
        let statuses = &self.caller.refused_with;
        let all: Vec<String> = statuses.iter().map(u16::to_string).collect();
        let usual = statuses
            .iter()
            .all(|status| matches!(status, 200 | 400..=499));
        let seen = if usual { "200 or 4xx" } else { "others" };
        self.report
            .saw_of("refusal.http", seen, &format!("HTTP {}", all.join(", ")));
    }
}

/// What is left unsaid of a call that is as it should be.
const RIGHT: Option<OtherWay> = None;
