//! The one road from a question to what follows: Binance is asked about attempts of an order, and what it answers is
//! recorded. Whoever wants to know how an order stands walks it.

use std::sync::OnceLock;

use futures_util::stream::{self, StreamExt as _};
use tracing::{error, instrument, warn};

use crate::ambient::now_ms;
use crate::binance::{Binance, SHORTEST_CALL_MS};
use crate::follow_up;
use crate::order::{Event, Fact, Order, State, Status};
use crate::store::{Store, StoreError, Stored};

/// Questions about one order at the same time; it can have 99 attempts.
const CONCURRENCY: usize = 8;

/// What is asked, and by when.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Which attempts.
    pub about: About,
    /// It was decided to ask then, in milliseconds since the Unix epoch by the asker's time.
    pub began_ms: i64,
    /// When the last answer must be there, by the clock.
    pub deadline_ms: i64,
    /// What the asker's time is ahead of the clock, in milliseconds.
    pub offset_ms: i64,
    /// What the asker knows of Binance's rate limit.
    pub rate: &'a RateLimit,
}

/// Whether Binance has limited the rate of whoever asks, who then asks no more: a sale needs it more.
#[derive(Debug, Default)]
pub struct RateLimit(OnceLock<i64>);

impl RateLimit {
    /// The wait that Binance asked for, in milliseconds; none while it has not limited the rate.
    #[must_use]
    pub fn wait_ms(&self) -> Option<i64> {
        self.0.get().copied()
    }

    fn reached(&self, retry_after_secs: Option<u64>) {
        let secs = i64::try_from(retry_after_secs.unwrap_or_default()).unwrap_or(i64::MAX);
        // The first answer counts.
        let _ = self.0.set(secs.saturating_mul(1_000));
    }
}

/// Which attempts are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// All of them: a step of the order's status.
    Every {
        /// What was reported is due, too, for the second and last time.
        report: bool,
    },
    /// One, about which something was reported, for the first time.
    Reported(u8),
    /// All of them, for the second and last time after something was reported of one.
    ReportedAgain,
    /// One whose number an invocation wants to use.
    Number(u8),
}

/// What came of a question.
#[derive(Debug)]
pub struct Asked {
    /// The order as it is in the table now.
    pub order: Stored,
    /// The answers made a change that LeadsCalendar is told of, and whoever asked tells it at once.
    pub is_told: bool,
    /// What Binance answered, by attempt; none if it did not, or not readably.
    pub answers: Vec<(u8, Option<Fact>)>,
}

impl Asked {
    /// Whether Binance answered everything.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.answers.iter().all(|(_, fact)| fact.is_some())
    }
}

/// Asks Binance, records what it answers, and raises the alarms that this gives rise to.
///
/// # Errors
/// [`StoreError`].
#[instrument(
    level = "error",
    name = "order",
    skip_all,
    fields(order.id = %order.order_id, trade_no = %order.trade_no())
)]
pub async fn ask(
    store: &Store,
    binance: &Binance,
    order: Stored,
    question: Question<'_>,
) -> Result<Asked, StoreError> {
    let answers = answers(binance, &order, question).await;
    let report = order.report.clone();
    let mut events: Vec<Event> = answers
        .iter()
        .filter_map(|(attempt, fact)| {
            let (attempt, fact) = (*attempt, fact.clone()?);
            Some(Event::Learned { attempt, fact })
        })
        .collect();
    events.extend(follow_ups(&order, question, &answers));
    let at_ms = now_ms().saturating_add(question.offset_ms);
    let asked = store.transition(order, &events, "query", at_ms).await?;
    let is_told = asked.is_told();
    let order = follow_up::report(store, asked, "query").await?;
    if let Some(report) = report
        && order.report.is_none()
        && !report.is_ours
        && !report.is_confirmed_by(&order)
    {
        let (id, trade_no) = (order.order_id.as_str(), order.trade_no_of(report.attempt));
        warn!(
            order.id = id,
            %trade_no,
            "what was reported of {trade_no} is not so, and named another checkout: it is another merchant's"
        );
    }
    Ok(Asked {
        order,
        is_told,
        answers,
    })
}

