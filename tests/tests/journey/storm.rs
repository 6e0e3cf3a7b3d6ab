//! Everything that goes wrong at random before and while the site does something.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sandbox::binance::{At, Fault, Later, On, Pending, Play, Status};

use crate::drawn::{create_fault, query_fault, refusal, store_fault};
use crate::fleet;
use crate::random::Random;
use crate::world::{Kind, World};

impl World {
    pub fn faults_before_create(self: &Arc<Self>, random: &mut Random) {
        let per_mille = if self.settings.kind == Kind::Races {
            20
        } else {
            260
        };
        self.fault(per_mille, On::Create, opening_fault, random);
        self.faults_of_the_table(80, random);
    }

    /// A payer comes at every step of a close, and answers are lost.
    pub fn faults_before_close(self: &Arc<Self>, random: &mut Random) {
        let per_mille = if self.settings.kind == Kind::Races {
            220
        } else {
            250
        };
        self.fault(per_mille, On::Close, change_fault, random);
        self.fault(per_mille, On::Query, query_fault, random);
        self.fault(per_mille, On::Close, at_a_close, random);
        self.fault(per_mille / 6, On::Query, at_a_query, random);
        self.faults_of_the_table(80, random);
    }

    pub fn faults_before_refund(self: &Arc<Self>, random: &mut Random) {
        self.fault(220, On::Refund, refund_fault, random);
        self.fault(250, On::Refund, pending, random);
        self.fault(150, On::RefundQuery, query_fault, random);
        self.fault(80, On::Query, query_fault, random);
        self.faults_of_the_table(80, random);
    }

    /// Before something happens at a checkout.
    pub fn faults_before_payment(self: &Arc<Self>, random: &mut Random) {
        self.fault(60, On::Query, query_fault, random);
        self.fault(8, On::Certificates, query_fault, random);
        self.faults_of_the_table(100, random);
        if random.chance(20) && !self.is_calm() {
            self.inject("cold start");
            let (world, index) = (Arc::clone(self), fleet::drawn(random));
            tokio::spawn(async move { world.fleet.replace(index).await });
        }
        if random.chance(8) && !self.is_calm() {
            self.close_a_port(random);
        }
    }

    fn fault(&self, per_mille: u64, on: On, drawn: fn(&mut Random) -> Fault, random: &mut Random) {
        let fault = drawn(random);
        if random.chance(per_mille) && !self.is_calm() {
            self.sandbox.binance().fault(on, 1, fault);
        }
    }

    fn faults_of_the_table(&self, per_mille: u64, random: &mut Random) {
        let (operation, times, fault) = store_fault(random);
        if random.chance(per_mille) && !self.is_calm() {
            self.inject("a fault of the table");
            self.sandbox.dynamodb().fault(operation, times, fault);
        }
    }

    /// Connections are refused for a moment.
    fn close_a_port(self: &Arc<Self>, random: &mut Random) {
        let is_table = random.chance(500);
        let ms = random.between(30, 600);
        let world = Arc::clone(self);
        tokio::spawn(async move {
            let server = if is_table {
                world.sandbox.dynamodb().server()
            } else {
                world.sandbox.binance().server()
            };
            world.inject("port closed");
            server.go_away();
            tokio::time::sleep(Duration::from_millis(ms)).await;
            server.come_back();
        });
    }

    /// From now on nothing goes wrong any more.
    pub async fn calm_down(&self) {
        self.is_calm.store(true, Ordering::Relaxed);
        let binance = self.sandbox.binance();
        binance.clear_faults();
        binance.behave(|behaviour| {
            behaviour.closed_on_expiry = false;
            behaviour.closes_later = None;
        });
        self.sandbox.dynamodb().clear_faults();
        for server in [binance.server(), self.sandbox.dynamodb().server()] {
            server.come_back();
        }
        if let Some(door) = self.site.door.get().and_then(std::sync::Weak::upgrade) {
            door.come_back();
        }
        self.fleet.replace_all().await;
    }

    /// What was under way, waited to be closed or was pending comes to its end; of the most of it nobody is told.
    pub fn end_what_is_under_way(&self, random: &mut Random) {
        let binance = self.sandbox.binance();
        for order in binance.orders() {
            let trade_no = order.merchant_trade_no.as_str();
            if order.closing.is_some() {
                let _ = binance.carry_out_close(trade_no);
            }
            if order.status == Status::Pending {
                if random.chance(500) && self.is_known(trade_no) {
                    self.inject("paid in silence after the storm");
                    self.pay(trade_no, Play::in_silence());
                } else {
                    let _ = binance.under_way(trade_no, false);
                }
            }
            for refund in order.refunds {
                let id = refund.refund_request_id.as_str();
                let play = if random.chance(500) {
                    Play::in_silence()
                } else {
                    Play::default()
                };
                if refund.status == sandbox::binance::RefundStatus::Pending {
                    let _ = if random.chance(300) {
                        binance.reject_refund(id, play)
                    } else {
                        binance.succeed_refund(id, play)
                    };
                }
            }
        }
    }
}

/// A fault of a call that opens a checkout. Nobody pays here before the answer: if the function does not live to tell the
/// address, nobody has it, and in the books nobody would know of that money. The soak plays it.
fn opening_fault(random: &mut Random) -> Fault {
    match create_fault(random) {
        Fault::WebhookFirst => Fault::LostAnswer,
        fault => fault,
    }
}

/// A payer who comes while a close is carried out, or a close that is carried out later.
fn at_a_close(random: &mut Random) -> Fault {
    let at = random.weighted(&[(3, At::Before), (3, At::Between), (3, At::After)]);
    let after_ms = random.chance(700).then(|| random.between(20, 2_500));
    let comes = Fault::PayerComes {
        at,
        begins: random.chance(250),
        notify: random.chance(600),
    };
    random.weighted(&[(3, comes), (2, Fault::ClosesLater(Later { after_ms }))])
}

fn at_a_query(random: &mut Random) -> Fault {
    Fault::PayerComes {
        at: random.weighted(&[(1, At::Before), (1, At::After)]),
        begins: random.chance(200),
        notify: random.chance(500),
    }
}

/// Of a call that changes something: its answer may be lost after it was carried out.
fn change_fault(random: &mut Random) -> Fault {
    let other = query_fault(random);
    random.weighted(&[
        (30, Fault::LostAnswer),
        (10, Fault::LostRequest),
        (10, Fault::Http500Taken),
        (10, Fault::BrokenAnswer),
        (20, other),
    ])
}

fn refund_fault(random: &mut Random) -> Fault {
    let other = change_fault(random);
    let refused = refusal(random);
    let refuse = |code: &str| Fault::Refuse {
        code: code.to_owned(),
        message: "Refused by the journey.".to_owned(),
        http: 200,
        envelope: sandbox::binance::Envelope::Normal,
    };
    random.weighted(&[
        (60, other),
        (10, refuse("400304")),
        (10, refuse("400303")),
        (10, refused),
    ])
}

fn pending(random: &mut Random) -> Fault {
    Fault::RefundPends(Pending {
        after_ms: random.chance(700).then(|| random.between(50, 3_000)),
        rejected: random.chance(300),
    })
}
