//! `POST /sandbox/trigger`: what happens to an order, played from end to end, and what LeadsCalendar answered when it was told.

mod played;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::admin::{self, Refused, read};
use crate::dynamodb::Table;
use crate::gateway::Gateway;
use crate::journal::{self, Entry, Journal, Kind};
use crate::random::Source;
use crate::sandbox::Sandbox;

/// The route, for `GET /sandbox/`.
pub(crate) const ROUTES: &str = "
POST   /sandbox/trigger                            what: paid unnotified late disputed expired closed refunded
                                                   refund-failed; order: an orderId, a reference, or last; waits for
                                                   the answer to the confirmation
";

/// How long the confirmation is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may come by itself before reconcile-orders is run, and how long until it is run again.
const RUN_EVERY: Duration = Duration::from_millis(700);
/// How often the journal is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What can happen to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum What {
    /// The payer pays, and Binance notifies
    Paid,
    /// The payer pays, the notification is lost, and Binance is asked
    Unnotified,
    /// The payer pays after the order expired
    Late,
    /// The payer pays another amount than the order's
    Disputed,
    /// The order's time passes unpaid; no clock is moved
    Expired,
    /// The order is closed by POST /orders/ORDER/close
    Closed,
    /// What was paid goes back by POST /orders/ORDER/refunds
    Refunded,
    /// What was paid is to go back, and Binance rejects that afterwards
    RefundFailed,
}

/// What a trigger needs.
struct Parts {
    /// The simulator's admin routes.
    admin: Router,
    /// The orders as they are stored.
    table: Table,
    /// What passed.
    journal: Journal,
    /// The functions.
    gateway: Arc<Gateway>,
    /// The key that LeadsCalendar sends.
    app_api_key: String,
    /// The key that gives money back.
    refund_api_key: String,
    /// Where the keys of refunds come from.
    random: Source,
    /// How many requests had such a key.
    keyed: AtomicU64,
}

impl Sandbox {
    /// The functions are behind this HTTP API: what needs them can be triggered.
    pub fn runs(&self, gateway: Arc<Gateway>) {
        self.trigger.fill(Parts {
            admin: self.binance().admin(),
            table: self.dynamodb().table(),
            journal: self.journal().clone(),
            gateway,
            app_api_key: self.app_api_key().to_owned(),
            refund_api_key: self.refund_api_key().to_owned(),
            random: self.random(),
            keyed: AtomicU64::default(),
        });
    }
}

/// The trigger, which works once the functions run.
#[derive(Clone, Default)]
pub(crate) struct Trigger(Arc<OnceLock<Parts>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    what: What,
    order: String,
}

/// Up to where LeadsCalendar was told before: what counts is behind it.
struct Before {
    seq: u64,
    revision: i64,
}

impl Trigger {
    /// Says what there is; once.
    fn fill(&self, parts: Parts) {
        let _ = self.0.set(parts);
    }

    pub(crate) fn router(&self) -> Router {
        let trigger = self.clone();
        Router::new().route(
            "/sandbox/trigger",
            post(async move |body: Bytes| trigger.answer(&body).await),
        )
    }

    async fn answer(&self, body: &[u8]) -> Result<Json<Value>, Refused> {
        let wanted: Wanted = read(body)?;
        let starting = || {
            let words = "no functions run here, or not yet: GET /sandbox/health tells";
            Refused(StatusCode::SERVICE_UNAVAILABLE, words.to_owned())
        };
        let parts = self.0.get().ok_or_else(starting)?;
        let order_id = parts.find(&wanted.order).await?;
        let before = parts.play(wanted.what, &order_id).await?;
        let told = parts.told(&order_id, &before).await?;
        let status = parts.item(&order_id)?["status"].take();
        Ok(Json(json!({
            "orderId": order_id,
            "status": status,
            "confirmation": told.map(|entry| confirmation(&entry)),
        })))
    }
}

