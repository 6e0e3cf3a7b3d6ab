//! The page of orders: each with its status, its age, what is owed and what the receiver answered; and a form for another.

use std::collections::HashMap;

use axum::extract::{Form, State as Shared};
use axum::http::StatusCode;
use maud::{Markup, html};

use super::answer::{self, Answer};
use super::row::{Row, last_answer};
use super::{Console, Failed, Parts, Shown, page, shown};

/// How many orders are shown.
const SHOWN: usize = 200;

pub(super) async fn show(Shared(console): Shared<Console>) -> Shown {
    whole(console.parts()?, None).await
}

/// Makes an order through the real API, and shows what that answered.
pub(super) async fn make(
    Shared(console): Shared<Console>,
    Form(fields): Form<HashMap<String, String>>,
) -> Shown {
    let parts = console.parts()?;
    let answer = Answer::to(parts, &fields).await;
    whole(parts, Some(&answer)).await
}

/// The table alone, which the script fetches when something has passed.
pub(super) async fn rows(Shared(console): Shared<Console>) -> Shown {
    let parts = console.parts()?;
    Ok(shown(&table(parts).await?))
}

async fn whole(parts: &Parts, answer: Option<&Answer>) -> Shown {
    let content = html! {
        h1 { "Orders" }
        section aria-label="Orders" data-live="/console/rows" { (table(parts).await?) }
        section aria-labelledby="make" {
            h2 #make { "Make an order" }
            (form(parts))
            div #answer role="status" { @if let Some(answer) = answer { (answer.shown()) } }
        }
    };
    Ok(shown(&page::whole("Orders", "/", &content)))
}

async fn table(parts: &Parts) -> Result<Markup, Failed> {
    let explain = |problem| {
        Failed(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("The table cannot be read: {problem}"),
        )
    };
    let rows = parts.rows().map_err(explain)?;
    let now_ms = parts.now_ms().await;
    let (receipts, told) = ((parts.receipts)(), parts.journal.since(0));
    let owed = rows.iter().filter(|row| row.is_owed()).count();
    Ok(html! {
        p.told aria-live="polite" {
            @match rows.len() {
                0 => "There is no order yet: make one below, or by POST /orders.",
                1 => "1 order",
                count => { (count) " orders, newest first" },
            }
            @if rows.len() > SHOWN { ", the newest " (SHOWN) " of them here" }
            @if owed > 0 { "; of " (owed) " LeadsCalendar is still owed a confirmation" }
        }
        @if !rows.is_empty() {
            div.wide tabindex="0" role="region" aria-label="Table of orders" {
                table #orders {
                    thead { tr { @for name in ["Order", "Status", "Price", "Age", "Owed", "LeadsCalendar answered", "Payer"] { th scope="col" { (name) } } } }
                    tbody { @for row in rows.iter().take(SHOWN) {
                        (line(row, now_ms, last_answer(&row.order_id, &receipts, &told)))
                    } }
                }
            }
        } @else {
            table #orders hidden {}
        }
    })
}

fn line(row: &Row, now_ms: i64, answer: Option<(String, bool)>) -> Markup {
    let short = row.order_id.get(..8).unwrap_or(&row.order_id);
    html! {
        tr data-order=(row.order_id) {
            td data-col="order" {
                a href={ "/console/orders/" (row.order_id) } { code { (short) "…" } }
                " " (row.description)
                @if let Some(reference) = &row.reference { " " span.dim { (reference) } }
            }
            td data-col="status" { (page::status(&row.status)) }
            td data-col="price" { (row.price) }
            td data-col="age" { (page::age(now_ms - row.created_at_ms)) }
            td data-col="owed" { @if row.is_owed() { "a confirmation" } @else { "nothing" } }
            td data-col="answer" {
                @match answer {
                    None => span.dim { "nothing yet" },
                    Some((words, accepted)) => span class=(if accepted { "good" } else { "bad" }) { (words) },
                }
            }
            td data-col="payer" {
                @if row.is_open() {
                    form.inline method="post" action={ "/console/payer/" (row.trade_no) "/pay?back=orders" } {
                        button { "Pay" span.hidden { " order " (short) } }
                    }
                    @if let Some(url) = &row.checkout_url { " " a href=(url) { "Checkout" } }
                } @else { span.dim { "–" } }
            }
        }
    }
}

fn form(parts: &Parts) -> Markup {
    let field = |name: &str, label: &str, value: &str, hint: &str| {
        html! {
            label { (label) input name=(name) value=(value) placeholder=(hint) autocomplete="off"; }
        }
    };
    html! {
        @if parts.api.is_none() {
            p.note { "This sandbox was not told where the HTTP API is, so that no order can be made here: start it by sandbox dev." }
        }
        form #new-order method="post" action="/#answer" {
            (field("price", "Price", "1.00", ""))
            (field("fiat", "Fiat", "USD", ""))
            (field("description", "Description", "A slot on Monday", "LeadsCalendar"))
            (field("reference", "Reference", "", "your own id"))
            (field("expiresIn", "Seconds it is held", "", "3600"))
            (field("callbackUrl", "Address for the confirmation", &parts.confirmation_url, ""))
            (field("idempotencyKey", "Idempotency-Key", "", "none"))
            button.main { (answer::BUTTON) }
        }
    }
}
