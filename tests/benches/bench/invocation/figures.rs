//! What the rounds come to, in numbers and in multiples of the echo.

use std::time::Duration;

use serde_json::{Value, json};

use super::file::Size;
use super::round::{Cost, Sample};
use super::subject::Subject;

/// Lambda gives 128 MB this part of a processor: one comes with 1 769 MB.
const PART: (u32, u32) = (128, 1_769);

/// A subject's row: times are the medians of all rounds.
pub struct Row {
    pub subject: Subject,
    pub init: Cost,
    pub first: Cost,
    /// CPU time of init, and 1 769/128 times that of the first invocation: what a cold start takes with 128 MB.
    pub est128: Duration,
    /// CPU time of an invocation after the first.
    pub warm_cpu: Duration,
    /// How long it took by the clock: p50, p90 and p99.
    pub warm: [Duration; 3],
    /// The highest of all rounds.
    pub peak_kib: u64,
    /// Of the first invocation, and of those after it; the fewest.
    pub round_trips: Option<[u32; 2]>,
    pub size: Size,
    /// Built for the processor that is deployed to, where it is.
    pub arm64: Option<Size>,
}

impl Row {
    pub fn new(
        subject: Subject,
        samples: &[&Sample],
        round_trips: Option<[u32; 2]>,
        (size, arm64): (Size, Option<Size>),
    ) -> Self {
        let cost = |of: &dyn Fn(&Sample) -> Cost| Cost {
            cpu: at(samples.iter().map(|sample| of(sample).cpu), 50),
            wall: at(samples.iter().map(|sample| of(sample).wall), 50),
        };
        let warm = || samples.iter().flat_map(|sample| &sample.warm);
        let [init, first] = [cost(&|sample| sample.init), cost(&|sample| sample.first)];
        Self {
            subject,
            init,
            first,
            est128: init.cpu + first.cpu * PART.1 / PART.0,
            warm_cpu: at(samples.iter().flat_map(|sample| sample.each_cpu()), 50),
            warm: [50, 90, 99].map(|percent| at(warm().map(|cost| cost.wall), percent)),
            peak_kib: samples
                .iter()
                .map(|sample| sample.peak_kib)
                .max()
                .unwrap_or_default(),
            round_trips,
            size,
            arm64,
        }
    }

    /// CPU time of a cold start.
    pub fn cold_cpu(&self) -> Duration {
        self.init.cpu + self.first.cpu
    }

    pub fn json(&self, echo: &Self) -> Value {
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let [p50, p90, p99] = self.warm.map(us);
        let round_trips = self.round_trips;
        json!({
            "initCpuUs": us(self.init.cpu), "initUs": us(self.init.wall),
            "firstCpuUs": us(self.first.cpu), "firstUs": us(self.first.wall),
            "est128Us": us(self.est128),
            "warmCpuUs": us(self.warm_cpu), "warmP50Us": p50, "warmP90Us": p90, "warmP99Us": p99,
            "peakKib": self.peak_kib, "binaryBytes": self.size.binary, "zipBytes": self.size.zip,
            "arm64": self.arm64.map(|size| json!({"binaryBytes": size.binary, "zipBytes": size.zip})),
            "roundTrips": round_trips.map(|[first, warm]| json!({"first": first, "warm": warm})),
            "inHundredthsOfEcho": {
                "coldCpu": hundredths(self.cold_cpu(), echo.cold_cpu()),
                "est128": hundredths(self.est128, echo.est128),
                "warmCpu": hundredths(self.warm_cpu, echo.warm_cpu),
                "peak": self.peak_kib * 100 / echo.peak_kib.max(1),
            },
        })
    }
}

/// The fewest round trips of a first invocation, and of one after it.
pub fn round_trips(samples: &[&Sample]) -> Option<[u32; 2]> {
    let first = samples
        .iter()
        .filter_map(|sample| sample.round_trips.first());
    let warm = samples
        .iter()
        .flat_map(|sample| sample.round_trips.iter().skip(1));
    Some([*first.min()?, *warm.min()?])
}

/// `part` of `whole` in hundredths.
pub fn hundredths(part: Duration, whole: Duration) -> u64 {
    u64::try_from(part.as_nanos() * 100 / whole.as_nanos().max(1)).unwrap_or(u64::MAX)
}

/// The time below which `percent` of them are.
pub fn at(times: impl Iterator<Item = Duration>, percent: usize) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times.get(last * percent / 100).copied().unwrap_or_default()
}