/// What a confirmation's entry tells of where it went and of the answer.
fn confirmation(entry: &Entry) -> Value {
    let raw = &entry.raw;
    json!({
        "host": raw["host"],
        "httpStatus": raw["httpStatus"],
        "error": raw["error"],
        "durationMs": raw["durationMs"],
        "accepted": entry.ok == Some(true),
    })
}

impl Parts {
    /// The orderId of the order that is named so.
    async fn find(&self, named: &str) -> Result<String, Refused> {
        let missing = |words: String| Refused(StatusCode::NOT_FOUND, words);
        if named == "last" {
            let orders = self.call(Method::GET, "/sandbox/orders", &Value::Null);
            let orders = orders.await?;
            let newest = orders.as_array().and_then(|orders| orders.last());
            let trade_no = newest.and_then(|order| order["merchantTradeNo"].as_str());
            return trade_no.and_then(journal::order_id_of).ok_or_else(|| {
                missing("there is no order yet: POST /orders makes one".to_owned())
            });
        }
        let items = self.table.items().map_err(broken)?;
        let mut found = items.iter().filter(|item| {
            item["attempts"].is_array()
                && (item["orderId"] == named || item["request"]["reference"] == named)
        });
        let id = found.next().and_then(|item| item["orderId"].as_str());
        let id = id.ok_or_else(|| {
            missing(format!(
                "there is no order with the orderId or reference {named:?}"
            ))
        })?;
        match found.count() {
            0 => Ok(id.to_owned()),
            more => Err(Refused(
                StatusCode::CONFLICT,
                format!(
                    "{} orders have the reference {named:?}: name one by its orderId",
                    more + 1
                ),
            )),
        }
    }

    fn item(&self, order_id: &str) -> Result<Value, Refused> {
        let item = self.table.item(order_id).map_err(broken)?;
        let missing = || {
            let words = format!("the order {order_id} is not in the table");
            Refused(StatusCode::NOT_FOUND, words)
        };
        item.ok_or_else(missing)
    }

    /// How far LeadsCalendar can have been told by now.
    fn before(&self, order_id: &str) -> Result<Before, Refused> {
        let seq = self.journal.newest();
        let revision = self.item(order_id)?["confirmation"]["revision"].as_i64();
        Ok(Before {
            seq,
            revision: revision.unwrap_or_default(),
        })
    }

    /// The first attempt to tell LeadsCalendar of what is newer, if there is one in time.
    async fn told(&self, order_id: &str, before: &Before) -> Result<Option<Arc<Entry>>, Refused> {
        let waited = tokio::time::timeout(PATIENCE, async {
            tokio::select! {
                entry = self.attempt(order_id, before) => Ok(entry),
                problem = self.keep_running() => Err(broken(problem)),
            }
        });
        waited.await.ok().transpose()
    }

    async fn attempt(&self, order_id: &str, before: &Before) -> Arc<Entry> {
        let is_newer = |entry: &Arc<Entry>| {
            let id = entry.raw["webhookId"].as_str().unwrap_or_default();
            let revision = id.rsplit('_').next().and_then(|text| text.parse().ok());
            entry.kind == Kind::Confirmation
                && entry.order_id.as_deref() == Some(order_id)
                && revision.is_some_and(|revision: i64| revision > before.revision)
        };
        loop {
            let entries = self.journal.since(before.seq);
            if let Some(entry) = entries.into_iter().find(is_newer) {
                return entry;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Runs reconcile-orders again and again, which does what a notification has not; ends with a problem only.
    async fn keep_running(&self) -> String {
        loop {
            tokio::time::sleep(RUN_EVERY).await;
            if let Err(problem) = self.gateway.run_schedule().await {
                return format!("reconcile-orders failed: {problem}");
            }
        }
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, Refused> {
        admin::call(&self.admin, method, path, body).await
    }
}

/// Something of the sandbox itself failed.
fn broken(problem: String) -> Refused {
    Refused(StatusCode::INTERNAL_SERVER_ERROR, problem)
}
