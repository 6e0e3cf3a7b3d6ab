//! Who is let in: key, signature, time and nonce, each right and wrong; told by the certificates call, which changes nothing.

use super::Run;
use super::call::{OtherWay, Seen};
use crate::random;

const CALL: &str = "certificates";
/// How far a time is off, in milliseconds, nearest first.
const STEPS_MS: [i64; 6] = [500, 900, 1_100, 2_000, 5_000, 30_000];

impl Run<'_> {
    pub(super) async fn gate(&mut self) -> Result<(), String> {
        self.say("asking whether Binance lets this key in");
        let right = self.as_way(None).await?;
        if let Some(problem) = denied(&right) {
            return Err(problem);
        }
        self.report.saw("gate.right", &right);
        self.say("calls with a wrong signature, key, time or nonce");
        let nobodys = random::hex(64);
        for (id, way) in [
            ("gate.secret", OtherWay::Secret),
            ("gate.lower-case", OtherWay::LowerCase),
            ("gate.line-feed", OtherWay::NoLineFeed),
            ("gate.key", OtherWay::Key(nobodys)),
            ("gate.key-form", OtherWay::Key("conformity".to_owned())),
            ("gate.behind", OtherWay::OffBy(-250)),
            ("gate.far-behind", OtherWay::OffBy(-3_000)),
            ("gate.ahead", OtherWay::OffBy(250)),
            ("gate.far-ahead", OtherWay::OffBy(3_000)),
            ("gate.seconds", OtherWay::Seconds),
            ("gate.nonce-short", OtherWay::Nonce(random::alnum(31))),
            ("gate.nonce-odd", OtherWay::Nonce("-".repeat(32))),
            ("gate.get", OtherWay::Get),
            ("gate.no-type", OtherWay::NoContentType),
            ("gate.text-type", OtherWay::TextContentType),
        ] {
            let seen = self.as_way(Some(way)).await?;
            self.report.saw(id, &seen);
        }
        self.window().await?;
        let nonce = OtherWay::Nonce(random::alnum(32));
        self.as_way(Some(nonce.clone())).await?;
        let again = self.as_way(Some(nonce)).await?;
        self.report.saw("gate.nonce-again", &again);
        self.bodies().await
    }

    async fn as_way(&mut self, way: Option<OtherWay>) -> Result<Seen, String> {
        self.caller.call_as(CALL, b"{}", way).await
    }

    async fn bodies(&mut self) -> Result<(), String> {
        for (id, path, body) in [
            ("gate.no-body", CALL, &b""[..]),
            ("gate.not-json", CALL, b"["),
            ("gate.path", "v9/conformance", b"{}"),
        ] {
            let seen = self.caller.call_as(path, body, super::RIGHT).await?;
            self.report.saw(id, &seen);
        }
        Ok(())
    }

    /// The farthest of some steps that is taken, in either direction.
    async fn window(&mut self) -> Result<(), String> {
        let mut taken = [0, 0];
        for (direction, farthest) in [-1, 1].into_iter().zip(&mut taken) {
            for ms in STEPS_MS {
                if !self
                    .as_way(Some(OtherWay::OffBy(direction * ms)))
                    .await?
                    .is_taken()
                {
                    break;
                }
                *farthest = ms;
            }
        }
        let [behind, ahead] = taken;
        let detail = format!("{behind} ms behind and {ahead} ahead were taken, of {STEPS_MS:?}");
        self.report.saw_of("gate.window", "", &detail);
        Ok(())
    }
}

/// What to look at when not even a call as it should be is taken.
pub(super) fn denied(seen: &Seen) -> Option<String> {
    let look = match seen.code.as_str() {
        "000000" => return None,
        "400002" => {
            "the signature. Is binanceApiSecret the secret that was shown once when the key was made, and not the hash of it that \
             is shown later? Does it belong to binanceApiKey?"
        }
        "400003" => {
            "this machine's clock, which must be within a second of Binance's. Is it set by NTP?"
        }
        "400004" => {
            "the key. Is binanceApiKey a key of the Merchant Management Platform, and not one of the exchange? Has it a list of \
             trusted IPs, without this machine's address?"
        }
        "400005" => "the form of the key. Was binanceApiKey copied whole?",
        "400203" | "400206" | "400606" => {
            "the permissions. Is the merchant's account approved, and has the key access to Checkout?"
        }
        _ if seen.http == 451 => {
            "the place of this machine: Binance takes no calls from there, as from the United States"
        }
        _ => "the address (--binance) and Binance's status page",
    };
    let words = if seen.words.is_empty() {
        String::new()
    } else {
        format!(" ({})", seen.words)
    };
    Some(format!(
        "Binance answered {}{words}, HTTP {}; nothing was made. Look at {look}",
        seen.code, seen.http
    ))
}
