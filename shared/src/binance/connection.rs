//! The connections to Binance: opened before they are needed, and given up.

use std::time::Duration;

use tracing::warn;

use super::Binance;
use crate::http_client;

/// Time limit for opening one.
const LIMIT: Duration = Duration::from_secs(3);

impl Binance {
    /// Opens a connection, so that the next call finds it open; a failure is only logged.
    pub async fn connect(&self) {
        if let Err(error) = self.http.open(&self.base_url, LIMIT).await {
            let reason = http_client::reason(&error);
            warn!("Binance cannot be reached yet: {reason}");
        }
    }

    /// The same beside a request, whose own call says it if Binance cannot be reached.
    pub async fn open(&self) {
        let _ = self.http.open(&self.base_url, LIMIT).await;
    }

    /// Takes over no connection from before.
    pub fn renew_connections(&self) {
        self.http.renew();
    }
}
