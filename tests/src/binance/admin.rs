//! The admin API under `/sandbox`: what the simulator remembers, and how it is told what to do.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::bend::{Bend, PlayedBend};
use super::faults::WaitingFault;
use super::forgery::Forgery;
use super::play::{Impossible, Play};
use super::simulator::Simulator;
use super::{Binance, refunds, stranger};
use crate::admin::{Refused, read, read_over};
use crate::clock;

/// What the routes are for, and the options they take.
pub(crate) const ROUTES: &str = "\
Bodies are JSON; what ends in a question mark may be left out. A url can be that of binance-callback only.

GET    /sandbox/orders
POST   /sandbox/orders/MERCHANT_TRADE_NO/pay       amount? currency? commission? notify? delayMs? times? late?
POST   /sandbox/orders/MERCHANT_TRADE_NO/cancel    notify? delayMs? times?
POST   /sandbox/orders/MERCHANT_TRADE_NO/close     carries out a close that was accepted and waits
POST   /sandbox/orders/MERCHANT_TRADE_NO/refund    as on the merchant page, of which Binance tells nobody:
                                                   nothing is sent without notify: true; amount? delayMs? times?
POST   /sandbox/orders/MERCHANT_TRADE_NO/refunding on?; the query says REFUNDING, or with on: false no longer
POST   /sandbox/orders/MERCHANT_TRADE_NO/pending   on?; a payment is under way, which pay or error ends
POST   /sandbox/orders/MERCHANT_TRADE_NO/expire
POST   /sandbox/orders/MERCHANT_TRADE_NO/error
GET    /sandbox/refunds                            of all orders
POST   /sandbox/refunds/REFUND_REQUEST_ID/succeed  notify? delayMs? times?; of one that is pending
POST   /sandbox/refunds/REFUND_REQUEST_ID/reject   notify? delayMs? times?; its money can be given back again
GET    /sandbox/books                              what each paid order took, has given back, has on its way back
GET    /sandbox/calls                              of the merchant API
GET    /sandbox/deliveries                         of notifications
POST   /sandbox/notify                             merchantTradeNo? bizType? bizStatus? bizId? data? body? url?
                                                   signature?: correct forged altered unknownSerial missing; withoutHeader?
POST   /sandbox/sign                               the same, signed and not sent
GET    /sandbox/stranger/orders                    of other merchants, who may use our numbers and our address
POST   /sandbox/stranger/MERCHANT_TRADE_NO/pay     amount? currency? url?; opened, paid and told once
POST   /sandbox/stranger/MERCHANT_TRADE_NO/close   amount? currency? url?; opened, closed and told once
POST   /sandbox/stranger/MERCHANT_TRADE_NO/refund  amount? currency? url?; of the newest one paid, which is opened and
                                                   paid in silence if there is none
POST   /sandbox/certificates/rotate                keepOld?
GET    /sandbox/clock
POST   /sandbox/advance                            by, such as 90s, 5m, 1h, 2d; or seconds
GET    /sandbox/faults                             of the merchant API, that still wait for their calls
POST   /sandbox/faults                             fault on? times?, and what the fault takes; {} lists the faults
DELETE /sandbox/faults
GET    /sandbox/bends                              of answers and notifications, with how often each was played
POST   /sandbox/bends                              on: create query close refund refundQuery certificates notification;
                                                   path and one of set remove twice quote, or body; times?; {} explains
DELETE /sandbox/bends
GET    /sandbox/behaviour
POST   /sandbox/behaviour                          what GET shows, or some of it
";

type Sim = Shared<Arc<Simulator>>;

impl From<Impossible> for Refused {
    fn from(impossible: Impossible) -> Self {
        match impossible {
            Impossible::UnknownOrder => {
                Self(StatusCode::NOT_FOUND, "there is no such order".to_owned())
            }
            Impossible::Mistake(problem) => Self::mistake(problem),
            Impossible::Because(why) => Self(StatusCode::CONFLICT, why),
        }
    }
}

impl Simulator {
    /// Lets no caller have requests sent to an address of his choice.
    pub(super) fn admit(&self, url: Option<&str>) -> Result<(), Refused> {
        match (url, self.callback_url.as_deref()) {
            (None, _) => Ok(()),
            (Some(url), Some(own)) if url == own => Ok(()),
            (Some(_), own) => {
                let own = own.unwrap_or("an address that this sandbox was not told");
                let problem = format!("notifications go to {own} only: leave url out");
                Err(Refused(StatusCode::FORBIDDEN, problem))
            }
        }
    }
}

impl Binance {
    /// The admin routes, for who calls them within this process.
    pub(crate) fn admin(&self) -> Router {
        router().with_state(Arc::clone(&self.simulator))
    }
}

