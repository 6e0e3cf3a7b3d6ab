//! Random texts: ids, tokens, nonces. With a seed, what is drawn for a thing follows from its name alone.

use aws_lc_rs::{hmac, rand};

const ALNUM: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Where the ids of things come from: the system's generator, or a seed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Source(Option<u64>);

/// What draws: the system's generator, or the blocks of a key, one after the other.
pub(crate) enum Draw {
    System,
    Keyed { key: [u8; 32], block: u64 },
}

impl Source {
    /// By a seed; without one by the system's generator.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self(seed)
    }

    /// Whether the same is drawn each time.
    pub(crate) fn is_seeded(self) -> bool {
        self.0.is_some()
    }

    /// What draws for the thing of this name. By a seed it is the same each time, in whatever order things are drawn for:
    /// requests that arrive at once are carried out in any.
    pub(crate) fn of(self, kind: &str, name: &str) -> Draw {
        self.0.map_or(Draw::System, |seed| {
            Draw::by(&seed.to_be_bytes(), kind, name)
        })
    }
}

impl Draw {
    /// What always draws the same for the same key and name.
    pub(crate) fn by(key: &[u8], kind: &str, name: &str) -> Self {
        let key = tag(key, format!("{kind}\0{name}").as_bytes());
        Self::Keyed { key, block: 0 }
    }

    /// `length` lower-case hex digits.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.take(length, &ALNUM[..10], b"abcdef")
    }

    /// `length` letters and digits.
    pub(crate) fn alnum(&mut self, length: usize) -> String {
        self.take(length, ALNUM, b"")
    }

    /// `length` decimal digits, the first of them not zero.
    pub(crate) fn digits(&mut self, length: usize) -> String {
        let rest = self.take(length.saturating_sub(1), &ALNUM[..10], b"");
        format!("{}{rest}", self.take(1, &ALNUM[1..10], b""))
    }

    /// A version 4 UUID, as in the addresses of QR code images.
    pub(crate) fn uuid(&mut self) -> String {
        let (a, b, c, d) = (self.hex(8), self.hex(4), self.hex(3), self.hex(3));
        format!("{a}-{b}-4{c}-a{d}-{}", self.hex(12))
    }

    /// 31 bits, as the low ones of a prepay id.
    pub(crate) fn bits_31(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes()) >> 1
    }

    /// `N` bytes.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// The modulo prefers the first few characters slightly; these texts have to be unique, not secret.
    fn take(&mut self, length: usize, alphabet: &[u8], more: &[u8]) -> String {
        let mut bytes = vec![0; length];
        self.fill(&mut bytes);
        let all = [alphabet, more].concat();
        bytes
            .iter()
            .map(|byte| char::from(all[usize::from(*byte) % all.len()]))
            .collect()
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        match self {
            Self::System => rand::fill(bytes).expect("the system gives random bytes"),
            Self::Keyed { key, block } => {
                for part in bytes.chunks_mut(32) {
                    *block += 1;
                    let tag = tag(&*key, &block.to_be_bytes());
                    part.copy_from_slice(&tag[..part.len()]);
                }
            }
        }
    }
}

fn tag(key: &[u8], text: &[u8]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, text);
    tag.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// `length` lower-case hex digits.
#[must_use]
pub fn hex(length: usize) -> String {
    Draw::System.hex(length)
}

/// `length` letters and digits.
#[must_use]
pub fn alnum(length: usize) -> String {
    Draw::System.alnum(length)
}

/// `length` decimal digits, the first of them not zero.
#[must_use]
pub fn digits(length: usize) -> String {
    Draw::System.digits(length)
}

/// A version 4 UUID, as in the addresses of QR code images.
pub(crate) fn uuid() -> String {
    Draw::System.uuid()
}

/// 31 bits, as the low ones of a prepay id.
pub(crate) fn bits_31() -> u32 {
    Draw::System.bits_31()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: Option<u64>, kind: &str, name: &str) -> (String, String, [u8; 40]) {
        let mut draw = Source::new(seed).of(kind, name);
        (draw.hex(32), draw.digits(18), draw.bytes())
    }

    #[test]
    fn what_is_drawn_by_a_seed_follows_from_the_name() {
        let first = drawn(Some(7), "order", "a");
        assert_eq!(drawn(Some(7), "order", "a"), first);
        for (seed, kind, name) in [
            (Some(8), "order", "a"),
            (Some(7), "payment", "a"),
            (Some(7), "order", "b"),
            (None, "order", "a"),
        ] {
            let other = drawn(seed, kind, name);
            assert!(
                other.0 != first.0 && other.1 != first.1 && other.2 != first.2,
                "{seed:?} {kind} {name}"
            );
        }
        assert_ne!(drawn(None, "order", "a"), drawn(None, "order", "a"));
    }

    #[test]
    fn one_draw_gives_no_bytes_twice() {
        let mut draw = Source::new(Some(7)).of("order", "a");
        assert_ne!(draw.hex(32), draw.hex(32));
        let long: [u8; 64] = draw.bytes();
        assert_ne!(long[..32], long[32..]);
    }
}
