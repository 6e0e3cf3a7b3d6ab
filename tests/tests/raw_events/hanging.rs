//! Parties that take a connection and never answer: init is over in time all the same, and so is every request.

use std::time::Duration;

use sandbox::lambda::{Function, Outcome};
use sandbox::{clock, web};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::world::{World, answered, program};

/// What init may take.
const INIT: Duration = Duration::from_secs(4);
/// What a machine with other things to do may add to it.
const SLACK: Duration = Duration::from_millis(500);
/// What Lambda gives the request.
const LIMIT: Duration = Duration::from_millis(2_500);
/// How long ago API Gateway took on the request that is answered before its 28 s are over; more would be a kept event.
const TAKEN_ON_AGO_MS: i64 = 19_500;

/// Each party by the setting that says where it is.
const DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";
const BINANCE: &str = "BINANCE_BASE_URL";
const SECRETS_MANAGER: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";

/// Takes connections, and never says anything.
struct Silent {
    url: String,
    _listener: TcpListener,
}

impl Silent {
    async fn new() -> Self {
        let listener = web::listen(0, "none").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self {
            url: format!("http://{address}"),
            _listener: listener,
        }
    }

    /// The settings of `world` with these parties silent.
    fn settings(&self, world: &World, parties: &[&str]) -> Vec<(String, String)> {
        let mut settings = world.settings.clone();
        if parties.contains(&SECRETS_MANAGER) {
            settings.retain(|(name, _)| name != "SECRETS");
            for id in ["SECRETS_ID", "CALLER_KEYS_ID"] {
                settings.push((id.to_owned(), "payments".to_owned()));
            }
        }
        let silent = parties
            .iter()
            .map(|name| ((*name).to_owned(), self.url.clone()));
        settings.extend(silent);
        settings
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn init_is_over_in_4_s_whoever_hangs_and_a_request_is_answered_before_its_time_is_over() {
    let (world, silent) = (World::new().await, Silent::new().await);
    let order_id = world.order().await;
    let hanging = [
        &[DYNAMODB][..],
        &[BINANCE],
        &[SECRETS_MANAGER],
        &[DYNAMODB, BINANCE, SECRETS_MANAGER],
    ];
    let create = || fresh(world.create_order());
    let get = || world.get_order(&order_id);
    let mut played = Vec::new();
    for parties in hanging {
        let settings = silent.settings(&world, parties);
        // get-order does not call Binance.
        let is_asked_for = parties != [BINANCE];
        played.push(play(
            "create-order",
            settings.clone(),
            Some(create()),
            parties,
        ));
        played.push(play(
            "get-order",
            settings.clone(),
            Some(get()).filter(|_| is_asked_for),
            parties,
        ));
        // The wish to close is recorded all the same, and Binance's fault is none of the caller's.
        let is_fault = parties != [BINANCE];
        let close = Some(world.close_order(&order_id)).filter(|_| is_fault);
        played.push(play("close-order", settings.clone(), close, parties));
        let refund = Some(world.refund_order(&order_id)).filter(|_| is_fault);
        played.push(play("refund-order", settings.clone(), refund, parties));
        played.push(play("binance-callback", settings.clone(), None, parties));
        played.push(play("reconcile-orders", settings, None, parties));
    }
    // All at once: each waits, and none works.
    let played = futures_util::future::join_all(played).await;
    let wrong: Vec<String> = played.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn request_is_answered_28_s_after_api_gateway_took_it_on_at_the_latest() {
    let (world, silent) = (World::new().await, Silent::new().await);
    let settings = silent.settings(&world, &[BINANCE]);
    let function = Function::start(&program("create-order"), &settings)
        .await
        .unwrap();
    function.initialised().await.unwrap();
    let mut event = fresh(world.create_order());
    let taken_on_ms = clock::now_ms() - TAKEN_ON_AGO_MS;
    event["requestContext"]["timeEpoch"] = json!(taken_on_ms);

    let outcome = function
        .invoke(event.to_string(), Duration::from_secs(28))
        .await;

    let late_ms = clock::now_ms() - (taken_on_ms + 28_000);
    let (status, problem) = answered(&outcome).unwrap();
    assert!(late_ms <= 0, "{late_ms} ms late: {problem}");
    assert!(status >= 500 && problem["code"].is_string(), "{problem}");
}

/// Starts a function with some parties hanging, and gives it a request, if there is one, that needs them.
async fn play(
    name: &str,
    settings: Vec<(String, String)>,
    request: Option<Value>,
    parties: &[&str],
) -> Result<(), String> {
    let what = |problem: String| format!("{name}, {parties:?} hanging: {problem}");
    let function = Function::start(&program(name), &settings).await.unwrap();
    let took = function.initialised().await;
    let took = took.map_err(|ended| what(format!("{ended:?} {:?}", function.log())))?;
    if took > INIT + SLACK {
        return Err(what(format!("init took {} ms", took.as_millis())));
    }
    let Some(request) = request else {
        return Ok(());
    };
    let began = Instant::now();
    let outcome = function.invoke(request.to_string(), LIMIT).await;
    let took_ms = began.elapsed().as_millis();
    if outcome == Outcome::Overdue {
        return Err(what("no answer within its time".to_owned()));
    }
    let (status, problem) = answered(&outcome).map_err(what)?;
    if status >= 500 && problem["code"].is_string() {
        Ok(())
    } else {
        Err(what(format!("{status} {problem} after {took_ms} ms")))
    }
}

/// The event without its idempotency key, so that there is no order of it yet.
fn fresh(mut event: Value) -> Value {
    if let Some(headers) = event["headers"].as_object_mut() {
        headers.remove("idempotency-key");
    }
    event
}
