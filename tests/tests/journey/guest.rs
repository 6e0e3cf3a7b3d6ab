//! The guests: each wants a slot, and pays, leaves, cancels or comes late as its script, drawn from the seed, says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;
use sandbox::binance::Play;

use crate::booking::{self, Booking};
use crate::random::{Random, Stream};
use crate::script::{End, Script, When, notice};
use crate::watch::WAYS;
use crate::world::{Kind, World};

/// Slots that a guest asks for before going elsewhere.
const MOST_SLOTS: u64 = 4;

/// One guest, from the wish for a slot until nothing more is to be seen of him.
pub async fn play(world: &Arc<World>, number: u64) {
    let random = &mut world.random(Stream::Payer, number);
    let script = Script::of(world.settings.kind, random);
    let Some(id) = book(world, number, random) else {
        return world.inject("a guest found no slot");
    };
    let mut sent = sent_on(world, &id).await;
    if sent.is_none() && random.chance(600) && world.site.books().try_again(&id) {
        world.inject("a new checkout after a failure");
        world.attend(&id);
        sent = sent_on(world, &id).await;
    }
    let Some((order_id, trade_no)) = sent else {
        if random.chance(300) {
            world.site.books().call_off(&id);
            world.attend(&id);
        }
        return;
    };
    tokio::time::sleep(Duration::from_millis(script.pause_ms)).await;
    world.faults_before_payment(random);
    if world.settings.kind == Kind::Bookings && random.chance(70) {
        let _ = world.sandbox.binance().under_way(&trade_no, true);
        tokio::time::sleep(Duration::from_millis(random.between(0, 300))).await;
        if random.chance(600) {
            let _ = world.sandbox.binance().under_way(&trade_no, false);
        }
    }
    leave(world, &script, &id, &trade_no, random).await;
    if world.settings.kind == Kind::Bookings {
        for _ in 0..random.between(0, 3) {
            world.look(&id, &order_id, random).await;
            tokio::time::sleep(Duration::from_millis(random.between(20, 300))).await;
        }
    }
    if script.is_late {
        tokio::time::sleep(Duration::from_millis(random.between(0, 500))).await;
        let late = Play {
            late: true,
            ..script.notice.clone()
        };
        world.pay(&trade_no, late);
    }
    give_back(world, &script, &id, random).await;
}

fn book(world: &Arc<World>, number: u64, random: &mut Random) -> Option<String> {
    let seed = world.settings.seed;
    let id = format!("booking-{seed}-{number}");
    for attempt in 0..MOST_SLOTS {
        let slots = u64::try_from(world.site.books().slots.len()).unwrap();
        let slot = match world.settings.kind {
            Kind::Bookings => random.between(0, slots - 1),
            Kind::Races => (number + attempt) % slots,
        };
        let secs = random.between(60, 3_600);
        let booking = Booking {
            id: id.clone(),
            slot: usize::try_from(slot).unwrap(),
            expires_in: random.chance(850).then_some(secs),
            price: match random.between(0, 2) {
                0 => format!("{}.{:02}", random.between(1, 40), random.between(0, 99)),
                _ => "1.00".to_owned(),
            },
            view: None,
            is_given_up: false,
            is_refused: false,
            tries_again: false,
            is_closed: false,
            wishes: Vec::new(),
            by_hand: BTreeMap::new(),
        };
        if world.site.books().hold(booking) {
            world.attend(&id);
            return Some(id);
        }
        world.inject("a slot wanted by two");
    }
    None
}

