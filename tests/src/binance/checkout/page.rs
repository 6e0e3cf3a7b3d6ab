//! What the payer sees. Whatever the merchant wrote is text, which maud escapes.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;

use super::{Way, leaving, qr};
use crate::binance::money;
use crate::binance::order::{Order, Status};

const STYLE: &str = include_str!("page.css");
/// Keeps an open page up to date; without it every button works all the same.
const SCRIPT: &str = include_str!("page.js");

/// What changes while the page is open.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    status: Status,
    words: &'static str,
    /// Whether it can be paid, canceled, or let expire.
    is_open: bool,
    /// Seconds until it expires, by the simulator's time.
    left_secs: i64,
    /// Where the payer goes now.
    next: Option<String>,
}

impl State {
    pub(super) fn of(order: &Order, now_ms: i64) -> Self {
        let left_ms = order.expire_time.saturating_sub(now_ms).max(0);
        Self {
            status: order.status,
            words: words(order.status),
            is_open: order.status == Status::Initial,
            // Rounded up: at 0 it is over.
            left_secs: left_ms.saturating_add(999) / 1000,
            next: leaving(order),
        }
    }
}

fn words(status: Status) -> &'static str {
    match status {
        Status::Initial => "Waiting for your payment",
        Status::Pending => "Payment under way",
        Status::Paid => "Paid",
        Status::Canceled => "Canceled",
        Status::Expired => "Expired",
        Status::Error => "Failed",
        Status::Refunding => "Being refunded",
        Status::Refunded => "Partially refunded",
        Status::FullRefunded => "Refunded",
    }
}

/// The page of an order; `way` is the one by which the payer came, if not by the checkout's own address.
pub(super) fn of(order: &Order, now_ms: i64, way: Option<Way>) -> Markup {
    let state = State::of(order, now_ms);
    let amount = format!("{} {}", money::plain(order.total_fee), order.currency);
    whole(
        &format!("Pay {amount}"),
        &html! {
            p.for { (order.description) }
            h1 { (amount) }
            @if let (Some(price), Some(fiat)) = (&order.fiat_amount, &order.fiat_currency) {
                p #price { "for " (price) " " (fiat) }
            }
            p #status role="status" data-status=(spelt(&state)) { (state.words) }
            div #open hidden[!state.is_open] {
                p #left { "Pay within " span #countdown role="timer" { (clock(state.left_secs)) } }
                figure #qr role="img" aria-label="QR code that opens this page on a phone" {
                    (PreEscaped(qr::inline(order)))
                }
                div.buttons { (button(order, "pay", "Pay")) (button(order, "cancel", "Cancel")) }
                (button(order, "expire", "Let it expire"))
            }
            div #over hidden[state.is_open] { (ways_back(order)) }
            dl {
                dt { "Order" } dd { (order.merchant_trade_no) }
                dt { "Goods" } dd { (order.goods_name) }
                @if let Some(way) = way { dt { "Opened by" } dd #way { (way.name()) } }
            }
            script { (PreEscaped(SCRIPT)) }
        },
    )
}

/// The page of a checkout that does not exist.
pub(super) fn nowhere() -> Markup {
    whole(
        "No such checkout",
        &html! {
            h1 { "There is no such checkout." }
            p { "The simulator forgets its orders when it ends: make a new one, and open the checkoutUrl of its answer." }
        },
    )
}

fn whole(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main { (content) p.note { "A simulation of Binance Pay: no money moves." } }
            }
        }
    }
}

fn button(order: &Order, id: &str, text: &str) -> Markup {
    html! {
        form method="post" action={ (order.checkout_url) "/" (id) } {
            button #(id) { (text) }
        }
    }
}

/// Links to where the merchant wants payers, for one who is not sent there at once.
fn ways_back(order: &Order) -> Markup {
    let links = [
        (&order.return_url, "Back to the merchant"),
        (&order.cancel_url, "Back to the merchant without paying"),
    ];
    html! {
        @for (url, text) in links {
            @if let Some(url) = url {
                p { a href=(url) { (text) } }
            }
        }
    }
}

/// The status as Binance spells it.
fn spelt(state: &State) -> String {
    let json = serde_json::to_value(state.status).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

/// `59:07`, or `1:00:00` for an hour and more.
fn clock(secs: i64) -> String {
    let (hours, minutes, seconds) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countdown_shows_hours_only_where_there_are_some() {
        for (secs, expected) in [
            (0, "0:00"),
            (59, "0:59"),
            (600, "10:00"),
            (3599, "59:59"),
            (3600, "1:00:00"),
            (90_061, "25:01:01"),
        ] {
            assert_eq!(clock(secs), expected);
        }
    }
}
