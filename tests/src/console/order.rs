//! The page of one order: what is known of it, what the payer can do, and what passed about it.

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use maud::{Markup, html};

use super::row::Row;
use super::{Console, Failed, Parts, Shown, page, shown, timeline};

pub(super) async fn show(Shared(console): Shared<Console>, Path(order_id): Path<String>) -> Shown {
    let parts = console.parts()?;
    let part = part(parts, &order_id).await?;
    let content = html! {
        div data-live={ "/console/orders/" (order_id) "/timeline" } data-order=(order_id) { (part) }
    };
    Ok(shown(&page::whole("One order", "", &content)))
}

/// What changes while the page is open, which the script fetches when something has passed.
pub(super) async fn timeline(
    Shared(console): Shared<Console>,
    Path(order_id): Path<String>,
) -> Shown {
    Ok(shown(&part(console.parts()?, &order_id).await?))
}

async fn part(parts: &Parts, order_id: &str) -> Result<Markup, Failed> {
    let explain = |problem| {
        let words = format!("The table cannot be read: {problem}");
        Failed(StatusCode::INTERNAL_SERVER_ERROR, words)
    };
    let item = parts.table.item(order_id).map_err(explain)?;
    let row = item.as_ref().and_then(Row::of);
    let arrows = timeline::of(parts, order_id);
    if row.is_none() && arrows.is_empty() {
        let words = format!("There is no order {order_id} in this sandbox.");
        return Err(Failed(StatusCode::NOT_FOUND, words));
    }
    let now_ms = parts.now_ms().await;
    Ok(html! {
        h1 { "Order " code { (order_id) } }
        @match &row {
            None => p { "It is not in the table: it was never recorded." },
            Some(row) => (facts(row, now_ms)),
        }
        h2 { "What passed" }
        (timeline::shown(&arrows))
        @if let Some(item) = &item {
            details { summary { "The item as it is stored" } pre tabindex="0" { (format!("{item:#}")) } }
        }
    })
}

fn facts(row: &Row, now_ms: i64) -> Markup {
    let (revision, told) = row.revisions;
    html! {
        dl.facts {
            dt { "Status" } dd { (page::status(&row.status)) }
            dt { "Description" } dd { (row.description) }
            @if let Some(reference) = &row.reference { dt { "Reference" } dd { (reference) } }
            dt { "Price" } dd { (row.price) }
            dt { "Recorded" } dd { (page::time(row.created_at_ms)) ", " (page::age(now_ms - row.created_at_ms)) " ago" }
            dt { "Trade number" } dd { code { (row.trade_no) } }
            @if let Some(prepay_id) = &row.prepay_id { dt { "Prepay id" } dd { code { (prepay_id) } } }
            dt { "Version of the item" } dd { (row.version) }
            dt { "LeadsCalendar" } dd {
                @if row.is_owed() { "is owed a confirmation: revision " (revision) ", accepted " (told) }
                @else { "knows revision " (revision) }
                @if let Some(error) = &row.last_error { " (" (error) ")" }
            }
        }
        @if row.is_open() {
            div.tools {
                @for (event, words) in [("pay", "Pay"), ("cancel", "Cancel"), ("expire", "Let it expire")] {
                    form.inline method="post" action={ "/console/payer/" (row.trade_no) "/" (event) } {
                        button.main[event == "pay"] { (words) }
                    }
                }
                @if let Some(url) = &row.checkout_url { a href=(url) { "Checkout" } }
            }
        }
    }
}
