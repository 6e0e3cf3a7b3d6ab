//! Which public keys are read, and every way one can be malformed.

use super::*;

#[test]
fn pem_is_read_however_its_lines_are_broken() {
    for pem in [
        PEM.replace('\n', "\r\n"),
        PEM.replace('\n', ""),
        format!("\n{PEM}\n\n"),
    ] {
        let verdict = PublicKey::from_pem(&pem)
            .map(|key| key.verify(TIMESTAMP, NONCE, BODY.as_bytes(), SIGNATURE));
        assert_eq!(verdict, Ok(Ok(())), "{pem}");
    }
}

#[test]
fn what_is_not_a_public_key_in_pem_is_refused() {
    for pem in [
        String::new(),
        "-----BEGIN PUBLIC KEY-----".to_owned(),
        PEM.replace("-----BEGIN PUBLIC KEY-----", ""),
        PEM.replace("PUBLIC KEY", "RSA PUBLIC KEY"),
        PEM.replace("PUBLIC KEY", "CERTIFICATE"),
        PEM.replace("IDAQAB", "IDAQA"),
        PEM.replace('+', "-"),
        format!("{PEM}\n{PEM}"),
    ] {
        assert_eq!(
            PublicKey::from_pem(&pem).unwrap_err(),
            KeyError::NotPem,
            "{pem}"
        );
    }
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = match length {
        [0, short @ 0..=0x7f] => vec![tag, short],
        [0, long] => vec![tag, 0x81, long],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [&header, content].concat()
}

fn key_of(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let numbers = [der(INTEGER, modulus), der(INTEGER, exponent)].concat();
    info_of(RSA_ENCRYPTION, &[vec![0], der(SEQUENCE, &numbers)].concat())
}

fn info_of(algorithm: &[u8], bits: &[u8]) -> Vec<u8> {
    der(
        SEQUENCE,
        &[der(SEQUENCE, algorithm), der(BIT_STRING, bits)].concat(),
    )
}

fn from_der(der: &[u8]) -> Result<(), KeyError> {
    let base64 = BASE64_STANDARD.encode(der);
    PublicKey::from_pem(&format!(
        "-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----"
    ))
    .map(|_| ())
}

fn modulus(first: u8, bytes: usize) -> Vec<u8> {
    let sign: &[u8] = if first > 0x7f { &[0] } else { &[] };
    [sign, &[first], &vec![0xff; bytes - 1]].concat()
}

#[test]
fn key_has_1024_to_8192_bits() {
    for (modulus, outcome) in [
        (modulus(0x80, 128), Ok(())),
        (modulus(0x80, 256), Ok(())),
        (modulus(0xff, 1024), Ok(())),
        (modulus(0x7f, 128), Err(KeyError::Size { bits: 1023 })),
        (modulus(0xff, 64), Err(KeyError::Size { bits: 512 })),
        (modulus(0x01, 1025), Err(KeyError::Size { bits: 8193 })),
        (modulus(0x01, 1), Err(KeyError::Size { bits: 1 })),
    ] {
        assert_eq!(from_der(&key_of(&modulus, &[1, 0, 1])), outcome);
    }
}

#[test]
fn malformed_key_is_refused() {
    let n = modulus(0x80, 128);
    let good = key_of(&n, &[1, 0, 1]);
    assert_eq!(from_der(&good), Ok(()));
    let numbers = der(SEQUENCE, &[der(INTEGER, &n), der(INTEGER, &[3])].concat());
    let key_bits = [vec![0], numbers.clone()].concat();
    assert_eq!(from_der(&info_of(RSA_ENCRYPTION, &key_bits)), Ok(()));
    let elliptic = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

    for (why, der) in [
        ("nothing", vec![]),
        ("trailing byte", [good.as_slice(), &[0]].concat()),
        ("negative modulus", key_of(&n[1..], &[3])),
        (
            "modulus with a needless zero",
            key_of(&[&[0], n.as_slice()].concat(), &[3]),
        ),
        ("modulus of zero", key_of(&[0], &[3])),
        ("no modulus", key_of(&[], &[3])),
        ("negative exponent", key_of(&n, &[0x83])),
        ("no exponent", key_of(&n, &[])),
        ("bare RSAPublicKey", numbers.clone()),
        (
            "unused bits",
            info_of(RSA_ENCRYPTION, &[vec![1], numbers.clone()].concat()),
        ),
        ("no bits", info_of(RSA_ENCRYPTION, &[])),
        ("elliptic curve", info_of(&elliptic, &key_bits)),
        ("no parameters", info_of(&RSA_ENCRYPTION[..11], &key_bits)),
        ("third number", {
            let three = [der(INTEGER, &n), der(INTEGER, &[3]), der(INTEGER, &[3])].concat();
            info_of(RSA_ENCRYPTION, &[vec![0], der(SEQUENCE, &three)].concat())
        }),
        (
            "length not in its shortest form",
            [&[0x30, 0x82, 0x00, good[2]], &good[3..]].concat(),
        ),
        ("length in two bytes that fits in one", {
            let algorithm = [&[SEQUENCE, 0x81, 13], RSA_ENCRYPTION].concat();
            der(SEQUENCE, &[algorithm, der(BIT_STRING, &key_bits)].concat())
        }),
        ("octets instead of bits", {
            let algorithm = der(SEQUENCE, RSA_ENCRYPTION);
            der(SEQUENCE, &[algorithm, der(0x04, &key_bits)].concat())
        }),
        ("set instead of sequence", [&[0x31], &good[1..]].concat()),
        ("indefinite length", [&[0x30, 0x80], &good[3..]].concat()),
        (
            "length of three bytes",
            [&[0x30, 0x83, 0x00, 0x00, good[2]], &good[3..]].concat(),
        ),
    ] {
        assert_eq!(from_der(&der), Err(KeyError::NotRsa), "{why}");
    }
    for end in 0..good.len() {
        assert_eq!(
            from_der(&good[..end]),
            Err(KeyError::NotRsa),
            "cut at {end}"
        );
    }
}

#[test]
fn length_and_number_are_in_their_shortest_form_at_the_very_limit() {
    let with = |modulus: &[u8], header: &[u8]| {
        let numbers = [der(INTEGER, modulus), der(INTEGER, &[3])].concat();
        assert_eq!(numbers.len(), usize::from(header[header.len() - 1]));
        let sequence = [&[SEQUENCE], header, &numbers].concat();
        from_der(&info_of(RSA_ENCRYPTION, &[vec![0], sequence].concat()))
    };
    let small = modulus(0x7f, 122);
    assert_eq!(with(&small, &[0x7f]), Err(KeyError::Size { bits: 975 }));
    assert_eq!(with(&small, &[0x81, 0x7f]), Err(KeyError::NotRsa));
    let large = modulus(0x7f, 249);
    assert_eq!(with(&large, &[0x81, 0xff]), Ok(()));
    assert_eq!(with(&large, &[0x82, 0, 0xff]), Err(KeyError::NotRsa));

    let needless = [&[0], large.as_slice()].concat();
    assert_eq!(from_der(&key_of(&needless, &[3])), Err(KeyError::NotRsa));
}

proptest! {
    #[test]
    fn no_key_makes_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        prop_assert_eq!(from_der(&bytes), Err(KeyError::NotRsa));
    }
}
