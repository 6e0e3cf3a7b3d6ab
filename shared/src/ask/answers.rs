//! What Binance answers to a question about an order, and what is done at once so that it can.

use futures_util::stream::{self, StreamExt as _};
use tracing::{error, warn};

use super::{About, Question};
use crate::ambient::now_ms;
use crate::binance::{Binance, BinanceError, SHORTEST_CALL_MS};
use crate::close::close;
use crate::order::{Event, Fact, Order, Refund, RefundFact, RefundId, State, TradeNo};
use crate::store::Stored;

/// Questions about one order at the same time; it can have 99 attempts.
const CONCURRENCY: usize = 8;

/// What Binance answers about each attempt.
pub(super) async fn of_attempts(
    binance: &Binance,
    order: &Stored,
    question: Question<'_>,
) -> Vec<(u8, Option<Fact>)> {
    let attempts = question.about.attempts(order).into_iter();
    let questions = attempts.map(|attempt| async move {
        let fact = of_attempt(binance, order, attempt, question).await;
        let fact = closed(binance, order, attempt, fact, question).await;
        (attempt, fact)
    });
    stream::iter(questions)
        .buffered(CONCURRENCY)
        .collect()
        .await
}

/// What Binance answers about one attempt.
async fn of_attempt(
    binance: &Binance,
    order: &Stored,
    attempt: u8,
    question: Question<'_>,
) -> Option<Fact> {
    let trade_no = order.trade_no_of(attempt);
    let id = order.order_id.as_str();
    if question.rate.wait_ms().is_some() {
        return None;
    }
    if !question.has_time() {
        warn!(order.id = id, %trade_no, "no time was left to ask Binance about {trade_no}");
        return None;
    }
    match binance.query(&trade_no, question.deadline_ms).await {
        Ok(fact) => {
            let opened = order
                .attempt(attempt)
                .and_then(|attempt| attempt.checkout.as_ref());
            if fact.state().is_none() && opened.is_some() {
                warn!(order.id = id, %trade_no, "Binance does not know {trade_no}, whose checkout it opened");
            }
            Some(fact)
        }
        Err(error) => {
            question.not_answered(&error, id, &trade_no, "about");
            None
        }
    }
}

/// A checkout that nobody has begun to pay, and that nobody is to pay any more, is closed; and asked about anew, since only
/// that tells how it ended.
async fn closed(
    binance: &Binance,
    order: &Stored,
    attempt: u8,
    fact: Option<Fact>,
    question: Question<'_>,
) -> Option<Fact> {
    let at_ms = question.clock.now_ms();
    let about = question.about;
    if !(about.closes(order, attempt, fact.as_ref(), at_ms) && question.has_time()) {
        return fact;
    }
    close(binance, &order.trade_no_of(attempt), question.deadline_ms).await;
    let anew = of_attempt(binance, order, attempt, question).await;
    anew.or(fact)
}

/// What Binance answers about the undecided refund, if there is one, and it is asked.
pub(super) async fn of_refund(
    binance: &Binance,
    order: &Stored,
    question: Question<'_>,
) -> Option<Event> {
    let refund = question.about.refund(order)?;
    if question.rate.wait_ms().is_some() || !question.has_time() {
        return Some(Event::RefundUnanswered);
    }
    let (trade_no, id) = (order.trade_no_of(refund.attempt), &refund.refund_request_id);
    let answer = binance.query_refund(&trade_no, id, question.deadline_ms);
    Some(match answer.await {
        Ok(fact) => question.about.learned(id, fact),
        Err(error) => {
            let id = order.order_id.as_str();
            question.not_answered(&error, id, &trade_no, "about a refund of");
            Event::RefundUnanswered
        }
    })
}

impl About {
    /// The attempts that Binance is asked about.
    #[must_use]
    pub fn attempts(self, order: &Order) -> Vec<u8> {
        match self {
            Self::Every { report: false } => every_attempt(order),
            // What was reported while a report waited may be about any of them.
            Self::Every { report: true } | Self::ReportedAgain => {
                (1..=order.current_attempt()).collect()
            }
            Self::Reported(attempt) | Self::Number(attempt) => vec![attempt],
            Self::Refund { .. } => Vec::new(),
        }
    }

    /// Whether Binance, which answered this about an attempt, is told to close its checkout, and asked anew.
    #[must_use]
    pub fn closes(self, order: &Order, attempt: u8, fact: Option<&Fact>, at_ms: i64) -> bool {
        let is_untouched = fact.and_then(Fact::state) == Some(&State::Untouched);
        let is_step = matches!(self, Self::Every { .. });
        is_step && is_untouched && order.is_to_close(attempt, at_ms)
    }

    /// The refund that Binance is asked about, too.
    #[must_use]
    pub fn refund(self, order: &Order) -> Option<&Refund> {
        let is_asked = !matches!(self, Self::Number(_));
        order.undecided_refund().filter(|_| is_asked)
    }

    /// What the answer about it is to the order.
    #[must_use]
    pub fn learned(self, id: &RefundId, fact: RefundFact) -> Event {
        Event::RefundLearned {
            id: id.clone(),
            fact,
            is_answered: matches!(self, Self::Refund { is_answered: true }),
        }
    }
}

impl Question<'_> {
    fn has_time(&self) -> bool {
        now_ms().saturating_add(SHORTEST_CALL_MS) <= self.deadline_ms
    }

    /// Binance did not answer: it is logged, and whether it limits the rate is kept.
    fn not_answered(&self, error: &BinanceError, id: &str, trade_no: &TradeNo, what: &str) {
        if let Some(alarm) = error.alarm() {
            error!(alarm, order.id = id, %trade_no, %error, "an operator must act: Binance cannot be asked {what} {trade_no}");
            return;
        }
        if let Some(answer) = error.rate_limit() {
            self.rate.reached(answer.retry_after_secs);
        }
        warn!(order.id = id, %trade_no, %error, "Binance could not be asked {what} {trade_no}");
    }
}

/// Every attempt that Binance can know of: what it refused it does not have, unless it refused everything.
pub(super) fn every_attempt(order: &Order) -> Vec<u8> {
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