pub(crate) fn router() -> Router<Arc<Simulator>> {
    Router::new()
        .route(
            "/sandbox/orders",
            get(async |sim: Sim| Json(sim.state().orders.clone())),
        )
        .route(
            "/sandbox/calls",
            get(async |sim: Sim| Json(sim.state().calls.clone())),
        )
        .route(
            "/sandbox/deliveries",
            get(async |sim: Sim| Json(sim.state().deliveries.clone())),
        )
        .route("/sandbox/orders/{trade_no}/{event}", post(event))
        .route("/sandbox/notify", post(notify))
        .route("/sandbox/sign", post(sign))
        .route("/sandbox/certificates/rotate", post(rotate))
        .route("/sandbox/clock", get(async |sim: Sim| time(&sim)))
        .route("/sandbox/advance", post(advance))
        .route(
            "/sandbox/faults",
            get(faults).post(add_fault).delete(clear_faults),
        )
        .route(
            "/sandbox/bends",
            get(bends).post(add_bend).delete(clear_bends),
        )
        .merge(refunds::router())
        .merge(stranger::router())
        .route(
            "/sandbox/behaviour",
            get(async |sim: Sim| Json(sim.state().behaviour.clone())).post(behave),
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    #[serde(default = "yes")]
    on: bool,
}

/// What takes no options.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn event(
    Shared(sim): Sim,
    Path((trade_no, event)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Refused> {
    let play = || read_over(&Play::default(), &body);
    let switch = || read(&body).map(|switch: Switch| switch.on);
    let nothing = || read(&body).map(|Nothing {}| ());
    let order = match event.as_str() {
        "pay" => sim.pay(&trade_no, play()?)?,
        "cancel" => sim.cancel(&trade_no, play()?)?,
        "close" => nothing().map(|()| sim.carry_out_close(&trade_no))??,
        "expire" => nothing().map(|()| sim.expire(&trade_no))??,
        "error" => nothing().map(|()| sim.fail(&trade_no))??,
        "refund" => sim.refund(&trade_no, read_over(&Play::in_silence(), &body)?)?,
        "refunding" => sim.refunding(&trade_no, switch()?)?,
        "pending" => sim.under_way(&trade_no, switch()?)?,
        _ => {
            return Err(Refused(
                StatusCode::NOT_FOUND,
                "known: pay, cancel, close, expire, error, refund, refunding, pending".to_owned(),
            ));
        }
    };
    Ok(Json(order).into_response())
}

async fn notify(Shared(sim): Sim, body: Bytes) -> Result<Response, Refused> {
    let forgery: Forgery = read(&body)?;
    sim.admit(forgery.url.as_deref())?;
    Ok(Json(sim.forge(forgery).await?).into_response())
}

/// The same notification, signed and not sent.
async fn sign(Shared(sim): Sim, body: Bytes) -> Result<Response, Refused> {
    let forgery: Forgery = read(&body)?;
    Ok(Json(sim.unsent(forgery)?).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rotate {
    #[serde(default = "yes")]
    keep_old: bool,
}

fn yes() -> bool {
    true
}

async fn rotate(Shared(sim): Sim, body: Bytes) -> Result<Json<Value>, Refused> {
    let rotate: Rotate = read(&body)?;
    Ok(Json(json!({"certSerial": sim.rotate(rotate.keep_old)})))
}

fn time(sim: &Arc<Simulator>) -> Json<Value> {
    let state = sim.state();
    Json(json!({"nowMs": state.now_ms(), "offsetMs": state.offset_ms}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: Option<u32>,
    by: Option<String>,
}

async fn advance(Shared(sim): Sim, body: Bytes) -> Result<Json<Value>, Refused> {
    let advance: Advance = read(&body)?;
    let seconds = match (advance.seconds, advance.by) {
        (Some(seconds), None) => Ok(seconds),
        (None, Some(by)) => clock::seconds(&by),
        _ => Err(r#"say either {"by":"1h"} or {"seconds":3600}"#.to_owned()),
    };
    sim.advance(seconds.map_err(Refused::mistake)?);
    Ok(time(&sim))
}

async fn faults(Shared(sim): Sim) -> Json<Vec<WaitingFault>> {
    Json(sim.state().faults.clone())
}

async fn add_fault(sim: Sim, body: Bytes) -> Result<Json<Vec<WaitingFault>>, Refused> {
    let fault = WaitingFault::read(read(&body)?).map_err(Refused::mistake)?;
    sim.state().faults.push(fault);
    Ok(faults(sim).await)
}

async fn clear_faults(sim: Sim) -> Json<Vec<WaitingFault>> {
    sim.state().faults.clear();
    faults(sim).await
}

async fn bends(Shared(sim): Sim) -> Json<Vec<PlayedBend>> {
    Json(sim.state().bends.clone())
}

async fn add_bend(sim: Sim, body: Bytes) -> Result<Json<Vec<PlayedBend>>, Refused> {
    sim.bend(Bend::read(&body).map_err(Refused::mistake)?);
    Ok(bends(sim).await)
}

async fn clear_bends(sim: Sim) -> Json<Vec<PlayedBend>> {
    sim.state().bends.clear();
    bends(sim).await
}

/// Changes the named fields only.
async fn behave(Shared(sim): Sim, body: Bytes) -> Result<Response, Refused> {
    let mut state = sim.state();
    state.behaviour = read_over(&state.behaviour, &body)?;
    Ok(Json(state.behaviour.clone()).into_response())
}
