//! What happens to an order from outside the merchant API: it is paid, closed, expires, fails.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::notifications::Notification;
use super::order::{Order, Status};
use super::payment::Payment;
use super::simulator::{Simulator, State};

/// How an event is played; the default is the everyday one, with a notification.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Play {
    /// Another amount than the order's; for a refund, how much is given back (default: what is left).
    pub amount: Option<String>,
    /// Another currency than the order's.
    pub currency: Option<String>,
    /// Binance's fee of a payment; none without it.
    pub commission: Option<String>,
    /// Whether a notification is sent at all. Of a refund on the merchant page Binance itself sends none.
    pub notify: bool,
    /// Milliseconds until the notification is sent.
    pub delay_ms: u64,
    /// How often it is sent although it was acknowledged.
    pub times: u32,
    /// Whether a canceled or expired order may be paid all the same.
    pub late: bool,
}

impl Default for Play {
    fn default() -> Self {
        Self {
            amount: None,
            currency: None,
            commission: None,
            notify: true,
            delay_ms: 0,
            times: 1,
            late: false,
        }
    }
}

impl Play {
    /// As usual, but nobody is told.
    #[must_use]
    pub fn in_silence() -> Self {
        Self {
            notify: false,
            ..Self::default()
        }
    }
}

/// What kept an event from being played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Impossible {
    /// There is no such order.
    UnknownOrder,
    /// An option is not what it has to be; the sentence names it.
    Mistake(String),
    /// The order's state does not allow it; the sentence says why.
    Because(String),
}

impl Impossible {
    /// The order's state does not allow it.
    pub(crate) fn now(order: &Order) -> Self {
        let status = json!(order.status);
        let status = status.as_str().unwrap_or_default();
        Self::Because(format!("the order is {status}"))
    }
}

impl Simulator {
    /// The payer pays; the notification goes out in the background.
    pub(crate) fn pay(self: &Arc<Self>, trade_no: &str, play: Play) -> Result<Order, Impossible> {
        let order = self.take_money(trade_no, &play)?;
        self.spawn(Self::send(
            Arc::clone(self),
            Notification::success(&order, order.create_time),
            order.clone(),
            play,
        ));
        Ok(order)
    }

    /// The payer pays; returns when the notification was acknowledged or given up.
    pub(crate) async fn pay_and_wait(
        self: &Arc<Self>,
        trade_no: &str,
        play: Play,
    ) -> Result<Order, Impossible> {
        let order = self.take_money(trade_no, &play)?;
        Self::send(
            Arc::clone(self),
            Notification::success(&order, order.create_time),
            order.clone(),
            play,
        )
        .await;
        Ok(order)
    }

    fn take_money(self: &Arc<Self>, trade_no: &str, play: &Play) -> Result<Order, Impossible> {
        self.state().take_money(trade_no, play)
    }

    /// The payer comes while a call is carried out; an order that cannot be paid any more stays as it is, and so does one whose
    /// address nobody was told.
    pub(crate) fn payer_comes(
        self: &Arc<Self>,
        state: &mut State,
        trade_no: &str,
        begins: bool,
        play: Play,
    ) {
        if !state.is_address_told(trade_no) {
            return;
        }
        if begins {
            let _ = state.under_way(trade_no, true);
        } else if let Ok(order) = state.take_money(trade_no, &play) {
            let notification = Notification::success(&order, order.create_time);
            self.spawn(Self::send(Arc::clone(self), notification, order, play));
        }
    }

    /// The order is closed before anybody paid.
    pub(crate) fn cancel(
        self: &Arc<Self>,
        trade_no: &str,
        play: Play,
    ) -> Result<Order, Impossible> {
        let order = self.move_on(trade_no, Status::Canceled)?;
        self.spawn(Self::send(
            Arc::clone(self),
            Notification::closed(&order),
            order.clone(),
            play,
        ));
        Ok(order)
    }

    /// The order's time passes at once.
    pub(crate) fn expire(self: &Arc<Self>, trade_no: &str) -> Result<Order, Impossible> {
        let order = self.move_on(trade_no, Status::Expired)?;
        if self.state().behaviour.closed_on_expiry {
            self.spawn(Self::notify_closed(Arc::clone(self), order.clone()));
        }
        Ok(order)
    }

