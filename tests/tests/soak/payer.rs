//! What happens at Binance: checkouts are paid, rightly, wrongly or late, canceled, refunded; notifications are forged
//! and replayed.

use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;
use sandbox::binance::{Binance, Forgery, Play, RefundInfoAs, Signature, Status};

use crate::random::{Random, Stream};
use crate::script::{End, Notice, Refund, Script, Wait, notice};
use crate::world::World;

/// Plays the script at the checkout of `trade_no`, which a client was told of.
pub async fn play(world: &Arc<World>, script: &Script, trade_no: &str) {
    let random = &mut Random::of(world.settings.seed, Stream::Payer, script.number);
    let binance = world.sandbox.binance();
    if let Some(signature) = script.forgery {
        forge(world, trade_no, signature).await;
    }
    others(world, script, trade_no, true).await;
    tokio::time::sleep(Duration::from_millis(script.pause_ms)).await;
    world.faults_before_payment(random);
    if let Some(wait) = script.under_way {
        let is_begun = binance.under_way(trade_no, true).is_ok();
        tokio::time::sleep(Duration::from_millis(random.between(0, 400))).await;
        if is_begun && wait == Wait::Moment {
            let _ = binance.under_way(trade_no, false);
        }
    }
    end(binance, script, trade_no, random);
    if script.is_late && matches!(script.end, End::Cancels | End::LetsExpire) {
        tokio::time::sleep(Duration::from_millis(random.between(0, 600))).await;
        pay_late(world, trade_no, random);
    }
    if let Some(wait) = script.refunding
        && binance.refunding(trade_no, true).is_ok()
    {
        world.inject("being refunded");
        tokio::time::sleep(Duration::from_millis(random.between(0, 600))).await;
        let _ = binance.refunding(trade_no, wait == Wait::Storm);
    }
    refund(world, script, trade_no, random).await;
    others(world, script, trade_no, false).await;
    if script.replays {
        replay(world, random).await;
    }
}

async fn others(world: &World, script: &Script, trade_no: &str, is_before: bool) {
    for strange in &script.strange {
        if strange.is_before == is_before {
            strange.play(world, trade_no).await;
        }
    }
}

/// The checkout may be over by now: then nothing more can happen to it, but a late payment.
fn end(binance: &Binance, script: &Script, trade_no: &str, random: &mut Random) {
    let play = told_by(script.notice);
    match script.end {
        End::Pays => {
            let _ = binance.pay(trade_no, play);
        }
        End::PaysWrongAmount => {
            let amount = random.weighted(&[(1, "0.5"), (1, "99.00000001")]);
            let wrong = Play {
                amount: Some(amount.to_owned()),
                ..play
            };
            let _ = binance.pay(trade_no, wrong);
        }
        End::PaysWrongCurrency => {
            let wrong = Play {
                currency: Some("BUSD".to_owned()),
                ..play
            };
            let _ = binance.pay(trade_no, wrong);
        }
        End::Cancels => {
            let _ = binance.cancel(trade_no, play);
        }
        End::LetsExpire => {
            let _ = binance.expire(trade_no);
        }
        End::Fails => {
            let _ = binance.fail(trade_no);
        }
        End::Leaves => {}
    }
}

fn told_by(notice: Notice) -> Play {
    match notice {
        Notice::Prompt => Play::default(),
        Notice::Twice => Play {
            times: 2,
            ..Play::default()
        },
        Notice::Late { ms } => Play {
            delay_ms: ms,
            ..Play::default()
        },
        Notice::Never => Play::in_silence(),
    }
}

/// Whether or not it is told: whoever asks finds it.
pub fn pay_late(world: &World, trade_no: &str, random: &mut Random) {
    let play = Play {
        late: true,
        ..told_by(notice(random))
    };
    world.memory().late.insert(trade_no.to_owned());
    if world.sandbox.binance().pay(trade_no, play).is_err() {
        world.memory().late.remove(trade_no);
    } else {
        world.inject("paid after its end");
    }
}

