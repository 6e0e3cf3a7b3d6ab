//! `sandbox demo`: one order from `POST /orders` to the accepted confirmation, each step shown and checked.

use std::time::Duration;

use serde_json::{Value, json};

use super::dev;
use super::functions::Functions;
use crate::sandbox::{Options, Sandbox};
use crate::{clock, web};

/// How long a step may take once the functions run.
const STEP_LIMIT_MS: i64 = 15_000;

/// Plays one order on free ports and leaves nothing running.
pub(crate) async fn run(interrupted: impl Future<Output = ()>) -> Result<(), String> {
    let (sandbox, mut functions) = dev::start(Options::default(), 0).await?;
    let outcome = tokio::select! {
        outcome = play(&sandbox, &mut functions) => outcome,
        () = interrupted => Err("interrupted".to_owned()),
    };
    let outcome = outcome.map_err(|problem| functions.explain(&problem));
    functions.end().await;
    outcome?;
    println!("\nThe order is PAID and LeadsCalendar knows it. Nothing is left running.");
    Ok(())
}

/// Numbers the steps and times them.
struct Steps {
    number: u32,
    started_ms: i64,
}

impl Steps {
    fn done(&mut self, what: &str, lines: &[String]) {
        let now_ms = clock::now_ms();
        self.number += 1;
        println!(
            "\n{}. {what}  ({} ms)",
            self.number,
            now_ms - self.started_ms
        );
        for line in lines {
            println!("   {line}");
        }
        self.started_ms = clock::now_ms();
    }
}

async fn play(sandbox: &Sandbox, functions: &mut Functions) -> Result<(), String> {
    let mut steps = Steps {
        number: 0,
        started_ms: clock::now_ms(),
    };
    functions.ready(&sandbox.scheduled_event()).await?;
    let url = functions.gateway().url();
    steps.done(
        "The functions answer under cargo-lambda",
        &[format!("{url}/orders"), format!("{url}/binance-callback")],
    );

    let order = place_order(sandbox, &url, &mut steps).await?;
    let trade_no = text(&order, "merchantTradeNo")?;
    let order_id = text(&order, "orderId")?;
    what_binance_saw(sandbox, &trade_no, &mut steps)?;
    pay_as_a_browser(&text(&order, "checkoutUrl")?, &mut steps).await?;
    notification(sandbox, &trade_no, &mut steps).await?;

    let item = sandbox
        .dynamodb()
        .item(&order_id)?
        .ok_or("the table does not hold the order")?;
    check(item["status"] == "PAID", || {
        format!("the table says {}", item["status"])
    })?;
    steps.done(
        "DynamoDB holds the order",
        &[format!("orderId {order_id}, status {}", item["status"])],
    );
    confirmation(sandbox, &order_id, &mut steps).await
}

async fn place_order(sandbox: &Sandbox, url: &str, steps: &mut Steps) -> Result<Value, String> {
    let request = json!({
        "transactionType": "PAY",
        "fiat": "USD",
        "price": "1.00",
        "callbackUrl": sandbox.leadscalendar().callback_url(),
    });
    let client = web::client(Duration::from_secs(30), false);
    let sent = client
        .post(format!("{url}/orders"))
        .header("X-MBX-APIKEY", sandbox.app_api_key())
        .json(&request);
    let answer = sent
        .send()
        .await
        .map_err(|error| format!("POST /orders: {error}"))?;
    let (status, body) = (answer.status(), answer.text().await.unwrap_or_default());
    check(status == 201, || {
        format!("POST /orders was answered {status}: {body}")
    })?;
    let lines = [
        format!("POST {url}/orders"),
        request.to_string(),
        format!("{status}"),
        body.clone(),
    ];
    steps.done("LeadsCalendar orders a dollar's worth", &lines);
    serde_json::from_str(&body)
        .map_err(|error| format!("POST /orders was answered without JSON: {error}"))
}