/// The order and the checkout that the guest is sent to; nothing if none opens in time.
async fn sent_on(world: &World, id: &str) -> Option<(String, String)> {
    for _ in 0..400 {
        let booking = world.site.books().bookings.get(id).cloned()?;
        let is_over = booking.view.is_some() && !booking.is_open() && !booking.tries_again;
        if booking.is_refused || booking.is_given_up || is_over {
            return None;
        }
        if let Some(view) = booking.view.filter(|view| view["status"] == "PENDING")
            && WAYS.iter().any(|way| !view[*way].is_null())
        {
            let text = |field: &str| view[field].as_str().map(str::to_owned);
            return Some((text("orderId")?, text("merchantTradeNo")?));
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    None
}

async fn leave(world: &Arc<World>, script: &Script, id: &str, trade_no: &str, random: &mut Random) {
    let binance = world.sandbox.binance();
    let play = script.notice.clone();
    match script.end {
        End::Pays => world.pay(trade_no, play),
        End::PaysWrong(amount) => {
            let amount = Some(amount.to_owned());
            world.pay(trade_no, Play { amount, ..play });
        }
        End::PaysInAnotherCurrency => {
            let currency = Some("BUSD".to_owned());
            world.pay(trade_no, Play { currency, ..play });
        }
        End::CancelsAtBinance => {
            let _ = binance.cancel(trade_no, play);
        }
        End::LetsExpire => {
            let _ = binance.expire(trade_no);
        }
        End::Fails => {
            let _ = binance.fail(trade_no);
            fail(world, script, id, random).await;
        }
        End::Leaves => {}
        End::CancelsAtSite(when) => cancel(world, when, id, trade_no, play, random).await,
    }
}

/// The transaction failed at Binance; the guest may try once more, and pays then.
async fn fail(world: &Arc<World>, script: &Script, id: &str, random: &mut Random) {
    if random.chance(400) {
        return;
    }
    for _ in 0..100 {
        if world.site.books().try_again(id) {
            world.inject("a new checkout after a failure");
            world.attend(id);
            if let Some((_, trade_no)) = sent_on(world, id).await {
                world.pay(&trade_no, script.notice.clone());
            }
            return;
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// The guest cancels, and somebody pays, at whatever moment.
async fn cancel(
    world: &Arc<World>,
    when: When,
    id: &str,
    trade_no: &str,
    play: Play,
    random: &mut Random,
) {
    let binance = world.sandbox.binance();
    match when {
        When::Before => world.pay(trade_no, play.clone()),
        When::Begins => {
            let _ = binance.under_way(trade_no, true);
        }
        When::Never | When::While | When::After => {}
    }
    world.site.books().call_off(id);
    world.attend(id);
    let ms = match when {
        When::Never | When::Before => return,
        When::While => random.between(0, 60),
        When::After | When::Begins => random.between(100, 1_500),
    };
    tokio::time::sleep(Duration::from_millis(ms)).await;
    if when == When::Begins && random.chance(600) {
        let _ = binance.under_way(trade_no, false);
    } else {
        let late = when == When::After;
        world.pay(trade_no, Play { late, ..play });
    }
}

/// An event that was sold is paid back in part, or called off; or somebody refunds on the merchant page.
async fn give_back(world: &Arc<World>, script: &Script, id: &str, random: &mut Random) {
    if world.settings.kind == Kind::Races || script.gives_back > 35 {
        return;
    }
    tokio::time::sleep(Duration::from_millis(random.between(100, 900))).await;
    match script.gives_back {
        1..=8 => world.site.books().call_off(id),
        9..=16 => world.site.books().extra(id, Decimal::from(3)),
        17..=22 => {
            world.site.books().extra(id, Decimal::from(2));
            world.attend(id);
            tokio::time::sleep(Duration::from_millis(random.between(0, 500))).await;
            world.site.books().call_off(id);
        }
        _ => {
            let part = random
                .chance(600)
                .then(|| Decimal::from(random.between(2, 7)));
            by_hand(world, id, part, notice(random));
        }
    }
    world.attend(id);
}

/// An operator refunds on the merchant page.
pub fn by_hand(world: &World, id: &str, part: Option<Decimal>, play: Play) {
    let booking = world.site.books().bookings.get(id).cloned();
    let payments = booking.map(|booking| booking.payments().to_vec());
    let Some(payment) = payments.unwrap_or_default().into_iter().next() else {
        return;
    };
    let trade_no = payment["merchantTradeNo"].as_str().unwrap_or_default();
    let paid = booking::amount(&payment["amount"]);
    let amount = part.map(|part| (paid / part).trunc_with_scale(5).to_string());
    let binance = world.sandbox.binance();
    let Some(before) = binance.order(trade_no).map(|order| order.refunded()) else {
        return;
    };
    if let Ok(order) = binance.refund(trade_no, Play { amount, ..play }) {
        world.inject("refund by hand");
        let mut books = world.site.books();
        let booking = books.bookings.get_mut(id).expect("it is known");
        let sum = booking.by_hand.entry(trade_no.to_owned()).or_default();
        *sum += order.refunded() - before;
    }
}

impl World {
    /// The payer pays, if the checkout can still be paid, and remembers what.
    pub fn pay(&self, trade_no: &str, play: Play) {
        if let Ok(order) = self.sandbox.binance().pay(trade_no, play) {
            let paid = order.payment.map(|payment| payment.amount);
            let mut memory = self.memory();
            memory
                .purse
                .insert(trade_no.to_owned(), paid.unwrap_or_default());
        }
    }

    pub fn is_known(&self, trade_no: &str) -> bool {
        self.memory().known.contains(trade_no)
    }
}
