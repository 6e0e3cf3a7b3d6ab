//! The bends in use: which rules are played for an answer or a notification, and the handle to them.

use std::sync::Arc;

use super::Binance;
use super::bend::{Bend, BendOn, PlayedBend};
use super::notifications::Notification;
use super::simulator::Simulator;

impl Simulator {
    /// A body after every rule that is for it, in the order in which they were given.
    pub(crate) fn bent(self: &Arc<Self>, on: BendOn, mut body: String) -> String {
        for rule in &mut self.state().bends {
            let is_left = rule.bend.times.is_none_or(|times| rule.played < times);
            if rule.bend.on == on
                && is_left
                && let Some(bent) = rule.bend.bent(&body)
            {
                body = bent;
                rule.played += 1;
            }
        }
        body
    }

    /// The body of a notification as it is sent.
    pub(crate) fn body_of(self: &Arc<Self>, notification: &Notification) -> String {
        let biz_id_str = self.state().behaviour.biz_id_str;
        self.bent(BendOn::Notification, notification.body(biz_id_str))
    }

    /// Adds a rule that was checked.
    pub(crate) fn bend(self: &Arc<Self>, bend: Bend) {
        self.state().bends.push(PlayedBend { bend, played: 0 });
    }
}

impl Binance {
    /// Bends what `bend` says, beside the rules that stand already.
    ///
    /// # Panics
    /// When the rule can never be played: its path is no JSON pointer, or what it sets is no JSON.
    pub fn bend(&self, bend: Bend) {
        bend.check().expect("the rule can be played");
        self.simulator.bend(bend);
    }

    /// The rules given, those that are used up among them.
    #[must_use]
    pub fn bends(&self) -> Vec<PlayedBend> {
        self.simulator.state().bends.clone()
    }

    /// Forgets the rules.
    pub fn clear_bends(&self) {
        self.simulator.state().bends.clear();
    }
}
