//! One call of Binance: signed, sent, and its answer read.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use secrecy::ExposeSecret;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use tracing::info;

use super::outcome::{self, Success, said};
use super::{Answer, Binance, Call, CallError, SHORTEST_CALL_MS};
use crate::ambient::{monotonic_ms, now_ms, random};
use crate::config::Secrets;
use crate::http_client::{self, Received};
use crate::json::Unreadable;
use crate::metrics::{self, Metric};
use crate::order::TradeNo;
use crate::signing::{self, Nonce};

/// Time limit of one call, in milliseconds.
const CALL_MS: i64 = 8_000;
/// The longest answer that is read, in bytes.
const ANSWER_BYTES: usize = 256 * 1024;

impl Binance {
    /// Signs and sends `body` once, and logs how it ended.
    pub(super) async fn send<T>(
        &self,
        (call, trade_no): (Call, Option<&TradeNo>),
        body: &[u8],
        read: impl Fn(Option<&RawValue>) -> Result<T, Unreadable>,
        secrets: &Secrets,
        deadline_ms: i64,
    ) -> Result<T, CallError> {
        let limit_ms = CALL_MS
            .min(deadline_ms.saturating_sub(now_ms()))
            .max(SHORTEST_CALL_MS);
        let limit = Duration::from_millis(limit_ms.unsigned_abs());
        let (path, id) = (
            call.path,
            trade_no.map(|trade_no| trade_no.order_id.as_str()),
        );
        let trade_no = trade_no.map(tracing::field::display);
        let began_ms = monotonic_ms();
        let ended = self.send_within(limit, call, body, read, secrets).await;
        let duration_ms = monotonic_ms().saturating_sub(began_ms);
        metrics::greatest(Metric::BinanceMs, duration_ms);
        metrics::count(match &ended {
            Err(error) if !call.is_answered_by(error) => error.metric(),
            Ok(_) | Err(_) => Metric::BinanceDone,
        });
        match &ended {
            Ok(_) => info!(
                order.id = id,
                trade_no, path, duration_ms, "Binance answered"
            ),
            Err(error) => info!(
                order.id = id,
                trade_no,
                path,
                duration_ms,
                binance.code = error.answer().code,
                "{error}"
            ),
        }
        ended
    }

    async fn send_within<T>(
        &self,
        limit: Duration,
        call: Call,
        body: &[u8],
        read: impl Fn(Option<&RawValue>) -> Result<T, Unreadable>,
        secrets: &Secrets,
    ) -> Result<T, CallError> {
        let mut api_key = HeaderValue::from_str(secrets.binance_api_key.expose_secret())
            .map_err(|_| CallError::NotDone(said("the API key is not a header value")))?;
        api_key.set_sensitive(true);
        let url = format!("{}{}", self.base_url, call.path);
        // Signed anew each time: a nonce that may have arrived is used up.
        let request = |client: &Client| {
            let (nonce, timestamp_ms) = (Nonce::from_bytes(random()), now_ms());
            let secret = &secrets.binance_api_secret;
            let signature = signing::sign_request(secret, timestamp_ms, &nonce, body);
            client
                .post(&url)
                .header(CONTENT_TYPE, "application/json")
                .header("BinancePay-Timestamp", timestamp_ms)
                .header("BinancePay-Nonce", nonce.as_str())
                .header("BinancePay-Certificate-SN", &api_key)
                .header("BinancePay-Signature", signature)
                .body(body.to_vec())
        };
        let sent_ms = now_ms();
        let sent = if call.is_reading {
            self.http.send_again(limit, request).await
        } else {
            self.http.send(limit, request).await
        };
        let response = sent.map_err(|error| no_answer(&error))?;
        let date_ms = http_client::date_ms(response.headers());
        self.clock.answered(sent_ms, now_ms(), date_ms);
        let received = Received::read(response, ANSWER_BYTES, limit, now_ms()).await;
        success(&received)?.read(read)
    }
}

/// The success that was received.
fn success(received: &Received) -> Result<Success<'_>, CallError> {
    let in_our_words = |reason: String| Answer {
        http_status: Some(received.status),
        retry_after_secs: received.retry_after_secs,
        ..said(reason)
    };
    if let Some(target) = &received.redirect_to {
        // Not followed: what is signed for Binance is sent nowhere else. It was not carried out either.
        return Err(CallError::Access(Answer {
            redirect_to: Some(target.clone()),
            ..in_our_words(format!("a redirect to {target}"))
        }));
    }
    // An answer whose end is missing counts if its JSON is whole all the same.
    if let Some(reason) = received.cut
        && serde_json::from_slice::<IgnoredAny>(&received.body).is_err()
    {
        return Err(CallError::Unknown(in_our_words(reason.to_owned())));
    }
    outcome::read(received.status, received.retry_after_secs, &received.body)
}

fn no_answer(error: &reqwest::Error) -> CallError {
    let answer = said(http_client::reason(error));
    if http_client::may_have_arrived(error) {
        CallError::Unknown(answer)
    } else {
        CallError::NotDone(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_in_our_words_has_the_status_and_the_wait() {
        let received = |redirect_to: Option<&str>, cut| Received {
            status: 307,
            retry_after_secs: Some(7),
            redirect_to: redirect_to.map(str::to_owned),
            body: b"{".to_vec(),
            cut,
        };
        let ended = |received: &Received| success(received).err();
        let answer = |message: &str| Answer {
            http_status: Some(307),
            retry_after_secs: Some(7),
            ..said(message)
        };

        let redirect = Answer {
            redirect_to: Some("elsewhere:443".to_owned()),
            ..answer("a redirect to elsewhere:443")
        };
        assert_eq!(
            ended(&received(Some("elsewhere:443"), None)),
            Some(CallError::Access(redirect))
        );
        assert_eq!(
            ended(&received(None, Some("its end is missing"))),
            Some(CallError::Unknown(answer("its end is missing")))
        );
    }
}
