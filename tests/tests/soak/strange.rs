//! Other merchants: Binance signs for all of them with one key, and nothing keeps them from using our numbers and our
//! address.

use sandbox::binance::{Impossible, Stranger, StrangerOrder};

use crate::evidence::ID_DIGITS;
use crate::random::Random;
use crate::world::World;

/// How the numbers begin that no order of ours has.
pub const NOBODYS: &str = "0b0d1e5";

/// What another merchant does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strange {
    /// Before our payer comes; else after him.
    pub is_before: bool,
    act: Act,
    number: Number,
    amount: Option<&'static str>,
    currency: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Pays,
    Closes,
    PaysAndRefunds { amount: Option<&'static str> },
}

/// The number he uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    /// That of our checkout.
    Ours,
    /// That of an attempt which we have not made.
    NextOfOurs,
    Nobodys,
}

impl Strange {
    pub fn of(random: &mut Random) -> Self {
        let part = random.weighted(&[(1, None), (1, Some("0.3"))]);
        Self {
            is_before: random.chance(500),
            act: random.weighted(&[
                (4, Act::Pays),
                (4, Act::Closes),
                (3, Act::PaysAndRefunds { amount: part }),
            ]),
            number: random.weighted(&[
                (10, Number::Ours),
                (1, Number::NextOfOurs),
                (1, Number::Nobodys),
            ]),
            amount: random.weighted(&[(2, None), (1, Some("12.5"))]),
            currency: random.weighted(&[(4, None), (1, Some("USDC"))]),
        }
    }

    /// Plays it; what he tells is acknowledged or not, and changes nothing.
    pub async fn play(self, world: &World, trade_no: &str) {
        let wanted = StrangerOrder {
            amount: self.amount.map(str::to_owned),
            currency: self.currency.map(str::to_owned),
            url: Some(world.callback_url.clone()),
        };
        let (id, attempt) = trade_no.split_at(ID_DIGITS);
        let used = match self.number {
            Number::Ours => trade_no.to_owned(),
            Number::NextOfOurs => format!("{id}{:02}", attempt.parse::<u8>().unwrap() + 1),
            Number::Nobodys => format!("{NOBODYS}{}", &trade_no[NOBODYS.len()..]),
        };
        let stranger = world.sandbox.binance().stranger(&used, wanted).unwrap();
        // A refund of more than he got is his own mistake.
        let _ = self.act(world, &stranger).await;
    }

    async fn act(self, world: &World, stranger: &Stranger) -> Result<(), Impossible> {
        match self.act {
            Act::Pays => {
                world.inject("another merchant's order paid");
                stranger.pay().await?;
            }
            Act::Closes => {
                world.inject("another merchant's order closed");
                stranger.close().await?;
            }
            Act::PaysAndRefunds { amount } => {
                world.inject("another merchant's order paid and refunded");
                stranger.pay().await?;
                stranger.refund(amount).await?;
            }
        }
        Ok(())
    }
}