fn what_binance_saw(sandbox: &Sandbox, trade_no: &str, steps: &mut Steps) -> Result<(), String> {
    let calls = sandbox.binance().calls();
    let call = calls
        .iter()
        .find(|call| call.trade_no.as_deref() == Some(trade_no));
    let call = call.ok_or("Binance Pay never heard of the order")?;
    check(call.verdict == "taken", || {
        format!("Binance Pay says {:?}", call.reason)
    })?;
    let order = sandbox
        .binance()
        .order(trade_no)
        .ok_or("Binance Pay does not keep the order")?;
    let amount = format!("{} {}", order.total_fee, order.currency);
    let lines = [
        format!("{} {}", call.path, trade_no),
        format!("signature verified, order opened for {amount}"),
    ];
    steps.done("Binance Pay took a signed request", &lines);
    Ok(())
}

/// Opens the page and sends the form behind its first button, as a browser does.
async fn pay_as_a_browser(checkout_url: &str, steps: &mut Steps) -> Result<(), String> {
    let explain = |error| format!("the checkout page: {error}");
    let browser = web::client(Duration::from_secs(10), false);
    let opened = browser.get(checkout_url).send().await.map_err(explain)?;
    let page = opened.text().await.map_err(explain)?;
    let action = page
        .split_once("action=\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    let (action, _) = action.ok_or("the checkout page has no button")?;
    let pressed = browser.post(action).send().await.map_err(explain)?;
    check(pressed.status() == 303, || {
        format!("Pay was answered {}", pressed.status())
    })?;
    steps.done(
        "The payer opens the checkout page and presses Pay",
        &[checkout_url.to_owned()],
    );
    Ok(())
}

async fn notification(sandbox: &Sandbox, trade_no: &str, steps: &mut Steps) -> Result<(), String> {
    let acknowledged = || {
        let deliveries = sandbox.binance().deliveries();
        deliveries.into_iter().find(|delivery| {
            delivery.trade_no.as_deref() == Some(trade_no) && delivery.acknowledged
        })
    };
    let Some(delivery) = within_limit(acknowledged).await else {
        return Err(format!(
            "the webhook was not acknowledged: {:?}",
            sandbox.binance().deliveries()
        ));
    };
    let answer = delivery.answer.unwrap_or_default();
    let lines = [
        format!("POST {}", delivery.url),
        delivery.body,
        format!("200 after {} ms: {answer}", delivery.elapsed_ms),
    ];
    steps.done(
        "Binance Pay sends the signed webhook, binance-callback acknowledges it",
        &lines,
    );
    Ok(())
}

async fn confirmation(sandbox: &Sandbox, order_id: &str, steps: &mut Steps) -> Result<(), String> {
    let accepted = || {
        let confirmations = sandbox.leadscalendar().confirmations();
        confirmations
            .into_iter()
            .find(|one| one.accepted && one.body["data"]["orderId"] == order_id)
    };
    let Some(one) = within_limit(accepted).await else {
        return Err(format!(
            "no confirmation was accepted: {:?}",
            sandbox.leadscalendar().confirmations()
        ));
    };
    check(one.body["type"] == "order.paid", || {
        format!("the confirmation says {}", one.body["type"])
    })?;
    let id = one.webhook_id.unwrap_or_default();
    let lines = [
        format!("webhook-id {id}, verified by the standardwebhooks library"),
        one.body.to_string(),
    ];
    steps.done("LeadsCalendar accepted the confirmation", &lines);
    Ok(())
}

async fn within_limit<T>(found: impl Fn() -> Option<T>) -> Option<T> {
    let until_ms = clock::now_ms() + STEP_LIMIT_MS;
    loop {
        match found() {
            None if clock::now_ms() < until_ms => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            found => return found,
        }
    }
}

fn text(json: &Value, name: &str) -> Result<String, String> {
    json[name]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("the answer has no {name}"))
}

fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
