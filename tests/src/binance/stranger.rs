//! Other merchants, who may give an order our trade number and our address: a trade number is unique per merchant only.
//!
//! Binance signs for all merchants with one key, so their notifications are genuine. Each of these orders belongs to
//! one of them; our merchant API knows none.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::Binance;
use super::deliveries::Delivery;
use super::forgery::Signature;
use super::notifications::Notification;
use super::order::{Order, Status};
use super::payment::Payment;
use super::play::{Impossible, decimal};
use super::refund::Refund;
use super::rules::CreateRequest;
use super::simulator::Simulator;
use crate::admin::{Refused, read};

/// How long an order of theirs lives, in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// What another merchant asks for; without options the same as our order of that number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StrangerOrder {
    /// Default our order's, else 1.
    pub amount: Option<String>,
    /// Default our order's, else USDT.
    pub currency: Option<String>,
    /// Where the notifications go; default the `webhookUrl` of our order, else our callback's address. An admin call may
    /// name that only.
    pub url: Option<String>,
}

/// Another merchant with his order. Each event is told once, and gives what was answered.
pub struct Stranger {
    simulator: Arc<Simulator>,
    prepay_id: u64,
}

impl Binance {
    /// Another merchant opens an order under `trade_no`.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub fn stranger(&self, trade_no: &str, order: StrangerOrder) -> Result<Stranger, Impossible> {
        Stranger::open(&self.simulator, trade_no, order)
    }

    /// The orders of all other merchants, oldest first.
    #[must_use]
    pub fn strangers_orders(&self) -> Vec<Order> {
        self.simulator.state().strangers.clone()
    }
}

impl Stranger {
    fn open(
        simulator: &Arc<Simulator>,
        trade_no: &str,
        wanted: StrangerOrder,
    ) -> Result<Self, Impossible> {
        let mut state = simulator.state();
        let ours = state.order(trade_no).cloned();
        let amount = decimal("amount", wanted.amount.as_deref())?;
        let url = wanted.url.or_else(|| ours.as_ref()?.webhook_url.clone());
        let url = simulator.or_callback(url)?;
        let request = CreateRequest {
            merchant_trade_no: trade_no.to_owned(),
            currency: wanted
                .currency
                .or_else(|| Some(ours.as_ref()?.currency.clone()))
                .unwrap_or_else(|| "USDT".to_owned()),
            total_fee: amount
                .or_else(|| Some(ours.as_ref()?.total_fee))
                .unwrap_or(Decimal::ONE),
            fiat: None,
            terminal_type: "WEB".to_owned(),
            description: "Another merchant's".to_owned(),
            goods_type: "01".to_owned(),
            goods_name: "Another merchant's".to_owned(),
            goods_detail: None,
            return_url: None,
            cancel_url: None,
            webhook_url: Some(url),
            pass_through_info: None,
            order_expire_time: None,
        };
        let now_ms = state.now_ms();
        let name = format!("{trade_no} {}", state.strangers.len());
        let draw = state.random.of("stranger's order", &name);
        let order = Order::open(request, &simulator.base_url, now_ms, now_ms + HOUR_MS, draw);
        let prepay_id = order.prepay_id;
        state.strangers.push(order);
        drop(state);
        Ok(Self {
            simulator: Arc::clone(simulator),
            prepay_id,
        })
    }

    /// His order.
    #[must_use]
    pub fn order(&self) -> Order {
        self.change(|order, _| order.clone())
    }

