//! Random texts: ids, tokens, nonces.

use aws_lc_rs::rand;

const ALNUM: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `length` lower-case hex digits.
#[must_use]
pub fn hex(length: usize) -> String {
    take(length, &ALNUM[..10], b"abcdef")
}

/// `length` letters and digits.
#[must_use]
pub fn alnum(length: usize) -> String {
    take(length, ALNUM, b"")
}

/// `length` decimal digits, the first of them not zero.
#[must_use]
pub fn digits(length: usize) -> String {
    let rest = take(length.saturating_sub(1), &ALNUM[..10], b"");
    format!("{}{rest}", take(1, &ALNUM[1..10], b""))
}

/// A version 4 UUID, as in the addresses of QR code images.
pub(crate) fn uuid() -> String {
    let (a, b, c, d) = (hex(8), hex(4), hex(3), hex(3));
    format!("{a}-{b}-4{c}-a{d}-{}", hex(12))
}

/// 31 bits, as the low ones of a prepay id.
pub(crate) fn bits_31() -> u32 {
    let mut bytes = [0; 4];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    u32::from_le_bytes(bytes) >> 1
}

/// The modulo prefers the first few characters slightly; these texts have to be unique, not secret.
fn take(length: usize, alphabet: &[u8], more: &[u8]) -> String {
    let mut bytes = vec![0; length];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    let all = [alphabet, more].concat();
    bytes
        .iter()
        .map(|byte| char::from(all[usize::from(*byte) % all.len()]))
        .collect()
}
