//! Faults of Binance and of DynamoDB, drawn with the weights that every suite under faults shares.

use sandbox::binance::{Envelope, Fault};
use sandbox::dynamodb::StoreFault;
use serde_json::Value;

use crate::random::Random;

/// A fault of the table: of which operation, how often, and what.
pub fn store_fault(random: &mut Random) -> (Option<&'static str>, u32, StoreFault) {
    let operation = random.weighted(&[
        (60, Some("PutItem")),
        (25, Some("GetItem")),
        (5, Some("Query")),
        (10, None),
    ]);
    let short = random.between(30, 300);
    let fault = random.weighted(&[
        (25, StoreFault::Throttled),
        (20, StoreFault::ServerError),
        (20, StoreFault::LostRequest),
        (30, StoreFault::LostAnswer),
        (20, StoreFault::Slow { ms: short }),
        // Longer than one attempt of the SDK may take.
        (2, StoreFault::Slow { ms: 2_300 }),
    ]);
    let times = random.weighted(&[(70, 1), (20, 2), (8, 4), (4, 24)]);
    (operation, times, fault)
}

/// A fault of a call that opens a checkout.
pub fn create_fault(random: &mut Random) -> Fault {
    let short = random.between(30, 400);
    let retry_after = Some(random.between(1, 2));
    let refused = refusal(random);
    random.weighted(&[
        (16, Fault::LostAnswer),
        (10, Fault::LostRequest),
        (10, Fault::Slow { ms: short }),
        // Longer than the function waits.
        (3, Fault::Slow { ms: 3_500 }),
        (8, Fault::SlowThenLost { ms: short }),
        (10, Fault::Rate429 { retry_after: None }),
        (4, Fault::Rate429 { retry_after }),
        (10, Fault::Http500),
        (8, Fault::Http500Taken),
        (8, Fault::BrokenAnswer),
        (10, refused),
        (8, Fault::WebhookFirst),
        (1, Fault::Html403),
        (1, Fault::Geo451),
    ])
}

/// A fault of a call that only reads. A Binance that denies an order it has is not among them: nobody could tell that from
/// the truth.
pub fn query_fault(random: &mut Random) -> Fault {
    let short = random.between(30, 400);
    let refused = refusal(random);
    random.weighted(&[
        (10, Fault::LostAnswer),
        (10, Fault::LostRequest),
        (10, Fault::Slow { ms: short }),
        (8, Fault::SlowThenLost { ms: short }),
        (10, Fault::Rate429 { retry_after: None }),
        (10, Fault::Http500),
        (10, Fault::BrokenAnswer),
        (10, refused),
        (2, Fault::Html403),
        (1, Fault::Geo451),
    ])
}

/// The codes of each end, in each of the four shapes.
pub fn refusal(random: &mut Random) -> Fault {
    let (code, http) = random.weighted(&[
        (3, ("400100", 200)),
        (3, ("400102", 400)),
        (3, ("400201", 200)),
        (2, ("999999", 200)),
        (2, ("400203", 403)),
        (2, ("400002", 401)),
        (1, ("400606", 200)),
        (4, ("400003", 200)),
        (4, ("406108", 200)),
        (4, ("400000", 200)),
        (2, ("50001", 500)),
        (2, ("100001001", 200)),
    ]);
    Fault::Refuse {
        code: code.to_owned(),
        message: "Refused by the soak.".to_owned(),
        http,
        envelope: random.weighted(&[
            (4, Envelope::Normal),
            (2, Envelope::Msg),
            (2, Envelope::ErrorData),
            (2, Envelope::Numeric),
        ]),
    }
}

/// What a fault is called: `lostAnswer`, or `refuse 400201`.
pub fn name(fault: &Value) -> String {
    let text = |field: &str| fault[field].as_str().unwrap_or_default();
    let named = format!("{} {}", text("fault"), text("code"));
    named.trim_end().to_owned()
}