    /// Somebody pays him.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub async fn pay(&self) -> Result<Delivery, Impossible> {
        let order = self.take_money()?;
        self.tell(&Notification::success(&order, order.create_time), order)
            .await
    }

    /// He closes his order.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub async fn close(&self) -> Result<Delivery, Impossible> {
        let order = self.change(|order, now_ms| {
            open_still(order)?;
            order.end(Status::Canceled, now_ms);
            Ok(order.clone())
        })?;
        self.tell(&Notification::closed(&order), order).await
    }

    /// He gives `amount` back, or what is left.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub async fn refund(&self, amount: Option<&str>) -> Result<Delivery, Impossible> {
        let amount = decimal("amount", amount)?;
        let random = self.simulator.state().random;
        let (order, refund) = self.change(|order, now_ms| {
            let amount = amount.unwrap_or_else(|| order.left());
            let refund = Refund::by_hand(order, amount, now_ms, random);
            let given = order.give_back(refund).cloned();
            let refund = given.map_err(|refusal| Impossible::Because(refusal.message))?;
            Ok((order.clone(), refund))
        })?;
        let form = self.simulator.state().behaviour.refund_info;
        self.tell(&Notification::refund(&order, &refund, form), order)
            .await
    }

    fn take_money(&self) -> Result<Order, Impossible> {
        let random = self.simulator.state().random;
        self.change(|order, now_ms| {
            open_still(order)?;
            order.status = Status::Paid;
            order.payment = Some(Payment::of(order, now_ms, random));
            Ok(order.clone())
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Order, i64) -> T) -> T {
        let mut state = self.simulator.state();
        let now_ms = state.now_ms();
        let his = state
            .strangers
            .iter_mut()
            .find(|order| order.prepay_id == self.prepay_id);
        change(his.expect("no order is forgotten"), now_ms)
    }

    /// Sends the notification once, signed as Binance signs everybody's.
    async fn tell(
        &self,
        notification: &Notification,
        order: Order,
    ) -> Result<Delivery, Impossible> {
        let body = self.simulator.body_of(notification);
        let (body, headers) = self.simulator.sign_as(Signature::Correct, body)?;
        let behaviour = self.simulator.state().behaviour.clone();
        let delivery = Delivery {
            trade_no: Some(order.merchant_trade_no),
            stranger: true,
            biz_status: notification.biz_status.clone(),
            attempt: 1,
            url: order.webhook_url.unwrap_or_default(),
            body,
            headers,
            ..Delivery::default()
        };
        Ok(self.simulator.deliver(delivery, &behaviour).await)
    }

    /// The merchant of the newest order of `trade_no` that has money left to give back; of a new one if there is none.
    fn paid(
        simulator: &Arc<Simulator>,
        trade_no: &str,
        wanted: StrangerOrder,
    ) -> Result<Self, Impossible> {
        let is_it = |order: &Order| {
            let currency = wanted.currency.as_ref();
            order.merchant_trade_no == trade_no
                && matches!(order.status, Status::Paid | Status::Refunded)
                && currency.is_none_or(|currency| *currency == order.currency)
        };
        let mut state = simulator.state();
        let mut newest_first = state.strangers.iter_mut().rev();
        if let Some(order) = newest_first.find(|order| is_it(order)) {
            order.webhook_url = wanted.url.or(order.webhook_url.take());
            return Ok(Self {
                simulator: Arc::clone(simulator),
                prepay_id: order.prepay_id,
            });
        }
        drop(state);
        let opened = Self::open(simulator, trade_no, wanted)?;
        opened.take_money()?;
        Ok(opened)
    }
}

fn open_still(order: &Order) -> Result<(), Impossible> {
    if order.status == Status::Initial {
        Ok(())
    } else {
        Err(Impossible::now(order))
    }
}

type Sim = Shared<Arc<Simulator>>;

/// The admin routes.
pub(crate) fn router() -> Router<Arc<Simulator>> {
    Router::new()
        .route(
            "/sandbox/stranger/orders",
            get(async |sim: Sim| Json(sim.state().strangers.clone())),
        )
        .route("/sandbox/stranger/{trade_no}/{event}", post(event))
}

/// Opens an order and pays or closes it; or gives back of the newest that was paid, which it pays first if there is none.
async fn event(
    Shared(simulator): Sim,
    Path((trade_no, event)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Delivery>, Refused> {
    let wanted: StrangerOrder = read(&body)?;
    simulator.admit(wanted.url.as_deref())?;
    let open = |wanted| Stranger::open(&simulator, &trade_no, wanted);
    let delivery = match event.as_str() {
        "pay" => open(wanted)?.pay().await?,
        "close" => open(wanted)?.close().await?,
        "refund" => {
            let amount = wanted.amount.clone();
            let paid = Stranger::paid(&simulator, &trade_no, wanted)?;
            paid.refund(amount.as_deref()).await?
        }
        _ => {
            return Err(Refused(
                StatusCode::NOT_FOUND,
                "known: pay, close, refund".to_owned(),
            ));
        }
    };
    Ok(Json(delivery))
}
