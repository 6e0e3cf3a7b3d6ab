//! The page Verify: a message and a key are typed in, and each step of the verification says what it saw.

use std::collections::HashMap;

use axum::extract::{Form, Query, State as Shared};
use maud::{Markup, html};

use super::{Console, Parts, Shown, page, raw, shown};
use crate::clock;
use crate::verify::{Keys, Message, Verdict, headers};

/// The form; with `entry` it is filled in from that place of the journal.
pub(super) async fn show(
    Shared(console): Shared<Console>,
    Query(query): Query<HashMap<String, String>>,
) -> Shown {
    let parts = console.parts()?;
    let seq = query.get("entry").and_then(|seq| seq.parse::<u64>().ok());
    let fields = seq.and_then(|seq| of_entry(parts, seq)).unwrap_or_default();
    Ok(whole(&fields, &html! {}))
}

fn of_entry(parts: &Parts, seq: u64) -> Option<HashMap<String, String>> {
    let entry = parts
        .journal
        .since(seq.checked_sub(1)?)
        .into_iter()
        .next()?;
    let lines = entry.raw["headers"].as_object()?.iter();
    let lines =
        lines.map(|(name, value)| format!("{name}: {}\n", value.as_str().unwrap_or_default()));
    Some(HashMap::from([
        ("headers".to_owned(), lines.collect()),
        ("body".to_owned(), entry.raw["body"].as_str()?.to_owned()),
        ("atMs".to_owned(), entry.at_ms.to_string()),
    ]))
}

pub(super) async fn judge(
    Shared(console): Shared<Console>,
    Form(fields): Form<HashMap<String, String>>,
) -> Shown {
    let told = match verdict(console.parts()?, &fields) {
        Err(why) => html! { p.bad { (why) } },
        Ok(verdict) => html! {
            p { @if verdict.verifies { strong.good { "It verifies." } } @else { strong.bad { "It does not verify." } } }
            (raw::steps(&verdict))
        },
    };
    Ok(whole(&fields, &told))
}

fn verdict(parts: &Parts, fields: &HashMap<String, String>) -> Result<Verdict, String> {
    let text = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let at_ms = match text("atMs").trim() {
        "" => clock::now_ms(),
        text => text
            .parse()
            .map_err(|_| "Received at: no number of milliseconds".to_owned())?,
    };
    let message = Message {
        headers: headers(text("headers"))?,
        // A browser sends each line break of a form as two characters.
        body: text("body").replace("\r\n", "\n").into(),
    };
    let keys = match text("key").trim() {
        "" => parts.keyring.keys(),
        key => Keys::of(key),
    };
    Ok(message.verify(&keys, at_ms))
}

fn whole(fields: &HashMap<String, String>, told: &Markup) -> axum::response::Html<String> {
    let text = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let content = html! {
        h1 { "Verify" }
        p { "Which step of the verification of a message fails, and why: of a notification of Binance Pay, or of a confirmation." }
        div #verdict role="status" { (told) }
        form #verify.tall method="post" action="/console/verify#verdict" {
            label { "Headers, a line each or JSON" textarea name="headers" rows="6" required { (text("headers")) } }
            label { "Body, as it came" textarea name="body" rows="6" { (text("body")) } }
            label { "Key: a PEM text or whsec_…; those of this sandbox if empty" textarea name="key" rows="2" autocomplete="off" {} }
            label { "Received at, in milliseconds; now if empty" input name="atMs" value=(text("atMs")) inputmode="numeric"; }
            button.main { "Verify" }
        }
        p.dim { "Here each line break of a body is one line feed. For other bytes there is sandbox verify, which reads files." }
    };
    shown(&page::whole("Verify", "/console/verify", &content))
}
