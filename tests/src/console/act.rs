//! What the payer does at Binance Pay, by a button.

use axum::extract::{Path, Query, State as Shared};
use axum::http::{Method, StatusCode};
use axum::response::Redirect;
use serde::Deserialize;
use serde_json::Value;

use super::{Console, Failed};
use crate::journal;

#[derive(Deserialize)]
pub(super) struct Back {
    back: Option<String>,
}

/// Plays an event of the admin API, and leads back to the page on which the button is.
pub(super) async fn payer(
    Shared(console): Shared<Console>,
    Path((trade_no, event)): Path<(String, String)>,
    Query(back): Query<Back>,
) -> Result<Redirect, Failed> {
    let order_id = journal::order_id_of(&trade_no)
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let (Some(order_id), true) = (order_id, ["pay", "cancel", "expire"].contains(&&*event)) else {
        return Err(Failed(
            StatusCode::NOT_FOUND,
            "There is no such button.".to_owned(),
        ));
    };
    let path = format!("/sandbox/orders/{trade_no}/{event}");
    let done = console
        .parts()?
        .call(Method::POST, &path, &Value::Null)
        .await;
    done.map_err(|why| Failed(StatusCode::CONFLICT, why))?;
    if back.back.as_deref() == Some("orders") {
        return Ok(Redirect::to("/"));
    }
    Ok(Redirect::to(&format!("/console/orders/{order_id}")))
}
