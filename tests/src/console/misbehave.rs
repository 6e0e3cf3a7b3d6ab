//! The page Misbehave: switches for what can go wrong, what waits at present, and what came of the last switch.

use std::collections::HashMap;

use axum::extract::{Form, Path, State as Shared};
use axum::http::StatusCode;
use maud::{Markup, html};
use serde_json::Value;

use super::switches::press;
use super::{Console, Failed, Parts, Shown, cards, page, raw, shown};
use crate::clock;
use crate::verify::{Message, headers};

/// How many trade numbers are proposed.
const PROPOSED: usize = 50;

pub(super) async fn show(Shared(console): Shared<Console>) -> Shown {
    whole(console.parts()?, &html! {}).await
}

/// Turns a switch, and shows what came of it.
pub(super) async fn turn(
    Shared(console): Shared<Console>,
    Path(switch): Path<String>,
    Form(fields): Form<HashMap<String, String>>,
) -> Shown {
    let parts = console.parts()?;
    let press = press(&switch, &fields).ok_or_else(|| {
        Failed(
            StatusCode::NOT_FOUND,
            format!("There is no switch {switch}."),
        )
    })?;
    let done = parts.call(press.method, &press.path, &press.body).await;
    let told = match &done {
        Err(why) => html! { p.bad { "Not done: " (why) } },
        Ok(delivery) if switch == "forge" || switch == "stranger" => delivered(parts, delivery),
        Ok(_) => html! { p.good { "Done." } },
    };
    whole(parts, &told).await
}

/// A notification that was sent: its answer, and why it does not verify if it does not.
fn delivered(parts: &Parts, delivery: &Value) -> Markup {
    let message = Message {
        headers: headers(&delivery["headers"].to_string()).unwrap_or_default(),
        body: delivery["body"].as_str().unwrap_or_default().into(),
    };
    let verdict = message.verify(&parts.keyring.keys(), clock::now_ms());
    let acknowledged = delivery["acknowledged"] == true;
    html! {
        p class=(if acknowledged { "good" } else { "bad" }) {
            @if acknowledged { "It was acknowledged" } @else { "It was refused" }
            @if let Some(status) = delivery["httpStatus"].as_u64() { " with " (status) }
            @if let Some(error) = delivery["error"].as_str() { ", without an answer: " (error) }
            "."
        }
        @if let Some(step) = verdict.failure() { p { "The step " strong { (step.name) } " fails: " (step.why) } }
        (raw::steps(&verdict))
        details { summary { "What was sent, and the answer" } (raw::fields(delivery)) }
    }
}

async fn whole(parts: &Parts, told: &Markup) -> Shown {
    let content = html! {
        h1 { "Misbehave" }
        div #told role="status" { (told) }
        (trade_nos(parts))
        div.cards {
            (cards::leadscalendar(&parts.look("/sandbox/mode").await))
            (cards::faults(&parts.look("/sandbox/faults").await))
            (cards::table(&parts.look("/sandbox/dynamodb/faults").await))
            (cards::payment())
            (cards::forge())
            (cards::stranger())
            (cards::time(parts.now_ms().await))
            (cards::certificates())
            (cards::bends(&parts.look("/sandbox/bends").await))
            (cards::behaviour(&parts.look("/sandbox/behaviour").await))
        }
    };
    Ok(shown(&page::whole(
        "Misbehave",
        "/console/misbehave",
        &content,
    )))
}

fn trade_nos(parts: &Parts) -> Markup {
    let rows = parts.rows().unwrap_or_default();
    html! {
        datalist #trade-nos { @for row in rows.iter().take(PROPOSED) {
            option value=(row.trade_no) { (row.status) " " (row.description) }
        } }
    }
}
