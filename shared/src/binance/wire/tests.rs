mod queried;
mod refunds;

use super::*;
use crate::bent::{Bend, Member, object, quoted, spellings, unusable};

const PREPAY_ID: &str = "363969700195475456";
const WAYS: [&str; 5] = [
    "checkoutUrl",
    "qrcodeLink",
    "qrContent",
    "deeplink",
    "universalUrl",
];

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn create_answer() -> Vec<Member<'static>> {
    let mut answer = vec![
        ("currency", quoted("USDT")),
        ("totalFee", quoted("25.17")),
        ("prepayId", quoted(PREPAY_ID)),
        ("terminalType", quoted("APP")),
        ("expireTime", "1747326999067".to_owned()),
        ("fiatCurrency", quoted("USD")),
        ("fiatAmount", "25".to_owned()),
    ];
    answer.extend(WAYS.map(|way| (way, quoted(way))));
    answer
}

fn terms(total_fee: &str) -> Terms {
    Terms {
        prepay_id: PREPAY_ID.to_owned(),
        total_fee: total_fee.parse().unwrap(),
        currency: "USDT".parse().unwrap(),
    }
}

fn created(members: &[Member<'_>], bent: Option<(&str, &Bend)>) -> Created {
    Created::read(Some(&raw(&object(members, bent))))
}

fn checkout() -> Checkout {
    let way = |name: &str| Some(name.to_owned());
    Checkout {
        checkout_url: way("checkoutUrl"),
        qrcode_link: way("qrcodeLink"),
        qr_content: way("qrContent"),
        deeplink: way("deeplink"),
        universal_url: way("universalUrl"),
        expires_at_ms: Some(1_747_326_999_067),
    }
}

#[test]
fn create_answer_is_the_terms_and_the_ways_to_pay() {
    let created = created(&create_answer(), None);
    let expected = Created {
        terms: Ok(terms("25.17")),
        checkout: checkout(),
    };
    assert_eq!(created, expected);
    assert_eq!(created.unreadable(), None);
    let fact = Fact::opened(terms("25.17"), checkout());
    assert_eq!(created.fact(None), Some(fact));
}

#[test]
fn each_field_of_a_create_answer_that_does_not_decide_may_be_anything() {
    let members = create_answer();
    for (name, value) in &members {
        if ["currency", "totalFee", "prepayId"].contains(name) {
            continue;
        }
        for bend in unusable(value) {
            let created = created(&members, Some((name, &bend)));
            let is_text = WAYS.contains(name) && bend.what == "a string";
            let way = is_text.then(|| "~".to_owned());
            let mut expected = checkout();
            match *name {
                "checkoutUrl" => expected.checkout_url = way,
                "qrcodeLink" => expected.qrcode_link = way,
                "qrContent" => expected.qr_content = way,
                "deeplink" => expected.deeplink = way,
                "universalUrl" => expected.universal_url = way,
                "expireTime" => expected.expires_at_ms = (bend.what == "a number").then_some(7),
                _ => {}
            }
            assert_eq!(created.checkout, expected, "{name} {}", bend.what);
            assert_eq!(created.terms, Ok(terms("25.17")));
            assert!(created.fact(None).is_some());
        }
    }
}

#[test]
fn terms_are_read_in_every_spelling_and_named_where_they_cannot_be() {
    let members = create_answer();
    for name in ["prepayId", "totalFee", "currency"] {
        let (_, value) = members.iter().find(|(known, _)| *known == name).unwrap();
        for bend in spellings(value) {
            let created = created(&members, Some((name, &bend)));
            assert_eq!(created.terms, Ok(terms("25.17")), "{name} {}", bend.what);
        }
        for bend in unusable(value) {
            let created = created(&members, Some((name, &bend)));
            let is_another = match name {
                "prepayId" => ["a string", "a number"].contains(&bend.what),
                "totalFee" => bend.what == "a number",
                _ => false,
            };
            if is_another {
                assert_ne!(created.terms, Ok(terms("25.17")));
                continue;
            }
            assert_eq!(
                created.unreadable(),
                Some(Unreadable(name)),
                "{}",
                bend.what
            );
            assert_eq!(created.fact(None), None);
            // What a query told stands in for it.
            let known = terms("9");
            let fact = Fact::opened(known.clone(), checkout());
            assert_eq!(created.fact(Some(&known)), Some(fact));
        }
    }
    let renamed = object(&members, None).replace("totalFee", "orderAmount");
    let created = Created::read(Some(&raw(&renamed)));
    assert_eq!(created.terms, Ok(terms("25.17")));
}

#[test]
fn checkout_with_any_one_way_to_pay_is_usable_and_without_any_is_not() {
    for way in WAYS {
        let one: Vec<Member<'_>> = create_answer()
            .into_iter()
            .filter(|(name, _)| *name == way || !WAYS.contains(name))
            .collect();
        let one_way = created(&one, None);
        assert!(one_way.fact(None).is_some(), "{way}");
        assert_eq!(one_way.unreadable(), None);

        for bend in unusable(r#""""#) {
            if bend.what == "a string" {
                continue;
            }
            let none = created(&one, Some((way, &bend)));
            assert_eq!(none.fact(None), None, "{way} {}", bend.what);
            assert_eq!(none.fact(Some(&terms("25.17"))), None);
            assert_eq!(none.unreadable(), Some(Unreadable("checkoutUrl")));
        }
    }
}

#[test]
fn success_without_data_opens_nothing() {
    for data in ["null", "[]", "7", r#""x""#, "true", "{}"] {
        let created = Created::read(Some(&raw(data)));
        assert_eq!(created.fact(Some(&terms("1"))), None, "{data}");
        assert_eq!(created.unreadable(), Some(Unreadable("prepayId")));
    }
    assert_eq!(Created::read(None).fact(None), None);
}

#[test]
fn bad_entry_of_the_certificates_alone_is_left_out() {
    let members = vec![("certSerial", quoted("aa")), ("certPublic", quoted("PEM"))];
    let right = object(&members, None);
    let read = |list: &str| {
        let entries = certificates(Some(&raw(list)));
        entries.map(|entries| {
            let entry = |entry: Certificate| (entry.cert_serial, entry.cert_public);
            entries.into_iter().map(entry).collect::<Vec<_>>()
        })
    };
    let one = Ok(vec![("aa".to_owned(), "PEM".to_owned())]);
    assert_eq!(read(&format!("[{right}]")), one);
    for bad in ["null", "7", r#""x""#, "[]", "{}"] {
        assert_eq!(read(&format!("[{bad},{right}]")), one, "{bad}");
    }
    for (name, value) in &members {
        for bend in unusable(value) {
            if ["a string", "a number"].contains(&bend.what) {
                continue;
            }
            let bad = object(&members, Some((name, &bend)));
            assert_eq!(read(&format!("[{right},{bad}]")), one, "{bad}");
        }
    }
    assert_eq!(read("[]"), Ok(vec![]));
    for list in ["null", "{}", "7", &right] {
        assert_eq!(read(list), Err(Unreadable("data")), "{list}");
    }
    assert_eq!(certificates(None).unwrap_err(), Unreadable("data"));
}
