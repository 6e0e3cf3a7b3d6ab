//! The merchant API: a call passes the gate, meets the fault that waits for it, is carried out, answered, remembered.

use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use serde_json::{Map, Value};

use super::answer::{Answer, Envelope, Refusal};
use super::bend::BendOn;
use super::endpoints::{Endpoint, Version, not_played};
use super::faults::{self, At, Fault, On};
use super::gate::{Received, Turned};
use super::operations::carry_out;
use super::play::Play;
use super::simulator::{Call, Simulator, State};
use crate::{clock, web};

/// No request of the documentation comes near it.
const LONGEST_BODY: usize = 64 * 1024;

/// What comes of a call before it is sent.
enum End {
    Answer(Answer),
    HangUp,
    Later { ms: u64, then: Option<Answer> },
    Webhook(Answer),
}

/// Every path that is neither the checkout's nor the sandbox's own.
pub(crate) async fn call(Shared(simulator): Shared<Arc<Simulator>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let (on, version) = match Endpoint::of(path) {
        Some(Endpoint::Played(on, version)) => (on, version),
        Some(Endpoint::NotPlayed) => {
            let answer = not_played(path);
            return simulator
                .not_here(path, "not played", answer)
                .into_response();
        }
        None => {
            let (why, answer) = ("there is no such path", Answer::forbidden_page());
            return simulator.not_here(path, why, answer).into_response();
        }
    };
    let body = to_bytes(body, LONGEST_BODY).await.unwrap_or_default();
    let (index, end) = simulator.decide(
        (on, version),
        parts.uri.path(),
        &parts.method,
        &parts.headers,
        &body,
    );
    simulator.record_call(index, &parts.headers, &body);

    let answer = match end {
        End::Answer(answer) => Some(answer),
        End::HangUp => None,
        End::Later { ms, then } => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            then
        }
        End::Webhook(answer) => {
            let trade_no = simulator.state().calls[index]
                .trade_no
                .clone()
                .unwrap_or_default();
            let _ = simulator.pay_and_wait(&trade_no, Play::default()).await;
            Some(answer)
        }
    };
    let Some(mut answer) = answer else {
        simulator.record_answer(index, &body);
        return web::hang_up();
    };
    // Who is turned away meets no fault, and uses up no bend.
    let is_in = simulator.state().calls[index].verdict != "turned away";
    if let Some(on) = BendOn::answer(on).filter(|_| is_in) {
        answer.body = simulator.bent(on, answer.body);
    }
    {
        let call = &mut simulator.state().calls[index];
        call.http_status = Some(answer.http);
        call.answer = Some(answer.body.clone());
    }
    simulator.record_answer(index, &body);
    answer.into_response()
}

impl Simulator {
    /// Remembers a call of a path behind which nothing is.
    fn not_here(self: &Arc<Self>, path: &str, why: &str, answer: Answer) -> Answer {
        let mut call = Call {
            at_ms: clock::now_ms(),
            path: path.to_owned(),
            verdict: "turned away",
            reason: Some(why.to_owned()),
            http_status: Some(answer.http),
            ..Call::default()
        };
        let answer = note(&mut call, answer);
        self.state().calls.push(call);
        answer
    }

    /// Everything about a call that needs no waiting; gives the call's place in the memory.
    fn decide(
        self: &Arc<Self>,
        endpoint: (On, Version),
        path: &str,
        method: &Method,
        headers: &HeaderMap,
        body: &[u8],
    ) -> (usize, End) {
        let received = Received {
            method,
            headers,
            body,
            now_ms: clock::now_ms(),
        };
        let mut call = Call {
            at_ms: received.now_ms,
            path: path.to_owned(),
            nonce: received.header("BinancePay-Nonce").map(str::to_owned),
            ..Call::default()
        };
        let end = self.enter(endpoint, &received, &mut call);
        let mut state = self.state();
        state.calls.push(call);
        (state.calls.len() - 1, end)
    }

    fn enter(
        self: &Arc<Self>,
        (on, version): (On, Version),
        received: &Received<'_>,
        call: &mut Call,
    ) -> End {
        let mut state = self.state();
        let refusal_http = state.behaviour.refusal_http;
        let json = match received.check(&self.credentials, &mut state.nonces) {
            Ok(json) => json,
            Err(turned) => {
                call.verdict = "turned away";
                return End::Answer(match turned {
                    Turned::Abnormality => note(call, Answer::abnormality(refusal_http)),
                    Turned::Refused(refusal) => refuse(call, refusal_http, refusal),
                });
            }
        };
        call.trade_no = trade_no(&mut state, &json);
        let fault = faults::take(&mut state.faults, on);
        call.fault = fault
            .as_ref()
            .and_then(|fault| serde_json::to_value(fault).ok());
        if let Some(fault) = &fault
            && let Some(end) = untaken(fault, call)
        {
            // The caller cannot know that nothing happened, so it may not use the number again.
            if on == On::Create && leaves_unknown(fault) {
                state.used_trade_nos.extend(call.trade_no.clone());
            }
            return end;
        }
        let answer = match self.steer(&mut state, (on, version), received.body, &json, call) {
            Ok(data) => {
                call.verdict = "taken";
                note(call, Answer::success(&data))
            }
            Err(refusal) => {
                call.verdict = "refused";
                refuse(call, refusal_http, refusal)
            }
        };
        taken(fault.as_ref(), call.verdict == "taken", answer)
    }

