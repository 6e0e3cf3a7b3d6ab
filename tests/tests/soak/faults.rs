//! Everything that goes wrong at random: at Binance, at DynamoDB, at LeadsCalendar, and in Lambda.

use std::sync::Arc;
use std::time::Duration;

use sandbox::binance::{BendOn, Fault, On, Play, Status};
use sandbox::leadscalendar::Mode;

use crate::drawn::{create_fault, query_fault, store_fault};
use crate::fleet;
use crate::random::Random;
use crate::secrets_manager::Way;
use crate::world::World;

impl World {
    /// Before a request of a client.
    pub fn faults_before_request(self: &Arc<Self>, random: &mut Random) {
        if self.is_calm() {
            return;
        }
        if random.chance(270) {
            self.sandbox
                .binance()
                .fault(On::Create, 1, create_fault(random));
        }
        if random.chance(60) {
            self.bend_one(BendOn::Create, random);
        }
        if random.chance(12) {
            self.deny_one(random);
        }
        self.store_faults(random, 100);
        if random.chance(6) {
            self.close_a_port(random);
        }
    }

    /// Before two requests at once: either may be answered first.
    pub fn slow_twins(&self, random: &mut Random) {
        for _ in 0..2 {
            let ms = random.between(20, 300);
            self.sandbox
                .binance()
                .fault(On::Create, 1, Fault::Slow { ms });
        }
    }

    /// Before something happens at a checkout.
    pub fn faults_before_payment(self: &Arc<Self>, random: &mut Random) {
        if self.is_calm() {
            return;
        }
        self.store_faults(random, 120);
        if random.chance(120) {
            let (mode, times) = mode(random);
            let is_second = random.chance(500);
            if !self.are_hosts_ours() {
                self.host(is_second).mode(mode, Some(times));
            }
        }
        if random.chance(60) {
            self.sandbox
                .binance()
                .fault(On::Query, 1, query_fault(random));
        }
        if random.chance(60) {
            self.bend_one(BendOn::Query, random);
        }
        if random.chance(120) {
            self.bend_one(BendOn::Notification, random);
        }
        if random.chance(20) {
            self.start_one(random);
        }
        if random.chance(8) {
            let fault = query_fault(random);
            self.sandbox.binance().fault(On::Certificates, 1, fault);
        }
        if random.chance(2) {
            self.inject("certificate rotated");
            let _ = self
                .sandbox
                .binance()
                .rotate_certificates(random.chance(800));
            // Who knows the old list asks for a new one once a minute; who starts cold has the new one at once.
            self.start_one(random);
            self.start_one(random);
        }
    }

    /// A cold start, which nobody waits for.
    fn start_one(self: &Arc<Self>, random: &mut Random) {
        self.inject("cold start");
        let (world, index) = (Arc::clone(self), fleet::drawn(random));
        tokio::spawn(async move { world.fleet.replace(index).await });
    }

    fn store_faults(&self, random: &mut Random, per_mille: u64) {
        if !random.chance(per_mille) {
            return;
        }
        let (operation, times, fault) = store_fault(random);
        if !self.is_watched() {
            self.sandbox.dynamodb().fault(operation, times, fault);
        }
    }

    /// Connections are refused for a moment.
    fn close_a_port(self: &Arc<Self>, random: &mut Random) {
        let which = random.between(0, 3);
        let ms = random.weighted(&[(3, 30), (3, 150), (1, 1_200)]);
        if which > 0 && self.is_watched() {
            return;
        }
        let world = Arc::clone(self);
        tokio::spawn(async move {
            let server = match which {
                0 => world.sandbox.binance().server(),
                1 => world.host(false).server(),
                2 => world.host(true).server(),
                _ => world.sandbox.dynamodb().server(),
            };
            world.inject("port closed");
            server.go_away();
            tokio::time::sleep(Duration::from_millis(ms)).await;
            server.come_back();
        });
    }

    /// From now on nothing goes wrong any more.
    pub async fn calm_down(&self) {
        self.is_calm
            .store(true, std::sync::atomic::Ordering::Relaxed);
        self.sandbox.binance().clear_faults();
        self.memory().bends = self.sandbox.binance().bends();
        self.sandbox.binance().clear_bends();
        // Hundreds expire at once now; that they do is found by asking.
        let binance = self.sandbox.binance();
        binance.behave(|behaviour| behaviour.closed_on_expiry = false);
        self.sandbox.dynamodb().clear_faults();
        for host in self.hosts() {
            host.mode(Mode::Up, None);
        }
        for server in [
            self.sandbox.binance().server(),
            self.host(false).server(),
            self.host(true).server(),
            self.sandbox.dynamodb().server(),
        ] {
            server.come_back();
        }
        self.secrets_manager.answer(Way::AtOnce);
        self.fleet.replace_all().await;
    }

    /// What was under way, or being refunded, comes to its end; nobody is told of it.
    pub fn end_what_is_under_way(&self, random: &mut Random) {
        let binance = self.sandbox.binance();
        for order in binance.orders() {
            let trade_no = order.merchant_trade_no.as_str();
            if order.refunding {
                binance.refunding(trade_no, false).unwrap();
            }
            if order.status != Status::Pending {
                continue;
            }
            if random.chance(600) {
                self.inject("paid in silence after the storm");
                binance.pay(trade_no, Play::in_silence()).unwrap();
            } else {
                binance.under_way(trade_no, false).unwrap();
            }
        }
    }
}

fn mode(random: &mut Random) -> (Mode, u32) {
    let times = u32::try_from(random.between(1, 6)).unwrap();
    let ms = random.between(50, 400);
    let secs = random.between(1, 900);
    random.weighted(&[
        (300, (Mode::Down, times)),
        (200, (Mode::Slow { ms }, times)),
        (150, (Mode::Redirect, times)),
        (150, (Mode::RetryAfter { secs }, times)),
        (150, (Mode::Drop, times)),
        (12, (Mode::Gone, 1)),
        // Longer than binance-callback waits.
        (4, (Mode::Slow { ms: 5_200 }, 1)),
        (4, (Mode::Hang, 1)),
    ])
}
