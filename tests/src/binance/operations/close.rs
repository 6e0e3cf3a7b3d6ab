//! Close order: what is accepted is carried out at once or later, and only if nobody pays before.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{find, known};
use crate::binance::answer::Refusal;
use crate::binance::behaviour::Later;
use crate::binance::faults::{At, Fault};
use crate::binance::order::{Closing, Order, Status};
use crate::binance::play::Impossible;
use crate::binance::simulator::{Simulator, State};

pub(super) fn close(
    simulator: &Arc<Simulator>,
    state: &mut State,
    fields: &Map<String, Value>,
    steered: Option<&Fault>,
) -> Result<String, Refusal> {
    known(fields, &["merchantTradeNo", "prepayId"])?;
    let again_code = state.behaviour.close_again_code.clone();
    let later = match steered {
        Some(Fault::ClosesLater(later)) => Some(*later),
        // The payment comes before anything is carried out.
        Some(Fault::PayerComes {
            at: At::Between, ..
        }) => Some(Later::default()),
        _ => state.behaviour.closes_later,
    };
    let now_ms = state.now_ms();
    let order = find(state, fields)?;
    match order.status {
        Status::Initial => {}
        Status::Canceled | Status::Expired if again_code == "400202" => {
            return Err(Refusal::new(again_code, "Order not found."));
        }
        Status::Canceled | Status::Expired => return Err(Refusal::new(again_code, UNSUPPORTED)),
        _ => return Err(Refusal::new("400204", UNSUPPORTED)),
    }
    match later {
        None => {
            order.end(Status::Canceled, now_ms);
            let order = order.clone();
            simulator.spawn(Simulator::notify_closed(Arc::clone(simulator), order));
        }
        Some(later) => {
            order.closing.get_or_insert(Closing {
                accepted_time: now_ms,
                due_time: later.after_ms.map(|ms| now_ms.saturating_add_unsigned(ms)),
            });
            simulator.look_again(later.after_ms);
        }
    }
    Ok("true".to_owned())
}

const UNSUPPORTED: &str = "The order status does not support closing.";

impl Simulator {
    /// Carries out a close that was accepted.
    pub(crate) fn carry_out_close(self: &Arc<Self>, trade_no: &str) -> Result<Order, Impossible> {
        let mut state = self.state();
        let now_ms = state.now_ms();
        let order = state.order(trade_no).ok_or(Impossible::UnknownOrder)?;
        if order.closing.is_none() {
            let problem = "no close waits to be carried out".to_owned();
            return Err(Impossible::Because(problem));
        }
        order.end(Status::Canceled, now_ms);
        let order = order.clone();
        drop(state);
        self.spawn(Self::notify_closed(Arc::clone(self), order.clone()));
        Ok(order)
    }
}