    /// The transaction fails at Binance; no notification tells of it.
    pub(crate) fn fail(self: &Arc<Self>, trade_no: &str) -> Result<Order, Impossible> {
        self.move_on(trade_no, Status::Error)
    }

    fn move_on(self: &Arc<Self>, trade_no: &str, to: Status) -> Result<Order, Impossible> {
        let mut state = self.state();
        let now_ms = state.now_ms();
        let order = state.order(trade_no).ok_or(Impossible::UnknownOrder)?;
        let fails = order.status == Status::Pending && to == Status::Error;
        if order.status != Status::Initial && !fails {
            return Err(Impossible::now(order));
        }
        order.end(to, now_ms);
        order.expire_time = order.expire_time.min(now_ms);
        Ok(order.clone())
    }

    /// A payment is under way, or no longer.
    pub(crate) fn under_way(
        self: &Arc<Self>,
        trade_no: &str,
        on: bool,
    ) -> Result<Order, Impossible> {
        self.state().under_way(trade_no, on)
    }

    /// The query says `REFUNDING`, or no longer.
    pub(crate) fn refunding(
        self: &Arc<Self>,
        trade_no: &str,
        on: bool,
    ) -> Result<Order, Impossible> {
        let mut state = self.state();
        let order = state.order(trade_no).ok_or(Impossible::UnknownOrder)?;
        if order.payment.is_none() {
            return Err(Impossible::now(order));
        }
        order.refunding = on;
        Ok(order.clone())
    }

    pub(crate) async fn notify_closed(self: Arc<Self>, order: Order) {
        Self::send(self, Notification::closed(&order), order, Play::default()).await;
    }
}

impl State {
    /// Whether a whole answer has told the address of an order's checkout.
    fn is_address_told(&mut self, trade_no: &str) -> bool {
        let Some(order) = self.order(trade_no) else {
            return false;
        };
        let token = order.token.clone();
        self.calls.iter().any(|call| {
            let answer = call.answer.as_deref().unwrap_or_default();
            answer.contains(&token) && serde_json::from_str::<IgnoredAny>(answer).is_ok()
        })
    }

    fn take_money(&mut self, trade_no: &str, play: &Play) -> Result<Order, Impossible> {
        let amount = decimal("amount", play.amount.as_deref())?;
        let commission = decimal("commission", play.commission.as_deref())?;
        let (now_ms, random) = (self.now_ms(), self.random);
        let order = self.order(trade_no).ok_or(Impossible::UnknownOrder)?;
        let late = play.late && matches!(order.status, Status::Canceled | Status::Expired);
        if !matches!(order.status, Status::Initial | Status::Pending) && !late {
            return Err(Impossible::now(order));
        }
        let asked = Payment::of(order, now_ms, random);
        order.status = Status::Paid;
        order.closing = None;
        order.payment = Some(Payment {
            amount: amount.unwrap_or(asked.amount),
            currency: play.currency.clone().unwrap_or(asked.currency),
            commission: commission.unwrap_or(asked.commission),
            ..asked
        });
        Ok(order.clone())
    }

    /// A payment that begins wins over a close that was accepted and waits.
    fn under_way(&mut self, trade_no: &str, on: bool) -> Result<Order, Impossible> {
        let (from, to) = if on {
            (Status::Initial, Status::Pending)
        } else {
            (Status::Pending, Status::Initial)
        };
        let order = self.order(trade_no).ok_or(Impossible::UnknownOrder)?;
        if order.status != from && order.status != to {
            return Err(Impossible::now(order));
        }
        order.status = to;
        order.closing = None;
        Ok(order.clone())
    }
}

/// The payer's id at Binance; empty while nobody paid.
pub(crate) fn open_user_id(order: &Order) -> &str {
    order
        .payment
        .as_ref()
        .map_or("", |payment| &payment.open_user_id)
}

/// The amount that the option `name` says, if it is there.
pub(crate) fn decimal(name: &str, text: Option<&str>) -> Result<Option<Decimal>, Impossible> {
    let read = text.map(|text| {
        let mistake = |_| Impossible::Mistake(format!("{name}: {text:?} is no amount"));
        Decimal::from_str_exact(text).map_err(mistake)
    });
    read.transpose()
}
