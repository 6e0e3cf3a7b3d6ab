//! The normal form in which states meet: versions and revisions by their place among each other, no history, no alarms.

use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use shared::order::Order;

use crate::world::{Seen, World};

/// An order as it is in the table, or in the hands of an invocation: in its normal form, without history and alarms.
#[derive(Clone)]
pub struct Kept {
    pub order: Arc<Order>,
    /// Of everything but its version and its revisions, which are compared with those of others only.
    digest: u64,
}

/// Digests what is written to it.
struct Digest(DefaultHasher);

impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// The digest of what `of` shows.
pub fn digest(of: &impl fmt::Debug) -> u64 {
    let mut digest = Digest(DefaultHasher::new());
    write!(digest, "{of:?}").unwrap();
    digest.0.finish()
}

impl Kept {
    pub fn of(mut order: Order) -> Self {
        order.history.clear();
        order.alarms.clear();
        order.alarm_at_ms = None;
        let mut normal = order.clone();
        normal.version = 0;
        for revision in revisions(&mut normal) {
            *revision = 0;
        }
        Self {
            digest: digest(&normal),
            order: Arc::new(order),
        }
    }
}

/// Everything of an order that is only compared: by its place among all others it is the same in each state like it.
fn revisions(order: &mut Order) -> Vec<&mut i64> {
    let confirmation = &mut order.confirmation;
    let told = confirmation.told.as_mut().map(|told| &mut told.revision);
    let report = order.report.as_mut().map(|report| &mut report.revision);
    let both = [
        &mut confirmation.revision,
        &mut confirmation.confirmed_revision,
    ];
    both.into_iter().chain(told).chain(report).collect()
}

impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.at, &self.binance, &self.left).hash(state);
        let Seen {
            broken,
            came,
            accepted,
        } = &self.seen;
        (broken, came, accepted.map(|(_, status)| status)).hash(state);
        let mut versions: Vec<u64> = self.kept().map(|kept| kept.order.version).collect();
        versions.sort_unstable();
        versions.dedup();
        let mut numbers: Vec<i64> = accepted.iter().map(|(revision, _)| *revision).collect();
        for kept in self.kept() {
            kept.digest.hash(state);
            versions.binary_search(&kept.order.version).hash(state);
            let order = &kept.order;
            numbers.extend([
                order.confirmation.revision,
                order.confirmation.confirmed_revision,
            ]);
            numbers.extend(order.confirmation.told_revision());
            numbers.extend(order.report.as_ref().map(|report| report.revision));
        }
        let mut places = numbers.clone();
        places.sort_unstable();
        places.dedup();
        for number in numbers {
            places.binary_search(&number).hash(state);
        }
        for run in &self.runs {
            (run.held.is_some(), run.digest()).hash(state);
        }
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        let [one, two] = [self, other].map(|world| {
            let mut hasher = DefaultHasher::new();
            world.hash(&mut hasher);
            hasher.finish()
        });
        one == two
    }
}
