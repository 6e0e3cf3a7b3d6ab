//! What a guest does: drawn from the seed and the booking's number alone.

use sandbox::binance::Play;

use crate::random::Random;
use crate::world::Kind;

/// How a guest leaves the checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Pays,
    PaysWrong(&'static str),
    PaysInAnotherCurrency,
    CancelsAtBinance,
    LetsExpire,
    Fails,
    Leaves,
    /// Goes back to the site and cancels there.
    CancelsAtSite(When),
}

/// When somebody pays all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Never,
    Before,
    While,
    After,
    /// Begins, and gives up.
    Begins,
}
/// What is played with one guest.
pub struct Script {
    pub end: End,
    pub notice: Play,
    pub is_late: bool,
    pub pause_ms: u64,
    pub gives_back: u64,
}

impl Script {
    pub fn of(kind: Kind, random: &mut Random) -> Self {
        let when = random.weighted(&[
            (8, When::Never),
            (2, When::Before),
            (4, When::While),
            (2, When::After),
            (2, When::Begins),
        ]);
        let end = random.weighted(&[
            (480, End::Pays),
            (15, End::PaysWrong("0.5")),
            (15, End::PaysWrong("99.00000001")),
            (15, End::PaysInAnotherCurrency),
            (60, End::CancelsAtBinance),
            (40, End::LetsExpire),
            (30, End::Fails),
            (130, End::Leaves),
            (215, End::CancelsAtSite(when)),
        ]);
        let is_race = kind == Kind::Races;
        Self {
            end: if is_race {
                End::CancelsAtSite(when)
            } else {
                end
            },
            notice: notice(random),
            is_late: random.chance(200),
            pause_ms: if is_race { 0 } else { random.between(0, 400) },
            gives_back: random.between(1, 100),
        }
    }
}

/// How Binance tells of something.
pub fn notice(random: &mut Random) -> Play {
    let delay_ms = random.between(50, 1_500);
    let told = Play::default;
    random.weighted(&[
        (500, told()),
        (120, Play { times: 2, ..told() }),
        (160, Play { delay_ms, ..told() }),
        (220, Play::in_silence()),
    ])
}