    /// Carries a call out, with the payer before or after it where that was told.
    fn steer(
        self: &Arc<Self>,
        state: &mut State,
        (on, version): (On, Version),
        body: &[u8],
        json: &Map<String, Value>,
        call: &mut Call,
    ) -> Result<String, Refusal> {
        let steered = faults::take_steering(&mut state.faults, on);
        call.steered = steered
            .as_ref()
            .and_then(|steered| serde_json::to_value(steered).ok());
        let come = |state: &mut State, first: bool| {
            let Some(Fault::PayerComes { at, begins, notify }) = steered else {
                return;
            };
            let play = Play {
                notify,
                late: at == At::After,
                ..Play::default()
            };
            if let (Some(trade_no), true) = (&call.trade_no, first == (at == At::Before)) {
                self.payer_comes(state, trade_no, begins, play);
            }
        };
        come(state, true);
        let data = carry_out(self, state, (on, version), body, json, steered.as_ref())?;
        come(state, false);
        Ok(data)
    }
}

fn trade_no(state: &mut State, json: &Map<String, Value>) -> Option<String> {
    let named = json
        .get("merchantTradeNo")
        .and_then(Value::as_str)
        .map(str::to_owned);
    named.or_else(|| {
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        let order = match (text("prepayId"), text("refundRequestId")) {
            (Some(prepay_id), _) => state.prepaid(prepay_id),
            (None, id) => state.refunded(id?),
        };
        order.map(|order| order.merchant_trade_no.clone())
    })
}

fn note(call: &mut Call, answer: Answer) -> Answer {
    call.code.clone_from(&answer.code);
    answer
}

fn refuse(call: &mut Call, http: u16, refusal: Refusal) -> Answer {
    let answer = Answer::failure(http, Envelope::Normal, &refusal.code, &refusal.message);
    call.reason = Some(refusal.message);
    note(call, answer)
}

/// The end of a call that a fault keeps from being carried out.
fn untaken(fault: &Fault, call: &mut Call) -> Option<End> {
    let answer = match fault {
        Fault::LostRequest => None,
        Fault::Html403 => Some(Answer::forbidden_page()),
        Fault::Geo451 => Some(Answer::restricted()),
        Fault::Rate429 { retry_after } => Some(Answer::rate_limited(*retry_after)),
        Fault::Http500 => Some(Answer::server_error()),
        Fault::Refuse {
            code,
            message,
            http,
            envelope,
        } => Some(Answer::failure(*http, *envelope, code, message)),
        Fault::LostAnswer
        | Fault::Slow { .. }
        | Fault::SlowThenLost { .. }
        | Fault::Http500Taken
        | Fault::BrokenAnswer
        | Fault::WebhookFirst
        | Fault::PayerComes { .. }
        | Fault::ClosesLater(_)
        | Fault::RefundPends(_)
        | Fault::RefundForgotten => return None,
    };
    call.verdict = "not taken";
    Some(answer.map_or(End::HangUp, |answer| End::Answer(note(call, answer))))
}

fn leaves_unknown(fault: &Fault) -> bool {
    match fault {
        Fault::LostRequest | Fault::Http500 => true,
        Fault::Refuse { code, http, .. } => {
            *http >= 500 || ["400000", "50001", "100001001"].contains(&code.as_str())
        }
        _ => false,
    }
}

/// The end of a call that was carried out, or properly refused.
fn taken(fault: Option<&Fault>, succeeded: bool, answer: Answer) -> End {
    match fault {
        Some(Fault::LostAnswer) => End::HangUp,
        Some(Fault::Slow { ms }) => End::Later {
            ms: *ms,
            then: Some(answer),
        },
        Some(Fault::SlowThenLost { ms }) => End::Later {
            ms: *ms,
            then: None,
        },
        Some(Fault::Http500Taken) => End::Answer(Answer::server_error()),
        Some(Fault::BrokenAnswer) => End::Answer(answer.broken()),
        Some(Fault::WebhookFirst) if succeeded => End::Webhook(answer),
        _ => End::Answer(answer),
    }
}
