//! What follows from a transition: the line in the log, the alarm, and telling LeadsCalendar.

use std::time::Duration;

use tracing::{error, info, warn};

use crate::ambient::now_ms;
use crate::confirmation::Confirmer;
use crate::order::{Alarm, Applied, Event, Order};
use crate::store::{Store, StoreError, Transition};

/// Logs what `cause` did, and loudly what a person must look at.
pub fn report(transition: &Transition, cause: &str) {
    let (order, before) = (&transition.order, &transition.before);
    let (id, status, was) = (order.order_id.as_str(), order.status, before.status);
    match transition.applied {
        Applied::Changed => info!(
            order.id = id,
            cause, "order {id} was {was:?} and is {status:?}"
        ),
        Applied::Unchanged => info!(
            order.id = id,
            cause, "order {id} stays {status:?}: nothing new"
        ),
        Applied::Refused(reason) => warn!(
            order.id = id,
            cause, "order {id} stays {status:?}: {reason}"
        ),
    }
    match order.alarm(before) {
        Some(Alarm::Disputed) => error!(
            alarm = "order.disputed",
            order.id = id,
            "the payment does not match order {id}"
        ),
        Some(Alarm::SecondPayment) => {
            error!(
                alarm = "order.second_payment",
                order.id = id,
                "another payment is reported for order {id}"
            );
        }
        None => {}
    }
}

/// Makes one attempt to tell LeadsCalendar the current order, and records what came of it; whether it was accepted.
///
/// That it is owed is in the table already, so nothing here can be lost. `offset_ms` is what the caller's time is ahead
/// of the clock.
///
/// # Errors
/// [`StoreError`]: the outcome is not recorded, and the attempt will be repeated.
pub async fn confirm(
    store: &Store,
    confirmer: &Confirmer,
    order: Order,
    timeout: Duration,
    offset_ms: i64,
) -> Result<bool, StoreError> {
    let event = confirmer.confirm(&order, timeout).await;
    let at_ms = now_ms().saturating_add(offset_ms);
    let order = store
        .transition(order, std::slice::from_ref(&event), "confirmation", at_ms)
        .await?
        .order;
    let id = order.order_id.as_str();
    let Event::Unconfirmed { answer, .. } = event else {
        info!(order.id = id, "order {id} confirmed");
        return Ok(true);
    };
    let attempts = order.confirmation.attempts;
    if order.confirmation.is_owed() && order.confirmation.next_attempt_at_ms.is_none() {
        error!(
            alarm = "confirmation.exhausted",
            order.id = id,
            attempts,
            "order {id} will not be confirmed: {}",
            answer.reason
        );
    } else {
        warn!(
            order.id = id,
            attempts, "order {id} not confirmed yet: {}", answer.reason
        );
    }
    Ok(false)
}
