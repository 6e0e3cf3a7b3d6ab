//! Binance, as the model plays it: what it does with a call, what it answers, and what it notifies. Its answers are bodies,
//! which the client's own code reads.

use shared::binance::{Answer, BinanceError, CallError, Created, reading};
use shared::order::{Fact, Hint, Money, Order, RefundFact, RefundId, Says};

use crate::world::TIMES;

/// What is to be paid, and the one refund.
const FEE: &str = "1.00";

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// Carried out, and answered.
    Done,
    /// Carried out, and the answer is lost.
    Lost,
    /// It never arrived, which nobody knows.
    Vanished,
    /// It was certainly not carried out.
    NotDone,
    /// Binance refuses it.
    Refused,
}

/// A checkout at Binance, and when it was opened and paid, as places in [`TIMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Checkout {
    pub opened_at: usize,
    pub stands: Stands,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stands {
    Open,
    Paid { at: usize },
    Closed,
    Expired,
}

/// What a notification says, of the attempt of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Notice {
    Paid(u8),
    Closed(u8),
    Refunded(u8),
    RefundRejected(u8),
    /// Another merchant's order has the same number; Binance signs for both.
    ForeignPaid(u8),
    ForeignClosed(u8),
}

impl Notice {
    pub fn number(self) -> u8 {
        let (Self::Paid(number)
        | Self::Closed(number)
        | Self::Refunded(number)
        | Self::RefundRejected(number)
        | Self::ForeignPaid(number)
        | Self::ForeignClosed(number)) = self;
        number
    }

    /// The checkout that it names.
    pub fn prepay_id(self) -> String {
        match self {
            Self::ForeignPaid(_) | Self::ForeignClosed(_) => "9009".to_owned(),
            notice => prepay_id(notice.number()),
        }
    }
}

/// Everything that Binance knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Binance {
    pub checkouts: [Option<Checkout>; 2],
    /// The refund, and the attempt that it is of: undecided, done or rejected.
    pub refund: Option<(u8, Option<bool>)>,
    /// Calls that vanished, and may arrive after all.
    pub late_creates: Vec<u8>,
    pub late_refund: Option<u8>,
    /// Every notification that it sends; one that is lost is never received.
    pub notices: Vec<Notice>,
}

impl Binance {
    pub fn checkout(&self, number: u8) -> Option<Checkout> {
        *self.checkouts.get(usize::from(number) - 1)?
    }

    fn stand(&mut self, number: u8, stands: Stands) {
        if let Some(checkout) = &mut self.checkouts[usize::from(number) - 1] {
            checkout.stands = stands;
        }
    }

    fn notify(&mut self, notice: Notice) {
        self.notices.push(notice);
        self.notices.sort_unstable();
    }

    pub fn is_paid(&self, number: u8) -> bool {
        self.checkout(number)
            .is_some_and(|checkout| matches!(checkout.stands, Stands::Paid { .. }))
    }

    pub fn pay(&mut self, number: u8, at: usize) {
        self.stand(number, Stands::Paid { at });
        self.notify(Notice::Paid(number));
    }

    pub fn expire(&mut self, number: u8) {
        self.stand(number, Stands::Expired);
        self.notify(Notice::Closed(number));
    }

    /// The undecided refund ends.
    pub fn end_refund(&mut self, is_done: bool) {
        if let Some((number, ended)) = &mut self.refund {
            *ended = Some(is_done);
            let (done, rejected) = (Notice::Refunded(*number), Notice::RefundRejected(*number));
            self.notify(if is_done { done } else { rejected });
        }
    }

    /// Create order; none if the number was used before.
    pub fn open(&mut self, number: u8, at: usize) -> Option<Created> {
        let place = &mut self.checkouts[usize::from(number) - 1];
        if place.is_some() {
            return None;
        }
        *place = Some(Checkout {
            opened_at: at,
            stands: Stands::Open,
        });
        let expires_ms = TIMES[at] + 3_600_000;
        let data = format!(
            r#"{{{},"totalFee":"{FEE}","checkoutUrl":"https://b.example/","expireTime":{expires_ms}}}"#,
            named(&prepay_id(number))
        );
        Some(reading::created(200, &success(&data)).unwrap())
    }

    /// A create arrives after all; where somebody else has used the number meanwhile, it is refused.
    pub fn arrive(&mut self, number: u8, at: usize) {
        self.late_creates.retain(|late| *late != number);
        self.open(number, at);
    }

