//! What happens to refunds from outside the merchant API: one is made by hand, one that is pending ends; and the books.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use rust_decimal::Decimal;
use serde::Serialize;

use super::Binance;
use super::answer::Refusal;
use super::money::as_text;
use super::notifications::Notification;
use super::order::Order;
use super::play::{Impossible, Play, decimal};
use super::refund::{Refund, RefundStatus};
use super::simulator::Simulator;
use crate::admin::{Refused, read_over};

/// A refund and the order of which it is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrdersRefund {
    /// The order.
    pub merchant_trade_no: String,
    /// The refund.
    #[serde(flatten)]
    pub refund: Refund,
}

/// What an order took and gave back, as the books of Binance have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The order.
    pub merchant_trade_no: String,
    /// Of all three amounts.
    pub currency: String,
    /// What the payer paid.
    #[serde(serialize_with = "as_text")]
    pub taken: Decimal,
    /// What he has back.
    #[serde(serialize_with = "as_text")]
    pub given_back: Decimal,
    /// What is on its way back, and may yet be rejected.
    #[serde(serialize_with = "as_text")]
    pub pending: Decimal,
}

impl Account {
    fn of(order: &Order) -> Option<Self> {
        let payment = order.payment.as_ref()?;
        Some(Self {
            merchant_trade_no: order.merchant_trade_no.clone(),
            currency: payment.currency.clone(),
            taken: payment.amount,
            given_back: order.given_back().normalize(),
            pending: (order.refunded() - order.given_back()).normalize(),
        })
    }
}

impl Binance {
    /// Every refund, order by order.
    #[must_use]
    pub fn refunds(&self) -> Vec<OrdersRefund> {
        self.simulator.refunds()
    }

    /// A refund by its `refundRequestId`.
    #[must_use]
    pub fn refund_of(&self, id: &str) -> Option<Refund> {
        let mut refunds = self.refunds().into_iter();
        let found = refunds.find(|of| of.refund.refund_request_id == id);
        found.map(|of| of.refund)
    }

    /// What each order that was paid took and gave back.
    #[must_use]
    pub fn books(&self) -> Vec<Account> {
        self.simulator.books()
    }

    /// A refund succeeds; a notification goes to its own address in the background.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub fn succeed_refund(&self, id: &str, play: Play) -> Result<Order, Impossible> {
        self.simulator.end_refund(id, RefundStatus::Success, play)
    }

    /// A refund is rejected, and its money can be given back again; told like the other end.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub fn reject_refund(&self, id: &str, play: Play) -> Result<Order, Impossible> {
        self.simulator.end_refund(id, RefundStatus::Fail, play)
    }
}

impl Simulator {
    /// Money is given back on the merchant page, wholly or in part.
    pub(crate) fn refund(
        self: &Arc<Self>,
        trade_no: &str,
        play: Play,
    ) -> Result<Order, Impossible> {
        let mut state = self.state();
        let (now_ms, random) = (state.now_ms(), state.random);
        let order = state.order(trade_no).ok_or(Impossible::UnknownOrder)?;
        let amount = decimal("amount", play.amount.as_deref())?.unwrap_or_else(|| order.left());
        let because = |refusal: Refusal| Impossible::Because(refusal.message);
        state.afford(amount).map_err(because)?;
        let order = state.order(trade_no).ok_or(Impossible::UnknownOrder)?;
        let refund = Refund::by_hand(order, amount, now_ms, random);
        let refund = order.give_back(refund).map_err(because)?.clone();
        let order = order.clone();
        state.draw(amount);
        drop(state);
        self.spawn(Self::notify_refund(
            Arc::clone(self),
            order.clone(),
            refund,
            play,
        ));
        Ok(order)
    }

    fn end_refund(
        self: &Arc<Self>,
        id: &str,
        end: RefundStatus,
        play: Play,
    ) -> Result<Order, Impossible> {
        let mut state = self.state();
        let now_ms = state.now_ms();
        let order = state.refunded(id).ok_or(Impossible::UnknownOrder)?;
        let before = order.refunded();
        let refund = order.end_refund(id, end, now_ms)?;
        let drawn = order.refunded() - before;
        let order = order.clone();
        state.draw(drawn);
        drop(state);
        self.spawn(Self::notify_refund(
            Arc::clone(self),
            order.clone(),
            refund,
            play,
        ));
        Ok(order)
    }

    /// Tells of a refund that ended, in the background.
    pub(crate) fn tell_refund(self: &Arc<Self>, order: &Order, refund: &Refund) {
        self.spawn(Self::notify_refund(
            Arc::clone(self),
            order.clone(),
            refund.clone(),
            Play::default(),
        ));
    }

    /// Goes to the refund's own address; the order's is for its payment.
    async fn notify_refund(self: Arc<Self>, mut order: Order, refund: Refund, play: Play) {
        let form = self.state().behaviour.refund_info;
        let notification = Notification::refund(&order, &refund, form);
        order.webhook_url = refund.webhook_url;
        Self::send(self, notification, order, play).await;
    }

    fn refunds(self: &Arc<Self>) -> Vec<OrdersRefund> {
        let state = self.state();
        let of_an_order = |order: &Order| {
            let of = |refund: &Refund| OrdersRefund {
                merchant_trade_no: order.merchant_trade_no.clone(),
                refund: refund.clone(),
            };
            order.refunds.iter().map(of).collect::<Vec<_>>()
        };
        state.orders.iter().flat_map(of_an_order).collect()
    }

    fn books(self: &Arc<Self>) -> Vec<Account> {
        let state = self.state();
        state.orders.iter().filter_map(Account::of).collect()
    }
}

type Sim = Shared<Arc<Simulator>>;

/// The admin routes.
pub(crate) fn router() -> Router<Arc<Simulator>> {
    Router::new()
        .route(
            "/sandbox/refunds",
            get(async |sim: Sim| Json(sim.refunds())),
        )
        .route("/sandbox/refunds/{id}/{end}", post(end))
        .route("/sandbox/books", get(async |sim: Sim| Json(sim.books())))
}

async fn end(
    Shared(simulator): Sim,
    Path((id, end)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Order>, Refused> {
    let end = match end.as_str() {
        "succeed" => RefundStatus::Success,
        "reject" => RefundStatus::Fail,
        _ => {
            let known = "known: succeed, reject".to_owned();
            return Err(Refused(StatusCode::NOT_FOUND, known));
        }
    };
    let play = read_over(&Play::default(), &body)?;
    simulator
        .end_refund(&id, end, play)
        .map(Json)
        .map_err(|impossible| match impossible {
            Impossible::UnknownOrder => {
                Refused(StatusCode::NOT_FOUND, "there is no such refund".to_owned())
            }
            other => other.into(),
        })
}
