//! The checkout page: what the payer sees, with *Pay* and *Cancel*.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::money;
use super::order::{Order, Status};
use super::play::Play;
use super::simulator::Simulator;

const PAGE: &str = include_str!("checkout.html");

pub(crate) fn router() -> Router<Arc<Simulator>> {
    Router::new()
        .route("/en/checkout/{token}", get(show))
        .route("/en/checkout/{token}/pay", post(pay))
        .route("/en/checkout/{token}/cancel", post(cancel))
}

async fn show(Shared(simulator): Shared<Arc<Simulator>>, Path(token): Path<String>) -> Response {
    match find(&simulator, &token) {
        None => (
            StatusCode::NOT_FOUND,
            Html("<h1>There is no such checkout.</h1>"),
        )
            .into_response(),
        Some(order) => Html(page(&order)).into_response(),
    }
}

async fn pay(Shared(simulator): Shared<Arc<Simulator>>, Path(token): Path<String>) -> Response {
    let Some(order) = find(&simulator, &token) else {
        return show(Shared(simulator), Path(token)).await;
    };
    let paid = simulator.pay(&order.merchant_trade_no, Play::default());
    afterwards(
        &order,
        paid.is_ok()
            .then_some(order.return_url.as_deref())
            .flatten(),
    )
}

async fn cancel(Shared(simulator): Shared<Arc<Simulator>>, Path(token): Path<String>) -> Response {
    let Some(order) = find(&simulator, &token) else {
        return show(Shared(simulator), Path(token)).await;
    };
    let canceled = simulator.cancel(&order.merchant_trade_no, Play::default());
    afterwards(
        &order,
        canceled
            .is_ok()
            .then_some(order.cancel_url.as_deref())
            .flatten(),
    )
}

/// On to where the payer came from, or back to the page, which now shows what happened.
fn afterwards(order: &Order, url: Option<&str>) -> Response {
    Redirect::to(url.unwrap_or(&order.checkout_url)).into_response()
}

fn find(simulator: &Arc<Simulator>, token: &str) -> Option<Order> {
    simulator
        .state()
        .orders
        .iter()
        .find(|order| order.token == token)
        .cloned()
}

fn page(order: &Order) -> String {
    let fiat = match (&order.fiat_amount, &order.fiat_currency) {
        (Some(amount), Some(currency)) => format!("for {amount} {currency}"),
        _ => String::new(),
    };
    let (status, buttons) = match order.status {
        Status::Initial => ("Waiting for your payment", true),
        Status::Pending => ("Payment under way", false),
        Status::Paid => ("Paid", false),
        Status::Canceled => ("Canceled", false),
        Status::Expired => ("Expired", false),
        Status::Error => ("Failed", false),
        Status::Refunding => ("Being refunded", false),
        Status::Refunded => ("Partially refunded", false),
        Status::FullRefunded => ("Refunded", false),
    };
    PAGE.replace("{{amount}}", &money::plain(order.total_fee))
        .replace("{{currency}}", &order.currency)
        .replace("{{fiat}}", &escape(&fiat))
        .replace("{{status}}", status)
        .replace("{{hidden}}", if buttons { "" } else { "hidden" })
        .replace("{{url}}", &order.checkout_url)
        .replace("{{tradeNo}}", &order.merchant_trade_no)
        .replace("{{description}}", &escape(&order.description))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