    /// Query order.
    pub fn query(&self, order: &Order, number: u8) -> Fact {
        let Some(checkout) = self.checkout(number) else {
            return reading::found(400, REFUSED, &order.trade_no_of(number)).unwrap();
        };
        let refund = self.refund.filter(|(of, _)| *of == number);
        let status = match (checkout.stands, refund) {
            (Stands::Open, _) => "INITIAL",
            (Stands::Paid { .. }, Some((_, None))) => "REFUNDING",
            (Stands::Paid { .. }, Some((_, Some(true)))) => "FULL_REFUNDED",
            (Stands::Paid { .. }, _) => "PAID",
            (Stands::Closed, _) => "CANCELED",
            (Stands::Expired, _) => "EXPIRED",
        };
        let paid_ms = match checkout.stands {
            Stands::Paid { at } => TIMES[at],
            Stands::Open | Stands::Closed | Stands::Expired => 0,
        };
        let made_ms = TIMES[checkout.opened_at];
        let is = (prepay_id(number), status);
        found(order, number, is, [made_ms, paid_ms])
    }

    /// Close order; whether it is accepted.
    pub fn close(&mut self, number: u8) -> bool {
        let open = self.checkout(number);
        let is_open = open.is_some_and(|checkout| checkout.stands == Stands::Open);
        if is_open {
            self.stand(number, Stands::Closed);
            self.notify(Notice::Closed(number));
        }
        is_open
    }

    /// Refund order.
    pub fn give_back(&mut self, number: u8, id: &RefundId) -> Result<RefundFact, BinanceError> {
        if self.refund.is_some() {
            return Err(reading::accepted(400, REFUSED, id).unwrap_err());
        }
        self.refund = Some((number, None));
        let data = format!(r#"{{"refundAmount":"{FEE}","refundedAmount":"{FEE}"}}"#);
        Ok(reading::accepted(200, &success(&data), id).unwrap())
    }

    /// Query refund.
    pub fn query_refund(&self, id: &RefundId) -> RefundFact {
        let Some((_, ended)) = self.refund else {
            return reading::refunded(400, REFUSED, id).unwrap();
        };
        let status = match ended {
            None => "REFUND_PENDING",
            Some(true) => "REFUND_SUCCESS",
            Some(false) => "REFUND_FAIL",
        };
        let data = format!(r#"{{"refundStatus":"{status}","refundAmount":"{FEE}"}}"#);
        reading::refunded(200, &success(&data), id).unwrap()
    }
}

/// An order that Binance does not know, among others.
const REFUSED: &[u8] = br#"{"status":"FAIL","code":"400202","errorMessage":"no"}"#;

fn success(data: &str) -> Vec<u8> {
    format!(r#"{{"status":"SUCCESS","code":"000000","data":{data}}}"#).into_bytes()
}

fn named(prepay_id: &str) -> String {
    format!(r#""prepayId":"{prepay_id}","currency":"USDT""#)
}

fn prepay_id(number: u8) -> String {
    format!("100{number}")
}

/// The fact in an answer to query order.
pub fn found(order: &Order, number: u8, is: (String, &str), times: [i64; 2]) -> Fact {
    let ((prepay_id, status), [made_ms, paid_ms]) = (is, times);
    let named = named(&prepay_id);
    let data = format!(
        r#"{{{named},"orderAmount":"{FEE}","status":"{status}","createTime":{made_ms},"transactTime":{paid_ms}}}"#
    );
    reading::found(200, &success(&data), &order.trade_no_of(number)).unwrap()
}

/// How a call ends that has no answer, or is turned away.
pub fn failed(end: End) -> BinanceError {
    match end {
        End::Done | End::Lost | End::Vanished => CallError::Unknown(Answer::default()).into(),
        End::NotDone => reading::closed(429, b"").unwrap_err(),
        End::Refused => reading::closed(400, br#"{"status":"FAIL","code":"400304"}"#).unwrap_err(),
    }
}

/// The notification as a hint, of a checkout that was paid or closed at `at_ms`.
pub fn hint(order: &Order, notice: Notice, refund: &RefundId, at_ms: i64) -> Hint {
    let prepay_id = notice.prepay_id();
    let says = match notice {
        Notice::Paid(_) | Notice::ForeignPaid(_) => Says::Paid(Money {
            prepay_id: prepay_id.clone(),
            amount: FEE.parse().unwrap(),
            currency: "USDT".parse().unwrap(),
            transaction_id: None,
            paid_at_ms: Some(at_ms),
            commission: None,
            refunded: None,
        }),
        Notice::Closed(_) | Notice::ForeignClosed(_) => Says::Closed { at_ms: Some(at_ms) },
        Notice::Refunded(_) => Says::Refunded {
            prepay_id: Some(prepay_id.clone()),
            total: FEE.parse().unwrap(),
            currency: "USDT".parse().unwrap(),
            by: Some((refund.clone(), FEE.parse().unwrap())),
        },
        Notice::RefundRejected(_) => Says::Rejected {
            prepay_id: Some(prepay_id.clone()),
        },
    };
    Hint::new(order.trade_no_of(notice.number()), Some(prepay_id), says)
}
