//! What the calls of the merchant API do: create, query, close, refund, query refund, certificates.

mod close;
mod query_v1;
mod refund;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::behaviour::Behaviour;
use super::endpoints::Version;
use super::faults::{Fault, On};
use super::order::{Order, json};
use super::rules::{CreateRequest, text};
use super::simulator::{Simulator, State};
use crate::clock;

const HOUR_MS: i64 = 3_600_000;
const LONGEST_LIFE_MS: i64 = 15 * 24 * HOUR_MS;

/// Does what is asked, as `steered`, and gives `data` of the answer as JSON text.
pub(crate) fn carry_out(
    simulator: &Arc<Simulator>,
    state: &mut State,
    (on, version): (On, Version),
    body: &[u8],
    fields: &Map<String, Value>,
    steered: Option<&Fault>,
) -> Result<String, Refusal> {
    match on {
        On::Create => create(simulator, state, version, body),
        On::Query => {
            known(fields, &["merchantTradeNo", "prepayId"])?;
            let order = find(state, fields)?;
            Ok(match version {
                Version::V1 => query_v1::queried(order),
                Version::V2 | Version::V3 => order.queried(),
            })
        }
        On::Close => close::close(simulator, state, fields, steered),
        On::Refund => refund::refund(simulator, state, body, steered),
        On::RefundQuery => refund::query(state, body, fields),
        On::Certificates | On::Any => {
            known(fields, &[])?;
            Ok(json(
                &state
                    .certificates
                    .iter()
                    .map(|certificate| certificate.public())
                    .collect::<Vec<_>>(),
            ))
        }
    }
}

fn create(
    simulator: &Simulator,
    state: &mut State,
    version: Version,
    body: &[u8],
) -> Result<String, Refusal> {
    let request = CreateRequest::read(version, body)?;
    if state.used_trade_nos.contains(&request.merchant_trade_no) {
        return Err(Refusal::new(
            "400201",
            "merchantTradeNo is invalid or duplicated",
        ));
    }
    let now_ms = state.now_ms();
    let life_ms = life_ms(&state.behaviour, request.order_expire_time, now_ms)?;
    let draw = state.random.of("order", &request.merchant_trade_no);
    let order = Order::open(request, &simulator.base_url, now_ms, now_ms + life_ms, draw);
    let data = order.created(state.behaviour.binance_links);
    state.add(order);
    Ok(data)
}

/// How long an order shall live. Its end is named by the caller's clock, which is moved with ours where he is in the sandbox,
/// too; an end that is past by it is one that somebody with the real clock has named.
fn life_ms(behaviour: &Behaviour, expire_time: Option<i64>, now_ms: i64) -> Result<i64, Refusal> {
    let Some(expire_time) = expire_time.filter(|_| !behaviour.ignore_expire_time) else {
        return Ok(HOUR_MS);
    };
    let callers_ms = if expire_time > now_ms {
        now_ms
    } else {
        clock::now_ms()
    };
    let life_ms = expire_time.saturating_sub(callers_ms);
    if let Some(refused) = &behaviour.refuse_expire_time
        && life_ms < i64::from(refused.nearer_than_secs) * 1000
    {
        let problem = "orderExpireTime is too near.";
        return Err(Refusal::new(refused.code.clone(), problem));
    }
    if !(1..=LONGEST_LIFE_MS).contains(&life_ms) {
        return Err(Refusal::new(
            "400102",
            "orderExpireTime is not within the next 15 days.",
        ));
    }
    Ok(life_ms)
}

fn known(fields: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(Refusal::new("400001", format!("unknown field `{name}`"))),
    }
}

/// The order that is asked about; the trade number is ignored when there is a prepay id.
fn find<'a>(state: &'a mut State, fields: &Map<String, Value>) -> Result<&'a mut Order, Refusal> {
    let named = |name: &str| fields.get(name).filter(|value| !value.is_null());
    let (name, longest) = if named("prepayId").is_some() {
        ("prepayId", 19)
    } else {
        ("merchantTradeNo", 32)
    };
    let Some(Value::String(value)) = named(name) else {
        return Err(Refusal::new(
            "400100",
            "prepayId or merchantTradeNo is mandatory, as a string.",
        ));
    };
    let value = text(name, Some(value.clone()), longest)?;
    let found = if name == "prepayId" {
        state.prepaid(&value)
    } else {
        state.order(&value)
    };
    found.ok_or_else(|| Refusal::new("400202", "Order not found."))
}
