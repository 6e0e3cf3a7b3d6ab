//! `orderExpireTime`: what is taken, whether it is kept, and what becomes of an order whose time is up.

use serde_json::json;
use shared::ambient::now_ms;

use super::Run;
use super::call::Seen;
use super::orders::{life_ms, number, with};

const DAY_SECS: i64 = 86_400;
/// An end that is farther away is not waited for, in seconds.
const LONGEST_WAIT_SECS: i64 = 90;
/// Between the clocks, and between asking and making, in milliseconds.
const NEAR_MS: u64 = 5_000;

/// An order with an end.
struct Short {
    number: String,
    life_secs: i64,
    created: Seen,
}

impl Run<'_> {
    pub(super) async fn expiry(&mut self) -> Result<(), String> {
        self.say("ends near and far");
        for (id, secs) in [
            ("expiry.past", -60),
            ("expiry.far", 16 * DAY_SECS),
            ("expiry.fortnight", 15 * DAY_SECS - 60),
            ("expiry.hour", 3_600),
        ] {
            self.try_order(id, &living(secs)).await?;
        }
        let mut shortest = None;
        for (id, secs) in [
            ("expiry.minute", 60),
            ("expiry.half-minute", 30),
            ("expiry.seconds", 5),
        ] {
            let order = living(secs);
            let created = self.create(&order).await?;
            self.report.saw(id, &created);
            if created.is_taken() {
                let short = Short {
                    number: number(&order).to_owned(),
                    life_secs: secs,
                    created,
                };
                if let Some(longer) = shortest.replace(short) {
                    self.close(&longer.number).await?;
                }
            }
        }
        match shortest {
            Some(short) => self.until_over(&short).await,
            None => Ok(()),
        }
    }

    async fn until_over(&mut self, short: &Short) -> Result<(), String> {
        let named = json!({"merchantTradeNo": short.number});
        let queried = self.query_made(&named).await?;
        let Some(life_ms) = life_ms(&short.created, &queried) else {
            self.report
                .saw_of("expiry.kept", "unknown", "no expireTime, or no createTime");
            return Ok(());
        };
        let is_kept = life_ms.abs_diff(short.life_secs * 1000) <= NEAR_MS;
        let kept = if is_kept { "as asked" } else { "another" };
        let detail = format!("{} s, it lives {life_ms} ms", short.life_secs);
        self.report.saw_of("expiry.kept", kept, &detail);
        let wait_secs = life_ms / 1000 + 2;
        if wait_secs > LONGEST_WAIT_SECS {
            return Ok(());
        }
        self.pass(u32::try_from(wait_secs).unwrap_or(1)).await?;
        let status = self.status_after(&short.number, "EXPIRED").await?;
        self.report.saw_of("expiry.status", &status, "");
        let closed = self.close(&short.number).await?;
        self.report.saw("expiry.close", &closed);
        if ["EXPIRED", "CANCELED"].contains(&status.as_str()) {
            self.target.made.over(&short.number);
        }
        self.told_of_expiry(&short.number).await;
        Ok(())
    }

    async fn told_of_expiry(&mut self, number: &str) {
        let id = "expiry.notice";
        let Some(notices) = &self.target.notices else {
            self.report.not_seen(id, super::notices::HOW);
            return;
        };
        self.say("waiting for a notification of the expiry, which may not come");
        let notice = notices.of(number, self.patience(1)).await;
        let seen = notice.map_or("nothing".to_owned(), |notice| notice.biz_status());
        self.report.saw_of(id, &seen, "");
    }
}

fn living(secs: i64) -> serde_json::Value {
    with(json!({"orderExpireTime": now_ms() + secs * 1000}))
}
