//! The messages, each described once.

use super::super::*;
use crate::bent::{Bend, Member, object, quoted};
use crate::order::{Attempt, Checked, Checkout, Order, Payment, Terms};
use crate::sample;

/// Where in a message a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Envelope,
    Data,
    Info,
}

/// One kind of message, and the fields of it that decide.
pub(super) struct Message {
    pub(super) status: &'static str,
    deciding: &'static [(Level, &'static str)],
}

pub(super) const MESSAGES: [Message; 3] = [
    Message {
        status: "PAY_SUCCESS",
        deciding: &[
            (Level::Envelope, "bizType"),
            (Level::Envelope, "bizStatus"),
            (Level::Envelope, "data"),
            (Level::Data, "merchantTradeNo"),
            (Level::Data, "totalFee"),
            (Level::Data, "currency"),
        ],
    },
    Message {
        status: "PAY_CLOSED",
        deciding: &[
            (Level::Envelope, "bizType"),
            (Level::Envelope, "bizStatus"),
            (Level::Envelope, "data"),
            (Level::Data, "merchantTradeNo"),
        ],
    },
    Message {
        status: "REFUND_SUCCESS",
        deciding: &[
            (Level::Envelope, "bizType"),
            (Level::Envelope, "bizStatus"),
            (Level::Envelope, "data"),
            (Level::Data, "merchantTradeNo"),
            (Level::Data, "currency"),
            (Level::Data, "refundInfo"),
            (Level::Info, "prepayId"),
            (Level::Info, "refundedAmount"),
        ],
    },
];

impl Message {
    pub(super) fn is_refund(&self) -> bool {
        self.status == "REFUND_SUCCESS"
    }

    /// The fields of a level, with those of the level below in them.
    pub(super) fn fields(
        &self,
        level: Level,
        bent: Option<(Level, &str, &Bend)>,
    ) -> Vec<Member<'static>> {
        let text = |text: &str| quoted(text);
        match level {
            Level::Envelope => vec![
                (
                    "bizType",
                    text(if self.is_refund() {
                        "PAY_REFUND"
                    } else {
                        "PAY"
                    }),
                ),
                ("data", quoted(&self.written(Level::Data, bent))),
                ("bizIdStr", text(PREPAY_ID)),
                ("bizId", PREPAY_ID.to_owned()),
                ("bizStatus", text(self.status)),
            ],
            Level::Data => {
                let mut data = vec![
                    ("merchantTradeNo", text(OURS)),
                    ("productType", text("02")),
                    ("productName", text("LeadsCalendar")),
                    ("transactTime", "1763802060000".to_owned()),
                    ("tradeType", text("WEB")),
                    ("totalFee", "1.00020004".to_owned()),
                    ("currency", text("USDT")),
                    ("transactionId", text("P_A1BQS87BCQ171112")),
                    ("openUserId", text("934620c827af6bb3d7ffc7f4e9126805")),
                    ("passThroughInfo", text("{}")),
                    ("commission", "0".to_owned()),
                    ("paymentInfo", r#"{"payerId":741232235}"#.to_owned()),
                    ("payerInfo", r#"{"firstName":"A"}"#.to_owned()),
                ];
                if self.is_refund() {
                    data.push(("refundInfo", self.written(Level::Info, bent)));
                }
                data
            }
            Level::Info => vec![
                ("refundRequestId", text("r1")),
                ("prepayId", text(PREPAY_ID)),
                ("orderAmount", text("1.00020004")),
                ("refundedAmount", text("0.50000000")),
                ("refundAmount", text("0.10000000")),
                ("remainingAttempts", "9".to_owned()),
                ("payerOpenId", text("x")),
                ("duplicateRequest", text("N")),
            ],
        }
    }

    pub(super) fn written(&self, level: Level, bent: Option<(Level, &str, &Bend)>) -> String {
        let here = bent.filter(|(of, _, _)| *of == level);
        let fields = self.fields(level, bent);
        object(&fields, here.map(|(_, name, bend)| (name, bend)))
    }

    pub(super) fn body(&self, level: Level, name: &str, bend: &Bend) -> String {
        self.written(Level::Envelope, Some((level, name, bend)))
    }

    /// Calls `check` with each field, its value, and whether it decides.
    pub(super) fn for_each_field(&self, check: impl Fn(Level, &str, &str, bool)) {
        for level in [Level::Envelope, Level::Data, Level::Info] {
            if level == Level::Info && !self.is_refund() {
                continue;
            }
            for (name, value) in self.fields(level, None) {
                let decides = self.deciding.contains(&(level, name));
                check(level, name, &value, decides);
            }
        }
    }

    /// The order that the message is about: what Binance has told us of it agrees.
    fn order(&self) -> Order {
        let terms = Terms {
            prepay_id: PREPAY_ID.to_owned(),
            total_fee: "1.00020004".parse().unwrap(),
            currency: "USDT".parse().unwrap(),
        };
        let payment = self.is_refund().then(|| Payment {
            prepay_id: PREPAY_ID.to_owned(),
            transaction_id: None,
            amount: terms.total_fee,
            currency: terms.currency.clone(),
            paid_at_ms: 0,
            commission: None,
            refunded: None,
            remaining_refunds: None,
        });
        let current = Attempt {
            terms: Some(terms),
            checkout: Some(Checkout::default()),
            payment,
            ..Attempt::default()
        };
        let trade_no: TradeNo = OURS.parse().unwrap();
        let mut order = sample::order(trade_no.order_id, 0);
        order.attempts = vec![Attempt::default(); 6];
        order.attempts.push(current);
        order.paid_attempt = self.is_refund().then_some(7);
        order
    }

    /// What comes of a body, in a word and whole.
    pub(super) fn end(&self, body: &str) -> (&'static str, Option<Checked>) {
        match read(body.as_bytes()) {
            Err(WebhookError::Unreadable(_)) => ("400", None),
            Err(other) => panic!("{other}: {body}"),
            Ok(Notification { hint: None, .. }) => ("not ours", None),
            Ok(Notification {
                hint: Some(hint), ..
            }) => {
                assert_eq!(hint.trade_no().to_string(), OURS, "{body}");
                let checked = hint.check(&self.order());
                let word = match &checked {
                    Checked::Agrees(_) => "agrees",
                    Checked::Doubtful(_) => "doubtful",
                    Checked::Idle => "idle",
                };
                (word, Some(checked))
            }
        }
    }
}
