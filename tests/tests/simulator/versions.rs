//! The versions of the merchant API: what each takes and answers, and what a documented path says that is not played.

use sandbox::binance::Play;
use sandbox::random;
use serde_json::{Value, json};

use crate::merchant::{Request, order, sandbox};

/// A request to create order v2 that breaks no rule.
fn order_v2() -> Value {
    json!({
        "env": {"terminalType": "APP"},
        "merchantTradeNo": random::alnum(32),
        "orderAmount": 25.17,
        "currency": "USDT",
        "goods": {
            "goodsType": "01", "goodsCategory": "D000", "referenceGoodsId": "7876763A3B",
            "goodsName": "Ice Cream", "goodsDetail": "Greentea ice cream cone",
        },
    })
}

/// The code that both versions answer when `field` holds `value`, or that of the first one that differs.
async fn codes(field: &str, value: &Value) -> [Value; 2] {
    let sandbox = sandbox().await;
    let mut codes = [Value::Null, Value::Null];
    for (code, (path, mut sent)) in codes
        .iter_mut()
        .zip([("v2/order", order_v2()), ("v3/order", order(None))])
    {
        sent[field] = value.clone();
        let answer = Request::new(&sandbox, path, &sent).send().await;
        *code = answer["code"].clone();
    }
    codes
}

/// Has both versions judge each value of a field, which must come to the same code.
async fn judged_alike(rows: &[(&str, Value, &str)]) {
    for (field, value, code) in rows {
        assert_eq!(
            codes(field, value).await,
            [*code, *code],
            "{field}: {value}"
        );
    }
}

#[tokio::test]
async fn what_is_told_of_merchant_and_buyer_is_judged_by_both_versions() {
    let name = json!({"firstName": "Ada", "middleName": "King", "lastName": "Lovelace"});
    let long = "x".repeat(257);
    judged_alike(&[
        ("merchant", json!({"subMerchantId": "98765987"}), "000000"),
        (
            "merchant",
            json!({"subMerchantId": "1".repeat(20)}),
            "400101",
        ),
        ("merchant", json!({"id": "98765987"}), "400001"),
        ("buyer", json!({"buyerName": name}), "000000"),
        (
            "buyer",
            json!({"buyerName": {"firstName": "Ada"}}),
            "400100",
        ),
        (
            "buyer",
            json!({"referenceBuyerId": "7", "buyerPhoneCountryCode": "44", "buyerPhoneNo": "1",
            "buyerEmail": "a@example.com", "buyerBrowserLanguage": "en"}),
            "000000",
        ),
        ("buyer", json!({"buyerEmail": long}), "400101"),
        (
            "buyer",
            json!({"buyerRegistrationTime": 1_700_000_000_000_i64}),
            "000000",
        ),
        (
            "buyer",
            json!({"buyerRegistrationTime": "1700000000000"}),
            "000000",
        ),
        (
            "buyer",
            json!({"buyerRegistrationTime": "yesterday"}),
            "400102",
        ),
        ("buyer", json!({"buyerAge": 7}), "400001"),
    ])
    .await;
}

#[tokio::test]
async fn where_it_is_shipped_to_is_judged_by_both_versions() {
    let name = json!({"firstName": "Ada", "middleName": "King", "lastName": "Lovelace"});
    judged_alike(&[
        (
            "shipping",
            json!({"shippingName": name, "shippingPhoneNo": "1", "shippingAddress": {"region": "GB",
            "state": "England", "city": "London", "address": "1", "zipCode": "W1", "shippingAddressType": "01"}}),
            "000000",
        ),
        (
            "shipping",
            json!({"shippingAddress": {"region": "gb"}}),
            "400102",
        ),
        (
            "shipping",
            json!({"shippingAddress": {"city": "London"}}),
            "400100",
        ),
        (
            "shipping",
            json!({"shippingAddress": {"region": "GB", "shippingAddressType": "05"}}),
            "400102",
        ),
        (
            "shipping",
            json!({"shippingAddress": {"region": "GB", "street": "1"}}),
            "400001",
        ),
        ("shipping", json!({"shippingPhoneNo": ""}), "400100"),
    ])
    .await;
}

#[tokio::test]
async fn every_other_optional_field_is_taken_and_judged_by_both_versions() {
    let long = "x".repeat(257);
    judged_alike(&[
        ("orderTags", json!({"ifProfitSharing": true}), "000000"),
        ("orderTags", json!({"ifProfitSharing": "yes"}), "400001"),
        ("voucherCode", json!("SPRING"), "000000"),
        ("voucherCode", json!(long), "400101"),
        ("supportPayCurrency", json!("USDT,BNB"), "000000"),
        ("supportPayCurrency", json!("x".repeat(1025)), "400101"),
        ("appId", json!("1"), "000000"),
        (
            "universalUrlAttach",
            json!("countryCode=1&phone=1234567"),
            "000000",
        ),
        ("universalUrlAttach", json!("x".repeat(121)), "400101"),
        ("passThroughInfo", json!("x".repeat(512)), "000000"),
        ("passThroughInfo", json!("x".repeat(513)), "400101"),
        ("webhookUrl", json!("ftp://example.com"), "400102"),
        (
            "directDebitContract",
            json!({"merchantContractCode": "1"}),
            "400606",
        ),
        ("env", json!({"terminalType": "MINI_PROGRAM"}), "400100"),
    ])
    .await;
}

