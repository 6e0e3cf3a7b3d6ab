//! What is played with one order: drawn from the seed and the order's number alone.

use sandbox::binance::Signature;
use serde_json::{Value, json};

use crate::random::{Random, Stream};
use crate::strange::Strange;

/// The plan of one order.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent tosses of a coin"
)]
pub struct Script {
    pub number: u64,
    /// `Idempotency-Key`; a client without one does not repeat its request.
    pub key: Option<String>,
    pub price: String,
    /// Two requests with the key at the same time.
    pub is_twin: bool,
    /// Afterwards the key is used with other content.
    pub has_other_content: bool,
    /// The client repeats until it is answered; else it goes away after its first failure.
    pub is_patient: bool,
    /// After a refusal the client tries once more under its key.
    pub tries_again: bool,
    /// The client reads the order, and repeats its request, after the answer.
    pub looks_again: bool,
    pub pause_ms: u64,
    pub end: End,
    pub notice: Notice,
    /// Paid although it was canceled or had expired.
    pub is_late: bool,
    pub refund: Refund,
    pub forgery: Option<Signature>,
    pub replays: bool,
    /// What other merchants do under the order's number.
    pub strange: Vec<Strange>,
    /// The payer is at it for a while before it ends, or until the storm is over.
    pub under_way: Option<Wait>,
    /// The query says `REFUNDING` for a while, or until the storm is over.
    pub refunding: Option<Wait>,
    /// Its `callbackUrl` is on LeadsCalendar's second host.
    pub is_second_host: bool,
}

/// How the payer leaves the checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Pays,
    PaysWrongAmount,
    PaysWrongCurrency,
    Cancels,
    LetsExpire,
    Fails,
    Leaves,
}

/// How long something takes that Binance does at once otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    Moment,
    Storm,
}

/// How Binance tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    Prompt,
    Twice,
    Late { ms: u64 },
    Never,
}

/// What goes back to the payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refund {
    Nothing,
    Part,
    PartThenRest,
    All,
}

impl Script {
    pub fn of(seed: u64, number: u64) -> Self {
        let random = &mut Random::of(seed, Stream::Script, number);
        let is_keyed = random.chance(700);
        Self {
            number,
            key: is_keyed.then(|| format!("soak-{seed}-{number}")),
            price: match random.between(0, 3) {
                0 => format!("{}.{:02}", random.between(1, 40), random.between(0, 99)),
                _ => "1.00".to_owned(),
            },
            is_twin: is_keyed && random.chance(150),
            has_other_content: is_keyed && random.chance(40),
            is_patient: is_keyed && random.chance(940),
            tries_again: is_keyed && random.chance(600),
            looks_again: random.chance(150),
            pause_ms: random.between(0, 400),
            end: random.weighted(&[
                (600, End::Pays),
                (50, End::PaysWrongAmount),
                (30, End::PaysWrongCurrency),
                (90, End::Cancels),
                (60, End::LetsExpire),
                (30, End::Fails),
                (140, End::Leaves),
            ]),
            notice: notice(random),
            is_late: random.chance(350),
            refund: random.weighted(&[
                (700, Refund::Nothing),
                (100, Refund::Part),
                (100, Refund::PartThenRest),
                (100, Refund::All),
            ]),
            forgery: random.chance(80).then(|| forgery(random)),
            replays: random.chance(120),
            strange: match random.between(1, 100) {
                1..=10 => vec![Strange::of(random)],
                11..=14 => vec![Strange::of(random), Strange::of(random)],
                _ => Vec::new(),
            },
            under_way: random.chance(70).then(|| wait(random)),
            refunding: random.chance(50).then(|| wait(random)),
            is_second_host: random.chance(400),
        }
    }

    /// The request; `price` apart, it is the same each time.
    pub fn fields(&self, price: &str, callback_url: &str) -> Value {
        json!({
            "transactionType": "PAY",
            "fiat": "USD",
            "price": price,
            "callbackUrl": callback_url,
            "reference": self.reference(),
        })
    }

    /// What the order carries everywhere, so that it is found without an answer too.
    pub fn reference(&self) -> String {
        format!("soak {}", self.number)
    }
}

pub fn notice(random: &mut Random) -> Notice {
    let late = Notice::Late {
        ms: random.between(50, 1_500),
    };
    random.weighted(&[
        (500, Notice::Prompt),
        (150, Notice::Twice),
        (150, late),
        (200, Notice::Never),
    ])
}

fn wait(random: &mut Random) -> Wait {
    random.weighted(&[(2, Wait::Moment), (1, Wait::Storm)])
}

/// Making a stranger's key takes a tenth of a second, so it is done rarely.
fn forgery(random: &mut Random) -> Signature {
    random.weighted(&[
        (5, Signature::Altered),
        (4, Signature::Missing),
        (1, Signature::Forged),
        (1, Signature::UnknownSerial),
    ])
}