/// Pays a checkout that nobody was told of.
pub fn pay_hidden(world: &World, trade_no: &str, random: &mut Random) {
    world.memory().hidden.insert(trade_no.to_owned());
    let play = told_by(notice(random));
    if world.sandbox.binance().pay(trade_no, play).is_err() {
        world.memory().hidden.remove(trade_no);
    } else {
        world.inject("hidden checkout paid on purpose");
    }
}

/// By hand, of which Binance tells nobody, or told in one of three forms.
async fn refund(world: &Arc<World>, script: &Script, trade_no: &str, random: &mut Random) {
    let binance = world.sandbox.binance();
    let steps: &[Option<i64>] = match script.refund {
        Refund::Nothing => &[],
        Refund::Part => &[Some(3)],
        Refund::PartThenRest => &[Some(2), None],
        Refund::All => &[None],
    };
    for part in steps {
        tokio::time::sleep(Duration::from_millis(random.between(0, 300))).await;
        world.faults_before_payment(random);
        let Some(price) = price(binance, trade_no) else {
            return;
        };
        let amount = part.map(|part| (price / Decimal::from(part)).trunc_with_scale(4));
        let later = Notice::Late {
            ms: random.between(1, 500),
        };
        let notice = random.weighted(&[
            (3, Notice::Prompt),
            (1, Notice::Twice),
            (2, later),
            (3, Notice::Never),
        ]);
        let form = random.weighted(&[
            (3, RefundInfoAs::Object),
            (2, RefundInfoAs::String),
            (1, RefundInfoAs::Absent),
        ]);
        binance.behave(|behaviour| behaviour.refund_info = form);
        let play = Play {
            amount: amount.map(|amount| amount.to_string()),
            ..told_by(notice)
        };
        if binance.refund(trade_no, play).is_ok() {
            world.inject(if notice == Notice::Never {
                "refund by hand, in silence"
            } else {
                "refund"
            });
        }
    }
}

fn price(binance: &Binance, trade_no: &str) -> Option<Decimal> {
    let order = binance.order(trade_no)?;
    let is_paid = matches!(order.status, Status::Paid | Status::Refunded);
    Some(order.payment?.amount).filter(|_| is_paid)
}

/// When all seems to be over: paid all the same, or refunded by hand, and nobody is told. Whoever asks finds it.
pub fn days_later(world: &World, random: &mut Random) {
    let binance = world.sandbox.binance();
    for order in binance.orders() {
        let trade_no = order.merchant_trade_no.as_str();
        let is_known = world.memory().known.contains(trade_no);
        if is_known && matches!(order.status, Status::Canceled | Status::Expired) {
            if random.chance(100) {
                let play = Play {
                    late: true,
                    ..Play::in_silence()
                };
                binance.pay(trade_no, play).unwrap();
                world.inject("paid in silence, days later");
                world.memory().late.insert(order.merchant_trade_no);
            }
        } else if let Some(price) = price(binance, trade_no).filter(|_| random.chance(60)) {
            let part = (price / Decimal::from(7)).trunc_with_scale(4);
            let play = Play {
                amount: random.chance(500).then(|| part.to_string()),
                ..Play::in_silence()
            };
            if binance.refund(trade_no, play).is_ok() {
                world.inject("refund by hand, in silence, days later");
            }
        }
    }
}

async fn forge(world: &World, trade_no: &str, signature: Signature) {
    let is_closed = signature == Signature::Altered;
    let forgery = Forgery {
        merchant_trade_no: Some(trade_no.to_owned()),
        biz_status: is_closed.then(|| "PAY_CLOSED".to_owned()),
        signature,
        ..Forgery::default()
    };
    let delivery = world.sandbox.binance().notify(forgery).await.unwrap();
    world.inject("notification forged");
    if delivery.http_status == Some(200) {
        let sentence = format!("wrongly paid: {signature:?} notification acknowledged");
        world.wrong(&trade_no[..30], sentence);
    }
}

/// Some notification that came before comes again, byte for byte.
async fn replay(world: &World, random: &mut Random) {
    let again = {
        let kept = &world.memory().notifications;
        let last = u64::try_from(kept.len()).unwrap().saturating_sub(1);
        let index = usize::try_from(random.between(0, last)).unwrap();
        kept.get(index).cloned()
    };
    if let Some(again) = again {
        world.inject("notification replayed");
        world.receive(again).await;
    }
}