#[tokio::test]
async fn what_one_version_has_the_other_does_not_know() {
    let goods = order_v2()["goods"].clone();
    for (field, value, expected) in [
        ("description", json!("A month"), ["400001", "000000"]),
        ("description", Value::Null, ["000000", "400100"]),
        ("goodsDetails", json!([goods]), ["400001", "000000"]),
        (
            "goodsDetails",
            json!([goods, {"goodsType": "03"}]),
            ["400001", "400102"],
        ),
        ("goods", goods.clone(), ["000000", "400001"]),
        ("goods", Value::Null, ["400100", "000000"]),
        ("qrCodeReferId", json!("1"), ["400001", "000000"]),
    ] {
        assert_eq!(codes(field, &value).await, expected, "{field}: {value}");
    }
    let sandbox = sandbox().await;
    for (currency, v2, v3) in [
        ("MBOX", "000000", "400102"),
        ("BUSD", "000000", "400102"),
        ("USDC", "400102", "000000"),
        ("USDT", "000000", "000000"),
    ] {
        let mut sent = order_v2();
        sent["currency"] = json!(currency);
        let answer = Request::new(&sandbox, "v2/order", &sent).send().await;
        assert_eq!(answer["code"], v2, "{currency}");
        let mut sent = order(None);
        sent.as_object_mut()
            .unwrap()
            .retain(|name, _| !name.starts_with("fiat"));
        sent["currency"] = json!(currency);
        sent["orderAmount"] = json!(1);
        let answer = Request::new(&sandbox, "v3/order", &sent).send().await;
        assert_eq!(answer["code"], v3, "{currency}");
    }
}

#[tokio::test]
async fn goods_have_a_price_in_both_versions_and_a_quantity_in_the_second() {
    for (field, value, expected) in [
        (
            "goodsUnitAmount",
            json!({"currency": "USDT", "amount": "1.5"}),
            ["000000", "000000"],
        ),
        (
            "goodsUnitAmount",
            json!({"currency": "USDT"}),
            ["400100", "400100"],
        ),
        (
            "goodsUnitAmount",
            json!({"currency": "USDT", "amount": "-1"}),
            ["400102", "400102"],
        ),
        (
            "goodsUnitAmount",
            json!({"price": "1"}),
            ["400001", "400001"],
        ),
        ("goodsQuantity", json!("2"), ["000000", "400001"]),
        ("goodsQuantity", json!("two"), ["400102", "400001"]),
    ] {
        let mut goods = order_v2()["goods"].clone();
        goods[field] = value.clone();
        let sandbox = sandbox().await;
        let (mut v2, mut v3) = (order_v2(), order(None));
        v2["goods"] = goods.clone();
        v3["goodsDetails"] = json!([goods]);
        let v2 = Request::new(&sandbox, "v2/order", &v2).send().await;
        let v3 = Request::new(&sandbox, "v3/order", &v3).send().await;
        assert_eq!([&v2["code"], &v3["code"]], expected, "{field}: {value}");
    }
}

#[tokio::test]
async fn query_v1_tells_the_product_where_v2_tells_the_payment() {
    let sandbox = sandbox().await;
    let sent = order_v2();
    Request::new(&sandbox, "v2/order", &sent).send().await;
    let trade_no = sent["merchantTradeNo"].as_str().unwrap();
    let ask = async || {
        let asked = json!({"merchantTradeNo": trade_no, "prepayId": null});
        let answer = Request::new(&sandbox, "order/query", &asked).send().await;
        answer["data"].clone()
    };
    let order = sandbox.binance().order(trade_no).unwrap();
    let mut expected = json!({
        "merchantId": 225_467_155,
        "prepayId": order.prepay_id.to_string(),
        "merchantTradeNo": trade_no,
        "tradeType": "APP",
        "status": "INITIAL",
        "currency": "USDT",
        "totalFee": "25.17000000",
        "productName": "Ice Cream",
        "productDetail": "Greentea ice cream cone",
        "createTime": order.create_time,
    });
    assert_eq!(ask().await, expected);

    let paid = sandbox.binance().pay(trade_no, Play::in_silence()).unwrap();
    let payment = paid.payment.unwrap();
    expected["status"] = json!("PAID");
    expected["transactionId"] = json!(payment.transaction_id);
    expected["openUserId"] = json!(payment.open_user_id);
    expected["transactTime"] = json!(payment.transact_time);
    assert_eq!(ask().await, expected);
}

#[tokio::test]
async fn a_documented_path_that_is_not_played_says_so_and_lists_what_is() {
    let sandbox = sandbox().await;
    for path in ["order", "payout/query", "profitsharing/v1/add-receiver"] {
        let request = Request::new(&sandbox, path, &json!({}));
        let response = request.try_send().await.unwrap();
        assert_eq!(response.status(), 501, "{path}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["status"], "FAIL");
        assert_eq!(answer["code"], "400606");
        assert_eq!(
            answer["errorMessage"],
            format!(
                "The sandbox does not play /binancepay/openapi/{path}, which the documentation has. It plays \
                 /binancepay/openapi/v2/order, /binancepay/openapi/v3/order, /binancepay/openapi/order/query, \
                 /binancepay/openapi/v2/order/query, /binancepay/openapi/order/close, /binancepay/openapi/order/refund, \
                 /binancepay/openapi/order/refund/query, /binancepay/openapi/certificates."
            )
        );
        let call = sandbox.binance().calls().pop().unwrap();
        assert_eq!(call.verdict, "turned away");
        assert_eq!(call.code.as_deref(), Some("400606"));
    }
    for path in ["v4/order", "balances", "profitsharing"] {
        let request = Request::new(&sandbox, path, &json!({}));
        assert_eq!(request.try_send().await.unwrap().status(), 403, "{path}");
    }
}
