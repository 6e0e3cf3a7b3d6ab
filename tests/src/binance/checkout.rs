//! The checkout: the page on which the payer pays, cancels or lets the time pass, and what it asks while it is open.

mod page;
mod qr;

use std::sync::Arc;

use axum::extract::{Path, Query, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use maud::Markup;
use serde::Deserialize;

use super::links::Way;
use super::order::{Order, Status};
use super::play::{Impossible, Play};
use super::simulator::Simulator;
use page::State;

/// What a page may load: nothing but itself. Like Binance's own it may not be framed.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

type Sim = Shared<Arc<Simulator>>;

pub(crate) fn router() -> Router<Arc<Simulator>> {
    Router::new()
        .route("/en/checkout/{token}", get(show))
        .route("/en/checkout/{token}/qr.svg", get(picture))
        .route("/en/checkout/{token}/state", get(state))
        .route("/en/checkout/{token}/pay", post(pay))
        .route("/en/checkout/{token}/cancel", post(cancel))
        .route("/en/checkout/{token}/expire", post(expire))
}

/// By which way the payer came.
#[derive(Deserialize)]
struct Came {
    way: Option<String>,
}

async fn show(
    Shared(simulator): Sim,
    Path(token): Path<String>,
    Query(came): Query<Came>,
) -> Response {
    let Some((order, now_ms)) = find(&simulator, &token) else {
        return nowhere();
    };
    let way = Way::ALL
        .into_iter()
        .find(|way| came.way.as_deref() == Some(way.name()));
    sent(StatusCode::OK, page::of(&order, now_ms, way))
}

async fn picture(Shared(simulator): Sim, Path(token): Path<String>) -> Response {
    match find(&simulator, &token) {
        None => nowhere(),
        Some((order, _)) => (
            [(header::CONTENT_TYPE, "image/svg+xml")],
            qr::picture(&order),
        )
            .into_response(),
    }
}

/// What the open page asks for each second.
async fn state(Shared(simulator): Sim, Path(token): Path<String>) -> Response {
    match find(&simulator, &token) {
        None => nowhere(),
        Some((order, now_ms)) => {
            let fresh = [(header::CACHE_CONTROL, "no-store")];
            (fresh, Json(State::of(&order, now_ms))).into_response()
        }
    }
}

async fn pay(sim: Sim, token: Path<String>) -> Response {
    pressed(&sim, &token, |trade_no| sim.pay(trade_no, Play::default()))
}

async fn cancel(sim: Sim, token: Path<String>) -> Response {
    pressed(&sim, &token, |trade_no| {
        sim.cancel(trade_no, Play::default())
    })
}

async fn expire(sim: Sim, token: Path<String>) -> Response {
    pressed(&sim, &token, |trade_no| sim.expire(trade_no))
}

/// Does what a button is for. Then on to where the merchant wants the payer, or back to the page, which shows what is.
fn pressed(
    simulator: &Arc<Simulator>,
    token: &str,
    play: impl FnOnce(&str) -> Result<Order, Impossible>,
) -> Response {
    let Some((order, _)) = find(simulator, token) else {
        return nowhere();
    };
    let played = play(&order.merchant_trade_no);
    let next = played.ok().and_then(|order| leaving(&order));
    Redirect::to(&next.unwrap_or(order.checkout_url)).into_response()
}

/// Where a payer is sent who has nothing more to do here.
fn leaving(order: &Order) -> Option<String> {
    // The rules let nothing but http and https into them.
    match order.status {
        Status::Paid => order.return_url.clone(),
        Status::Canceled => order.cancel_url.clone(),
        Status::Initial
        | Status::Pending
        | Status::Error
        | Status::Refunding
        | Status::Refunded
        | Status::FullRefunded
        | Status::Expired => None,
    }
}

/// The order of a checkout, and the simulator's time.
fn find(simulator: &Arc<Simulator>, token: &str) -> Option<(Order, i64)> {
    let state = simulator.state();
    let order = state.orders.iter().find(|order| order.token == token);
    order.map(|order| (order.clone(), state.now_ms()))
}

fn nowhere() -> Response {
    sent(StatusCode::NOT_FOUND, page::nowhere())
}

fn sent(status: StatusCode, page: Markup) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, page.into_string()).into_response()
}
