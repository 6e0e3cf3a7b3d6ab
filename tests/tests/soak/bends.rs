//! Answers and notifications that differ in one field from what they should be: it is missing, null, of another type, or
//! there twice. None of them tells anything that is not so.

use sandbox::binance::{Bend, BendOn, Change, Fault, On};

use crate::random::Random;
use crate::world::World;

/// With whether it is a number.
type Field = (&'static str, bool);

const CREATE: [Field; 13] = [
    ("/status", false),
    ("/code", false),
    ("/data", false),
    ("/data/prepayId", false),
    ("/data/totalFee", false),
    ("/data/currency", false),
    ("/data/expireTime", true),
    ("/data/checkoutUrl", false),
    ("/data/qrcodeLink", false),
    ("/data/qrContent", false),
    ("/data/deeplink", false),
    ("/data/universalUrl", false),
    ("/data/fiatAmount", false),
];

const QUERY: [Field; 15] = [
    ("/status", false),
    ("/code", false),
    ("/data", false),
    ("/data/merchantTradeNo", false),
    ("/data/prepayId", false),
    ("/data/status", false),
    ("/data/orderAmount", false),
    ("/data/currency", false),
    ("/data/createTime", true),
    ("/data/transactTime", true),
    ("/data/transactionId", false),
    ("/data/commission", false),
    ("/data/paymentInfo", false),
    ("/data/merchantId", true),
    ("/data/openUserId", false),
];

const NOTIFICATION: [Field; 19] = [
    ("/bizType", false),
    ("/bizStatus", false),
    ("/bizId", true),
    ("/bizIdStr", false),
    ("/data", false),
    ("/data/merchantTradeNo", false),
    ("/data/totalFee", true),
    ("/data/currency", false),
    ("/data/transactTime", true),
    ("/data/transactionId", false),
    ("/data/commission", true),
    ("/data/openUserId", false),
    ("/data/paymentInfo", false),
    ("/data/productName", false),
    ("/data/refundInfo", false),
    ("/data/refundInfo/refundedAmount", false),
    ("/data/refundInfo/prepayId", false),
    ("/data/refundInfo/refundAmount", false),
    ("/data/refundInfo/remainingAttempts", true),
];

/// Binance's word that it has seen the number before.
const TAKEN: &str = r#"{"status":"FAIL","code":"400201","errorMessage":"merchantTradeNo is invalid or duplicated"}"#;

impl World {
    /// One answer, or notification, to come is not what it should be.
    pub fn bend_one(&self, on: BendOn, random: &mut Random) {
        let fields = match on {
            BendOn::Create => &CREATE[..],
            BendOn::Query => &QUERY,
            BendOn::Notification => &NOTIFICATION,
            BendOn::Close | BendOn::Refund | BendOn::RefundQuery | BendOn::Certificates => &[],
        };
        let (path, is_number) = fields[drawn(random, fields.len())];
        let bend = Bend::new(on, path, change(path, is_number, random));
        self.sandbox.binance().bend(bend.once());
    }

    /// The order is taken, and the answer says that it was taken before.
    pub fn deny_one(&self, random: &mut Random) {
        self.inject("create taken, answered 400201");
        let binance = self.sandbox.binance();
        binance.bend(Bend::body(BendOn::Create, TAKEN).once());
        if random.chance(200) {
            binance.fault(On::Create, 1, Fault::WebhookFirst);
        }
    }
}

fn change(path: &str, is_number: bool, random: &mut Random) -> Change {
    let of_type = random.weighted(&[(1, "true"), (1, "{}"), (1, "[]"), (1, r#""""#)]);
    // A number is as good as a string of it, and a time in seconds is none that can be meant.
    let other = if path.ends_with("Time") {
        random.weighted(&[
            (1, Change::Quote),
            (2, Change::Set("1795682404".to_owned())),
            (1, Change::Set("0".to_owned())),
        ])
    } else if is_number {
        Change::Quote
    } else {
        Change::Set("null".to_owned())
    };
    random.weighted(&[
        (3, Change::Remove),
        (2, Change::Set("null".to_owned())),
        (3, Change::Set(of_type.to_owned())),
        (2, Change::Twice),
        (3, other),
    ])
}

fn drawn(random: &mut Random, number: usize) -> usize {
    let last = u64::try_from(number - 1).unwrap();
    usize::try_from(random.between(0, last)).unwrap()
}
