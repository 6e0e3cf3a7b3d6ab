//! Where the payer's browser goes afterwards: an address with the order's id in it.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn order_id_stands_in_the_address_of_the_payers_browser() {
    let world = World::start().await;
    for (asked, expected) in [
        (
            "https://b.example.com/{orderId}/done",
            "https://b.example.com/ID/done",
        ),
        (
            "https://b.example.com/?order={orderId}&x=1",
            "https://b.example.com/?order=ID&x=1",
        ),
        (
            "https://b.example.com/?order=%7BorderId%7D",
            "https://b.example.com/?order=ID",
        ),
        (
            "https://b.example.com/%7borderId%7d",
            "https://b.example.com/ID",
        ),
        (
            "https://b.example.com/{orderId}?again={orderId}",
            "https://b.example.com/ID?again=ID",
        ),
        (
            "https://b.example.com/{orderid}?x=%7Border%7D",
            "https://b.example.com/%7Borderid%7D?x=%7Border%7D",
        ),
        (
            "https://b.example.com/#{orderId}",
            "https://b.example.com/#{orderId}",
        ),
        (
            "https://b.example.com/a%20b/{orderId}?q=%C3%A4%26",
            "https://b.example.com/a%20b/ID?q=%C3%A4%26",
        ),
    ] {
        let mut body = world.four_fields();
        body["returnUrl"] = json!(asked);
        body["cancelUrl"] = json!(asked);
        let created = world.create(&body).await;
        assert_eq!(created.status, 201, "{asked}: {}", created.text);

        let order = world
            .sandbox
            .binance()
            .order(&created.text_of("merchantTradeNo"))
            .unwrap();
        let expected = expected.replace("ID", &created.text_of("orderId"));
        assert_eq!(
            order.return_url.as_deref(),
            Some(expected.as_str()),
            "{asked}"
        );
        assert_eq!(
            order.cancel_url.as_deref(),
            Some(expected.as_str()),
            "{asked}"
        );
    }
}

#[tokio::test]
async fn address_is_at_most_256_characters_with_the_id_in_it_and_has_none_in_its_host() {
    let world = World::start().await;
    let around = |length: usize| {
        let start = "https://b.example.com/{orderId}/";
        format!("{start}{}", "x".repeat(length - (start.len() - 9 + 30)))
    };
    for (url, status) in [
        (around(256), 201),
        (around(257), 400),
        ("https://{orderId}.example.com/".to_owned(), 400),
        ("http://b.example.com/{orderId}".to_owned(), 400),
    ] {
        let mut body = world.four_fields();
        body["returnUrl"] = json!(url);
        let answer = world.create(&body).await;
        assert_eq!(answer.status, status, "{url}: {}", answer.text);
        if status == 400 {
            assert_eq!(answer.json()["errors"][0]["pointer"], "/returnUrl");
        }
    }
    // The same key with the same address is the same content.
    let mut body = world.four_fields();
    body["returnUrl"] = json!("https://b.example.com/{orderId}");
    let key = [("idempotency-key", "booking-9")];
    let first = world.create_with(&body, &key).await;
    assert_eq!(world.create_with(&body, &key).await.json(), first.json());
    body["returnUrl"] = json!("https://b.example.com/other/{orderId}");
    assert_eq!(world.create_with(&body, &key).await.status, 422);
}
