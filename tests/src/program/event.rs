//! `sandbox event`: the event with which API Gateway invokes a function, made from what the running sandbox holds.

use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use super::running::ask;
use crate::lambda::http_event;
use crate::sandbox::Options;

/// The functions for which there is an event here.
const KNOWN: &str = "binance-callback, get-order, close-order and refund-order";

/// Prints the event, to be saved as a file for `cargo lambda invoke`.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    let function = arguments.about.as_deref();
    let function = function.ok_or_else(|| format!("say for which function: {KNOWN}"))?;
    let path: Option<(&str, &str)> = match function {
        "binance-callback" => None,
        "get-order" => Some(("GET", "")),
        "close-order" => Some(("POST", "/close")),
        "refund-order" => Some(("POST", "/refunds")),
        _ => {
            return Err(format!(
                "there is no event for {function}, only for {KNOWN}"
            ));
        }
    };
    let order = arguments.order.as_deref();
    let order = order.ok_or("say which order the event is about: --order")?;
    let event = match path {
        Some((method, path)) => of_leadscalendar(method, &format!("/orders/{order}{path}")),
        None => callback(arguments.binance_port, order).await?,
    };
    println!("{event:#}");
    Ok(())
}

/// What LeadsCalendar sends; a refund is one of everything left, and of the key that each further one repeats.
fn of_leadscalendar(method: &str, path: &str) -> Value {
    let (options, is_refund) = (Options::default(), path.ends_with("/refunds"));
    let key = if is_refund {
        options.refund_api_key
    } else {
        options.app_api_key
    };
    let mut headers = Map::from_iter([("x-mbx-apikey".to_owned(), key.into())]);
    if is_refund {
        headers.insert("content-type".to_owned(), "application/json".into());
        headers.insert("idempotency-key".to_owned(), "sandbox-event".into());
    }
    http_event(method, path, &headers, is_refund.then_some("{}"))
}

/// A notification of the order's payment, signed by the running simulator.
async fn callback(port: u16, trade_no: &str) -> Result<Value, String> {
    let silently = json!({"notify": false});
    // Refused when somebody has paid already, which is as good.
    ask(port, &format!("orders/{trade_no}/pay"), &silently, &[409]).await?;
    let about = json!({"merchantTradeNo": trade_no});
    let signed = ask(port, "sign", &about, &[]).await?;
    let mut headers: Map<String, Value> = signed["headers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|header| Some((header[0].as_str()?.to_lowercase(), header[1].clone())))
        .collect();
    headers.insert("content-type".to_owned(), "application/json".into());
    let body = signed["body"].as_str();
    Ok(http_event("POST", "/binance-callback", &headers, body))
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn an_unknown_function_is_named_before_anything_that_is_missing() {
        for (arguments, named) in [
            (vec!["event"], "say for which function"),
            (vec!["event", "foo"], "there is no event for foo"),
            (vec!["event", "get-order"], "say which order"),
        ] {
            let arguments = arguments.into_iter().map(str::to_owned);
            let problem = crate::program::run(arguments, &|_| None).await.unwrap_err();
            assert!(problem.starts_with(named), "{problem}");
        }
    }
}
