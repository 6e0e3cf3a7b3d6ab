//! The answer to query order.

use super::*;

const TRADE_NO: &str = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a507";

fn query_answer(status: &str) -> Vec<Member<'static>> {
    vec![
        ("merchantId", "225467155".to_owned()),
        ("prepayId", quoted(PREPAY_ID)),
        ("transactionId", quoted("M_S_234506915261751297")),
        ("merchantTradeNo", quoted(TRADE_NO)),
        ("status", quoted(status)),
        ("currency", quoted("USDT")),
        ("openUserId", quoted("934620c827af6bb3d7ffc7f4e9126805")),
        ("transactTime", "1687037592784".to_owned()),
        ("createTime", "1687037488960".to_owned()),
        ("paymentInfo", r#"{"payerId":"741232235"}"#.to_owned()),
        ("orderAmount", quoted("1E-8")),
        ("commission", quoted("0.1")),
        ("passThroughInfo", quoted("{}")),
    ]
}

fn queried(members: &[Member<'_>], bent: Option<(&str, &Bend)>) -> Result<Fact, Unreadable> {
    let trade_no = TRADE_NO.parse().unwrap();
    found(Some(&raw(&object(members, bent))), &trade_no)
}

fn money(refunded: Option<Refunded>) -> Money {
    Money {
        prepay_id: PREPAY_ID.to_owned(),
        amount: "0.00000001".parse().unwrap(),
        currency: "USDT".parse().unwrap(),
        transaction_id: Some("M_S_234506915261751297".to_owned()),
        paid_at_ms: Some(1_687_037_592_784),
        commission: Some("0.1".parse().unwrap()),
        refunded,
    }
}

fn answered(state: State) -> Fact {
    Fact::found(Found {
        terms: terms("1E-8"),
        created_at_ms: Some(1_687_037_488_960),
        state,
    })
}

#[test]
fn each_status_of_a_query_is_a_state() {
    let all = Refunded::Total("1E-8".parse().unwrap());
    for (status, state) in [
        ("INITIAL", State::Untouched),
        ("PENDING", State::UnderWay),
        ("PAID", State::Paid(money(None))),
        ("CANCELED", State::Closed),
        ("ERROR", State::Errored),
        ("REFUNDING", State::Refunding),
        ("REFUNDED", State::Paid(money(Some(Refunded::Part)))),
        ("FULL_REFUNDED", State::Paid(money(Some(all)))),
        ("EXPIRED", State::Expired),
        (" paid ", State::Paid(money(None))),
    ] {
        let seen = queried(&query_answer(status), None);
        assert_eq!(seen, Ok(answered(state)), "{status}");
    }
    for status in ["", "CLOSED", "PAID_OUT", "7"] {
        let seen = queried(&query_answer(status), None);
        assert_eq!(seen, Err(Unreadable("status")), "{status}");
    }
}

#[test]
fn each_field_of_a_query_that_does_not_decide_may_be_anything() {
    const KEPT: [&str; 4] = ["transactionId", "transactTime", "createTime", "commission"];
    const DECIDING: [&str; 5] = [
        "prepayId",
        "merchantTradeNo",
        "status",
        "currency",
        "orderAmount",
    ];
    let members = query_answer("PAID");
    let plain = Ok(answered(State::Paid(money(None))));
    for (name, value) in &members {
        for bend in spellings(value) {
            let seen = queried(&members, Some((name, &bend)));
            assert_eq!(seen, plain, "{name} {}", bend.what);
        }
        for bend in unusable(value) {
            let seen = queried(&members, Some((name, &bend)));
            if KEPT.contains(name) {
                let fact = seen.unwrap_or_else(|error| panic!("{error}: {}", bend.what));
                assert!(matches!(fact.state(), Some(State::Paid(_))));
            } else if !DECIDING.contains(name) {
                assert_eq!(seen, plain, "{name} {}", bend.what);
            }
        }
    }
}

#[test]
fn each_field_of_a_query_that_decides_is_named_where_it_cannot_be_read() {
    let members = query_answer("PAID");
    for name in ["prepayId", "status", "currency", "orderAmount"] {
        let (_, value) = members.iter().find(|(known, _)| *known == name).unwrap();
        for bend in unusable(value) {
            let is_another = match name {
                "prepayId" => ["a string", "a number"].contains(&bend.what),
                "orderAmount" => bend.what == "a number",
                _ => false,
            };
            let seen = queried(&members, Some((name, &bend)));
            if is_another {
                assert_ne!(seen, queried(&members, None));
            } else {
                assert_eq!(seen, Err(Unreadable(name)), "{}", bend.what);
            }
        }
    }
    // Another number is not what was asked about; none is.
    for bend in unusable(&quoted(TRADE_NO)) {
        let seen = queried(&members, Some(("merchantTradeNo", &bend)));
        let expected = if ["missing", "null"].contains(&bend.what) {
            Ok(answered(State::Paid(money(None))))
        } else {
            Err(Unreadable("merchantTradeNo"))
        };
        assert_eq!(seen, expected, "{}", bend.what);
    }
    let trade_no = TRADE_NO.parse().unwrap();
    for data in ["[]", "null", "7"] {
        let seen = found(Some(&raw(data)), &trade_no);
        assert_eq!(seen, Err(Unreadable("data")), "{data}");
    }
    assert_eq!(found(None, &trade_no), Err(Unreadable("data")));
}
