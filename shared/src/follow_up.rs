//! What follows from a transition: the line in the log, the alarm, and telling LeadsCalendar.

use std::time::Duration;

use tracing::{error, info, instrument, warn};

use crate::ambient::{OrderClock, monotonic_ms};
use crate::confirmation::Confirmer;
use crate::metrics::{self, Metric};
use crate::order::{Alarm, Applied, Event, Status};
use crate::store::{Store, StoreError, Stored, Transition};

/// Logs what `cause` did, and raises the alarm that it gave rise to; the order as it is in the table now.
///
/// # Errors
/// [`StoreError`]: the alarm will be raised again.
#[instrument(
    level = "error",
    name = "order",
    skip_all,
    fields(order.id = %transition.order.order_id, trade_no = %transition.order.trade_no())
)]
pub async fn report(
    store: &Store,
    transition: Transition,
    cause: &str,
) -> Result<Stored, StoreError> {
    let Transition {
        before,
        order,
        applied,
    } = transition;
    let (id, status, was) = (order.order_id.as_str(), order.status, before.status);
    match applied {
        Applied::Changed => {
            if status != was {
                count_end(status);
            }
            info!(
                order.id = id,
                cause, "order {id} was {was:?} and is {status:?}"
            );
        }
        Applied::Unchanged => info!(
            order.id = id,
            cause, "order {id} stays {status:?}: nothing new"
        ),
        Applied::Refused(reason) => warn!(
            order.id = id,
            cause, "order {id} stays {status:?}: {reason}"
        ),
    }
    raise_alarms(store, order).await
}

/// Counts an order that has become `status`, if that is an end of what the payer does.
fn count_end(status: Status) {
    match status {
        Status::Paid => metrics::count(Metric::Paid),
        Status::Canceled | Status::Expired | Status::Failed => metrics::count(Metric::Unpaid),
        Status::Created
        | Status::Pending
        | Status::Disputed
        | Status::PartiallyRefunded
        | Status::Refunded => {}
    }
}

/// Raises the alarms that the order owes, and records that they have been: at least once each, since they were written
/// with what gave rise to them.
///
/// # Errors
/// [`StoreError`]: they will be raised again.
#[instrument(
    level = "error",
    name = "order",
    skip_all,
    fields(order.id = %order.order_id, trade_no = %order.trade_no())
)]
pub async fn raise_alarms(store: &Store, order: Stored) -> Result<Stored, StoreError> {
    let Some(due_at_ms) = order.alarm_at_ms else {
        return Ok(order);
    };
    let id = order.order_id.as_str();
    let trade_no = order.trade_nos();
    for alarm in &order.alarms {
        let what = match alarm {
            Alarm::Disputed => format!("the payment does not match order {id}"),
            Alarm::SecondPayment => format!("another payment is reported for order {id}"),
            Alarm::Contradicted => format!("Binance contradicts that order {id} is paid"),
            Alarm::Unknown => format!(
                "Binance has money under a trade number of order {id} that was used before it"
            ),
            Alarm::Stuck => format!("order {id} has waited for its payer for a day after its end"),
            Alarm::Unconfirmed => format!(
                "a notification named the checkout of order {id}, and Binance, asked twice, does not confirm it"
            ),
            Alarm::RefundStuck => {
                format!("it is not known for a day how a refund of order {id} ended")
            }
            Alarm::RefundContradicted => {
                format!("Binance contradicts what it said of a refund of order {id}")
            }
            Alarm::RefundAmount => {
                format!("another amount went back of order {id} than was asked for")
            }
            Alarm::RefundBalance => {
                format!("the merchant's balance at Binance is too low for a refund of order {id}")
            }
            Alarm::Exhausted => format!(
                "order {id} is not confirmed, and is told once a day from now on, or not at all: {}",
                order.confirmation.last_error.as_deref().unwrap_or_default()
            ),
        };
        let attempts = order.confirmation.attempts;
        error!(%alarm, order.id = id, trade_no, attempts, "{what}");
    }
    let raised = [Event::Alarmed { due_at_ms }];
    Ok(store
        .transition(order, &raised, "alarm", due_at_ms)
        .await?
        .order)
}

/// What came of an attempt to tell LeadsCalendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It was accepted.
    Accepted,
    /// It was not.
    Unaccepted,
    /// There was no answer in time.
    TimedOut,
}

/// Makes one attempt to tell LeadsCalendar the current order, and records what came of it.
///
/// That it is owed is in the table already, so nothing here can be lost. `clock` is what the order is
/// measured by.
///
/// # Errors
/// [`StoreError`]: the outcome is not recorded, or that an alarm was raised is not; it will be repeated.
#[instrument(
    level = "error",
    name = "order",
    skip_all,
    fields(order.id = %order.order_id, trade_no = %order.trade_no())
)]
pub async fn confirm(
    store: &Store,
    confirmer: &Confirmer,
    order: Stored,
    timeout: Duration,
    clock: OrderClock,
) -> Result<Told, StoreError> {
    let began_ms = monotonic_ms();
    let (event, status) = confirmer.confirm(&order, timeout).await;
    let duration_ms = monotonic_ms().saturating_sub(began_ms);
    let revision = order.confirmation.revision;
    let at_ms = clock.now_ms();
    let order = store
        .transition(order, std::slice::from_ref(&event), "confirmation", at_ms)
        .await?
        .order;
    let id = order.order_id.as_str();
    let host = host(&order.request.callback_url);
    let Event::Unconfirmed { answer, .. } = event else {
        metrics::count(Metric::Confirmed);
        // Short, since there is one for each change of each order; the id stands beside it.
        info!(
            order.id = id,
            host, revision, status, duration_ms, "confirmed"
        );
        return Ok(Told::Accepted);
    };
    metrics::count(Metric::Unconfirmed);
    if order.confirmation.next_attempt_at_ms.is_some() {
        let attempts = order.confirmation.attempts;
        warn!(
            order.id = id,
            host,
            revision,
            status,
            duration_ms,
            attempts,
            "order {id} not confirmed yet: {}",
            answer.reason
        );
    }
    raise_alarms(store, order).await?;
    Ok(if answer.is_timeout {
        Told::TimedOut
    } else {
        Told::Unaccepted
    })
}

/// The host of an address with its port, without what the address says besides.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit('@').next()
}