/// What the answers mean beside what they say of each attempt.
fn follow_ups(order: &Order, question: Question<'_>, answers: &[(u8, Option<Fact>)]) -> Vec<Event> {
    let is_answered = answers.iter().all(|(_, fact)| fact.is_some());
    // How much is on its way back, is told later: as good as no answer yet.
    let is_refunding = |fact: &Fact| fact.state() == Some(&State::Refunding);
    let is_done = is_answered
        && !answers
            .iter()
            .any(|(_, fact)| fact.as_ref().is_some_and(is_refunding));
    let put_off = question.rate.wait_ms().filter(|_| !is_answered);
    let put_off = put_off.map(|wait_ms| Event::PutOff {
        wait_ms,
        is_taken_on: true,
    });
    let mut events = Vec::new();
    match question.about {
        About::Every { report } => {
            if is_done && order.status == Status::Created {
                // Nobody came back for it, and nobody has the address of a checkout.
                events.push(Event::Abandoned);
            }
            if is_done && report {
                events.push(Event::ReportAnswered { is_last: true });
            }
            let began_ms = question.began_ms;
            events.push(if is_done {
                Event::Asked { began_ms }
            } else {
                put_off.unwrap_or(Event::Unanswered)
            });
        }
        About::Reported(_) | About::ReportedAgain if is_done => {
            let is_last = matches!(question.about, About::ReportedAgain);
            events.push(Event::ReportAnswered { is_last });
        }
        About::ReportedAgain => events.push(put_off.unwrap_or(Event::ReportUnanswered)),
        About::Reported(_) | About::Number(_) => {}
    }
    events
}

/// What Binance answers about each attempt.
async fn answers(
    binance: &Binance,
    order: &Stored,
    question: Question<'_>,
) -> Vec<(u8, Option<Fact>)> {
    let attempts: Vec<u8> = match question.about {
        About::Every { report: false } => every_attempt(order),
        // What was reported while a report waited may be about any of them.
        About::Every { report: true } | About::ReportedAgain => {
            (1..=order.current_attempt()).collect()
        }
        About::Reported(attempt) | About::Number(attempt) => vec![attempt],
    };
    let questions = attempts.into_iter().map(|attempt| async move {
        let trade_no = order.trade_no_of(attempt);
        let id = order.order_id.as_str();
        if question.rate.wait_ms().is_some() {
            return (attempt, None);
        }
        if now_ms().saturating_add(SHORTEST_CALL_MS) > question.deadline_ms {
            warn!(order.id = id, %trade_no, "no time was left to ask Binance about {trade_no}");
            return (attempt, None);
        }
        match binance.query(&trade_no, question.deadline_ms).await {
            Ok(fact) => {
                let opened = order.attempt(attempt).and_then(|attempt| attempt.checkout.as_ref());
                if fact.state().is_none() && opened.is_some() {
                    warn!(order.id = id, %trade_no, "Binance does not know {trade_no}, whose checkout it opened");
                }
                (attempt, Some(fact))
            }
            Err(error) if let Some(alarm) = error.alarm() => {
                error!(alarm, order.id = id, %trade_no, %error, "an operator must act: Binance cannot be asked about {trade_no}");
                (attempt, None)
            }
            Err(error) => {
                if let Some(answer) = error.rate_limit() {
                    question.rate.reached(answer.retry_after_secs);
                }
                warn!(order.id = id, %trade_no, %error, "Binance could not be asked about {trade_no}");
                (attempt, None)
            }
        }
    });
    stream::iter(questions)
        .buffered(CONCURRENCY)
        .collect()
        .await
}

/// Every attempt that Binance can know of: what it refused it does not have, unless it refused everything.
fn every_attempt(order: &Order) -> Vec<u8> {
    let numbered = || order.attempts.iter().zip(1_u8..);
    let known: Vec<u8> = numbered()
        .filter(|(attempt, _)| !attempt.is_refused())
        .map(|(_, number)| number)
        .collect();
    if known.is_empty() {
        return numbered().map(|(_, number)| number).collect();
    }
    known
}

#[cfg(test)]
mod tests;
