//! What a fact does to an order. Facts are added, never taken back, so that they may come twice, late and out of order.

use super::event::{Alarm, Applied, Refusal};
use super::fact::{Fact, Found, Known, Money, State};
use super::payment::{Payment, Refunded};
use super::transition::changed;
use super::{Checkout, End, Order, Terms};

/// What our clock may be ahead of Binance's, in milliseconds: with more, nothing can be signed.
const CLOCK_MS: i64 = 1_000;

/// How long before it learned of it an order may have been closed at Binance, in milliseconds.
const CLOSE_DELAY_MS: i64 = 5_000;

impl Order {
    pub(super) fn learn(&mut self, number: u8, fact: &Fact, at_ms: i64) -> Applied {
        let Some(attempt) = self.attempt_mut(number) else {
            return Applied::Refused(Refusal::NoSuchAttempt);
        };
        match &fact.0 {
            Known::Opened { terms, checkout } => self.opened(number, terms, checkout, at_ms),
            Known::Found(found) => self.found(number, found, at_ms),
            Known::NotFound if attempt.is_over_unknown(at_ms) => self.over(number, End::Expired),
            Known::NotFound => Applied::Unchanged,
            Known::Paid(money) => self.paid(number, money.clone(), at_ms),
            Known::Closed {
                at_ms: closed_at_ms,
            } => self.closed(number, *closed_at_ms, at_ms),
            Known::Refunded { total, by } => {
                let payment = attempt.payment.as_mut();
                let is_more =
                    changed(payment.is_some_and(|paid| paid.refund(Refunded::Total(*total))));
                match by {
                    Some((id, amount)) => {
                        let ended = self.refunded_by(number, id, *amount, at_ms);
                        ended.or(is_more)
                    }
                    None => is_more,
                }
            }
        }
    }

    /// Binance opened the checkout. What it says is to be paid stands above what a query said before; but a paid order stays
    /// paid.
    fn opened(&mut self, number: u8, terms: &Terms, checkout: &Checkout, at_ms: i64) -> Applied {
        let is_settled = self.paid_attempt == Some(number);
        let is_current = number == self.current_attempt();
        let Some(attempt) = self.attempt_mut(number) else {
            return Applied::Refused(Refusal::NoSuchAttempt);
        };
        if attempt.checkout.is_some() {
            return Applied::Unchanged;
        }
        let is_contradiction = is_settled && attempt.terms.as_ref() != Some(terms);
        if !is_settled {
            attempt.terms = Some(terms.clone());
        }
        let told_ms = checkout.expires_at_ms;
        let told_ms = told_ms.filter(|told_ms| attempt.is_plausible(*told_ms, at_ms));
        attempt.checkout = Some(Checkout {
            expires_at_ms: told_ms,
            ..checkout.clone()
        });
        if is_current {
            self.claim = None;
        }
        if is_contradiction {
            self.owe_alarm(Alarm::Contradicted, at_ms);
        }
        Applied::Changed
    }

    /// Binance answered a query. Of an attempt whose terms it has not told us yet, the answer counts only if Binance made
    /// the order since: another stack of the merchant's, or this one before its table was lost, may have used the number.
    fn found(&mut self, number: u8, found: &Found, at_ms: i64) -> Applied {
        let Some(attempt) = self.attempt_mut(number) else {
            return Applied::Refused(Refusal::NoSuchAttempt);
        };
        let began_ms = attempt.sent_from_ms().saturating_sub(CLOCK_MS);
        let is_known = attempt.terms.is_some();
        if !is_known
            && found
                .created_at_ms
                .is_none_or(|created_at_ms| created_at_ms < began_ms)
        {
            if matches!(found.state, State::Paid(_)) {
                self.owe_alarm(Alarm::Unknown, at_ms);
                return Applied::Changed;
            }
            return Applied::Unchanged;
        }
        let is_of_checkout = attempt
            .terms
            .get_or_insert_with(|| found.terms.clone())
            .prepay_id
            == found.terms.prepay_id;
        let ended = match &found.state {
            State::Paid(money) => self.paid(number, money.clone(), at_ms),
            // What Binance says of another checkout than ours ends nothing.
            _ if !is_of_checkout => Applied::Unchanged,
            State::Closed | State::Expired | State::Errored | State::Untouched
                if self.paid_attempt == Some(number) =>
            {
                self.owe_alarm(Alarm::Contradicted, at_ms);
                Applied::Changed
            }
            State::Closed => self.closed(number, None, at_ms),
            State::Expired => self.over(number, End::Expired),
            State::Errored => self.over(number, End::Error),
            State::Untouched if self.is_over_untouched(number, at_ms) => {
                self.over(number, End::Expired)
            }
            State::Untouched | State::UnderWay | State::Refunding => Applied::Unchanged,
        };
        if is_known { ended } else { Applied::Changed }
    }

