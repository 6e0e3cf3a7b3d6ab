//! The one road from a question to what follows: Binance is asked about attempts of an order, and what it answers is
//! recorded. Whoever wants to know how an order stands walks it.

mod answers;

use std::sync::OnceLock;

use tracing::{instrument, warn};

use crate::ambient::OrderClock;
use crate::binance::Binance;
use crate::follow_up;
use crate::order::{Event, Fact, Order, RefundId, State, Status};
use crate::store::{Store, StoreError, Stored};

/// What is asked, and by when.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Which attempts.
    pub about: About,
    /// It was decided to ask then, in milliseconds since the Unix epoch by the asker's time.
    pub began_ms: i64,
    /// When the last answer must be there, by the clock.
    pub deadline_ms: i64,
    /// What the order is measured by.
    pub clock: OrderClock,
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
    /// One that an invocation is at work on.
    Number(u8),
    /// None but the undecided refund; of the others, each but the last asks about it, too.
    Refund {
        /// LeadsCalendar learns of the answer by that to its own request.
        is_answered: bool,
    },
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
    /// The refund that was asked about, and that Binance does not know.
    pub unknown_refund: Option<RefundId>,
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
    let (answers, refund) = tokio::join!(
        answers::of_attempts(binance, &order, question),
        answers::of_refund(binance, &order, question)
    );
    let report = order.report.clone();
    let unknown_refund = match &refund {
        Some(Event::RefundLearned { id, fact, .. }) => fact.is_not_found().then(|| id.clone()),
        Some(_) | None => None,
    };
    let events = events(&order, question, &answers, refund);
    let at_ms = question.clock.now_ms();
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
        unknown_refund,
    })
}

/// What the answers are to the order. That of the refund comes before what follows from them all: it may confirm a report,
/// and is put off with the others.
#[must_use]
pub fn events(
    order: &Order,
    question: Question<'_>,
    answers: &[(u8, Option<Fact>)],
    refund: Option<Event>,
) -> Vec<Event> {
    let learned = answers.iter().filter_map(|(attempt, fact)| {
        let (attempt, fact) = (*attempt, fact.clone()?);
        Some(Event::Learned { attempt, fact })
    });
    let follow_ups = follow_ups(order, question, answers);
    learned.chain(refund).chain(follow_ups).collect()
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
        About::Reported(_) | About::Number(_) | About::Refund { .. } => {}
    }
    events
}

#[cfg(test)]
mod tests;
