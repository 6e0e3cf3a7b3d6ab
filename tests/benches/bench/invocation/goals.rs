//! What the figures are to be: to reach, and to strive for.

use super::figures::{Row, hundredths};
use super::subject::Subject;

/// A figure with what it is to be at most, in hundredths: of the echo's, or of a megabyte.
pub struct Goal {
    pub name: &'static str,
    pub subject: Subject,
    value: fn(&Row, &Row) -> Option<u64>,
    pub reach: u64,
    pub strive_for: u64,
}

/// Outgoing calls of a usual notification: a read, two writes, a confirmation (DESIGN.md, which a test compares).
const CALLS: u32 = 4;

pub const GOALS: [Goal; 9] = [
    Goal {
        name: "create-order, zip for arm64, in MB",
        subject: Subject::CreateOrder,
        value: |row, _| Some(row.arm64?.zip / 10_000),
        reach: 250,
        strive_for: 220,
    },
    Goal {
        name: "create-order, memory",
        subject: Subject::CreateOrder,
        value: |row, echo| Some(row.peak_kib * 100 / echo.peak_kib.max(1)),
        reach: 270,
        strive_for: 230,
    },
    Goal {
        name: "create-order, CPU of a cold start",
        subject: Subject::CreateOrder,
        value: |row, echo| Some(hundredths(row.cold_cpu(), echo.cold_cpu())),
        reach: 310,
        strive_for: 260,
    },
    Goal {
        name: "create-order, CPU warm",
        subject: Subject::CreateOrder,
        value: |row, echo| Some(warm(row, echo)),
        reach: 700,
        strive_for: 580,
    },
    Goal {
        name: "binance-callback, CPU warm per outgoing call",
        subject: Subject::BinanceCallback,
        value: |row, echo| Some(hundredths(row.warm_cpu / CALLS, echo.warm_cpu)),
        reach: 220,
        strive_for: 180,
    },
    Goal {
        name: "binance-callback, est128",
        subject: Subject::BinanceCallback,
        value: |row, echo| Some(hundredths(row.est128, echo.est128)),
        reach: 540,
        strive_for: 410,
    },
    Goal {
        name: "get-order, CPU warm",
        subject: Subject::GetOrder,
        value: |row, echo| Some(warm(row, echo)),
        reach: 330,
        strive_for: 280,
    },
    Goal {
        name: "reconcile-orders, CPU of an idle run",
        subject: Subject::ReconcileIdle,
        value: |row, echo| Some(warm(row, echo)),
        reach: 900,
        strive_for: 900,
    },
    Goal {
        name: "reconcile-orders, CPU of an order in a run",
        subject: Subject::ReconcileBusy,
        value: |row, echo| Some(warm(row, echo)),
        reach: 600,
        strive_for: 600,
    },
];

fn warm(row: &Row, echo: &Row) -> u64 {
    hundredths(row.warm_cpu, echo.warm_cpu)
}

impl Goal {
    /// What was measured, of the row of its subject; nothing where it is not there.
    pub fn value(&self, rows: &[Row]) -> Option<u64> {
        let row = |subject| rows.iter().find(|row| row.subject == subject);
        (self.value)(row(self.subject)?, row(Subject::Echo)?)
    }
}