    fn is_over_untouched(&self, number: u8, at_ms: i64) -> bool {
        self.attempt(number)
            .is_some_and(|attempt| attempt.is_over_untouched(at_ms))
    }

    /// A checkout is paid once: until it makes the order `PAID` the newest payment told of it counts, and afterwards none other.
    fn paid(&mut self, number: u8, money: Money, at_ms: i64) -> Applied {
        let is_settled = self.paid_attempt == Some(number);
        let Some(attempt) = self.attempt_mut(number) else {
            return Applied::Refused(Refusal::NoSuchAttempt);
        };
        let payment = money.into_payment(attempt, at_ms);
        let Some(known) = &mut attempt.payment else {
            attempt.payment = Some(payment);
            return Applied::Changed;
        };
        let refunded = payment.refunded;
        if known.is_same_money(&payment) {
            let mut is_news = refunded.is_some_and(|refunded| known.refund(refunded));
            if known.transaction_id.is_none() && payment.transaction_id.is_some() {
                known.transaction_id = payment.transaction_id;
                is_news = true;
            }
            if known.commission.is_none() && payment.commission.is_some() {
                known.commission = payment.commission;
                is_news = true;
            }
            return changed(is_news);
        }
        if is_settled {
            self.owe_alarm(Alarm::Contradicted, at_ms);
            return Applied::Changed;
        }
        let went_back = known.refunded;
        let remaining_refunds = known.remaining_refunds;
        *known = Payment {
            remaining_refunds,
            ..payment
        };
        if let Some(refunded) = went_back {
            known.refund(refunded);
        }
        Applied::Changed
    }

    /// Closed: before the end it was somebody's wish, afterwards it is how time passes, unless LeadsCalendar wished it.
    fn closed(&mut self, number: u8, told_at_ms: Option<i64>, at_ms: i64) -> Applied {
        let Some(attempt) = self.attempt(number) else {
            return Applied::Refused(Refusal::NoSuchAttempt);
        };
        let told_at_ms = told_at_ms.filter(|told_at_ms| attempt.is_plausible(*told_at_ms, at_ms));
        let closed_at_ms = told_at_ms.unwrap_or(at_ms.saturating_sub(CLOSE_DELAY_MS));
        let end = if self.closing.is_some() || closed_at_ms < self.expires_at_ms_of(attempt) {
            End::Closed
        } else {
            End::Expired
        };
        self.over(number, end)
    }

    /// A checkout that was open is over; the end of an older attempt changes nothing, and neither does that of a paid one.
    fn over(&mut self, number: u8, end: End) -> Applied {
        let decides = Some(number) == self.deciding_attempt() && self.paid_attempt.is_none();
        let is_open = self.attempt(number).is_some_and(|attempt| {
            // Of a lost answer that came after all nobody knew how it ended.
            let is_undecided = attempt.end.is_none_or(|known| known == End::Unknown);
            // What ended in error can still be closed at LeadsCalendar's wish.
            let is_closed =
                self.closing.is_some() && attempt.end == Some(End::Error) && end == End::Closed;
            attempt.checkout.is_some() && (is_undecided || is_closed) && attempt.payment.is_none()
        });
        if !decides || !is_open {
            return Applied::Unchanged;
        }
        self.end_attempt(number, end)
    }
}
