//! A small seeded generator (splitmix64), so that a soak can be played again.

/// What to draw for; each order has a stream of its own for each, so that one more draw here changes nothing there.
#[derive(Clone, Copy)]
pub enum Stream {
    Script,
    Client,
    Twin,
    Payer,
    Callback,
    Operator,
    Schedule,
    Hosts,
    Secrets,
}

/// The generator.
pub struct Random(u64);

impl Random {
    /// The draws of `stream` for order `number`.
    pub fn of(seed: u64, stream: Stream, number: u64) -> Self {
        let stream = match stream {
            Stream::Script => 1,
            Stream::Client => 2,
            Stream::Twin => 3,
            Stream::Payer => 4,
            Stream::Callback => 5,
            Stream::Operator => 6,
            Stream::Schedule => 7,
            Stream::Hosts => 8,
            Stream::Secrets => 9,
        };
        let mut mixed = Self(seed ^ (stream << 56));
        mixed.0 = mixed.next() ^ number;
        mixed
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From `from` to `to`, both included.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.next() % (to - from + 1)
    }

    /// Whether what happens so often in a thousand happens now.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.between(1, 1_000) <= per_mille
    }

    /// One of `choices`, each as often as its weight says.
    pub fn weighted<T: Clone>(&mut self, choices: &[(u64, T)]) -> T {
        let total = choices.iter().map(|(weight, _)| weight).sum();
        let mut left = self.between(1, total);
        for (weight, choice) in choices {
            if left <= *weight {
                return choice.clone();
            }
            left -= weight;
        }
        unreachable!("the weights add up")
    }
}
