//! The public keys by which notifications are verified.

use serde_json::{Value, json};
use shared::signing::PublicKey;

use super::Run;

impl Run<'_> {
    pub(super) async fn certificates(&mut self) -> Result<(), String> {
        let keys = self.keys().await?;
        let count = if keys.is_empty() {
            "none"
        } else {
            "one or more"
        };
        self.report
            .saw_of("certificates.some", count, &keys.len().to_string());
        if keys.is_empty() {
            return Ok(());
        }
        let read: Vec<_> = keys
            .iter()
            .map(|(_, pem)| PublicKey::from_pem(pem))
            .collect();
        match read.iter().find_map(|key| key.as_ref().err()) {
            None => self.report.saw_of("certificates.form", "RSA in PEM", ""),
            Some(problem) => {
                self.report
                    .saw_of("certificates.form", "something else", &problem.to_string());
            }
        }
        // The size stands in how a key is shown, `PublicKey(RSA, 2048 bits)`.
        let shown = read.iter().flatten().map(|key| format!("{key:?}"));
        let mut sizes: Vec<String> = shown
            .map(|key| {
                key.trim_start_matches("PublicKey(RSA, ")
                    .trim_end_matches(')')
                    .to_owned()
            })
            .collect();
        sizes.dedup();
        if !sizes.is_empty() {
            self.report
                .saw_of("certificates.size", &sizes.join(" and "), "");
        }
        let is_hash = |serial: &str| {
            serial.len() == 32 && serial.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let serials = if keys.iter().all(|(serial, _)| is_hash(serial)) {
            "32 hex digits"
        } else {
            "something else"
        };
        let lengths: Vec<String> = keys
            .iter()
            .map(|(serial, _)| serial.len().to_string())
            .collect();
        self.report.saw_of(
            "certificates.serial",
            serials,
            &format!("{} characters", lengths.join(", ")),
        );
        Ok(())
    }

    /// Serial and PEM of each.
    pub(super) async fn keys(&mut self) -> Result<Vec<(String, String)>, String> {
        let seen = self.caller.call("certificates", &json!({})).await?;
        let text = |key: &Value, name: &str| key[name].as_str().unwrap_or_default().to_owned();
        let keys = seen.data.as_array().into_iter().flatten();
        Ok(keys
            .map(|key| (text(key, "certSerial"), text(key, "certPublic")))
            .collect())
    }
}
