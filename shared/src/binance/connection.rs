//! The connections to Binance: opened before they are needed, and given up.

use std::time::Duration;

use reqwest::Client;
use tracing::warn;

use super::Binance;
use crate::ambient::now_ms;
use crate::http_client::{self, Received};

/// Time limit for opening one and reading what is answered.
const LIMIT: Duration = Duration::from_secs(3);
/// The longest answer that is read for its connection's sake, in bytes.
const ANSWER_BYTES: usize = 64 * 1024;

impl Binance {
    /// Opens a connection and throws away the answer, so that the first call finds it open; a failure is only logged.
    pub async fn connect(&self) {
        let request = |client: &Client| client.get(&self.base_url);
        match self.http.send(LIMIT, request).await {
            // An answer that is not read to its end takes its connection along.
            Ok(response) => drop(Received::read(response, ANSWER_BYTES, LIMIT, now_ms()).await),
            Err(error) => {
                let reason = http_client::reason(&error);
                warn!("Binance cannot be reached yet: {reason}");
            }
        }
    }

    /// Takes over no connection from before.
    pub fn renew_connections(&self) {
        self.http.renew();
    }
}
