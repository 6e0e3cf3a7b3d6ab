//! `sandbox event`: the event with which API Gateway invokes a function, made from what the running sandbox holds.

use serde_json::{Map, Value, json};

use super::arguments::Running;
use super::running::ask;
use crate::lambda::http_event;
use crate::sandbox::Options;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The function that is to be invoked
    #[arg(value_name = "FUNCTION")]
    function: Function,
    /// The order that the event is about: its merchantTradeNo for binance-callback, else its orderId
    #[arg(long, value_name = "ORDER")]
    order: String,
    #[command(flatten)]
    running: Running,
}

/// The functions for which there is an event here.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Function {
    /// The signed notification of a payment, which is made for it without being sent
    BinanceCallback,
    /// `GET /orders/ORDER_ID`
    GetOrder,
    /// `POST /orders/ORDER_ID/close`
    CloseOrder,
    /// A refund of everything left
    RefundOrder,
}

/// Prints the event, to be saved as a file for `cargo lambda invoke`.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    let order = &arguments.order;
    let (method, end) = match arguments.function {
        Function::BinanceCallback => {
            let event = callback(arguments.running.binance_port, order).await?;
            println!("{event:#}");
            return Ok(());
        }
        Function::GetOrder => ("GET", ""),
        Function::CloseOrder => ("POST", "/close"),
        Function::RefundOrder => ("POST", "/refunds"),
    };
    let event = of_leadscalendar(method, &format!("/orders/{order}{end}"));
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
