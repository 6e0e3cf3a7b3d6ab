//! `--seed`: the same requests get the same ids in each sandbox that has the same one.

use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use sandbox::web;
use serde_json::{Value, json};

use super::{Up, output};

impl Up {
    fn post(&self, client: &Client, name: &str, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.addresses[name].as_str().unwrap());
        let key = self.addresses["refundKey"].as_str().unwrap();
        client.post(url).header("X-MBX-APIKEY", key)
    }

    /// The orderId of a new order, under this key.
    async fn new_order(&self, client: &Client, key: Option<&str>) -> String {
        let mut request = self.post(client, "api", "/orders").json(&json!({
            "transactionType": "PAY", "fiat": "USD", "price": "12.50",
            "callbackUrl": self.addresses["callbackUrl"],
        }));
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let view = answer(request).await;
        view["orderId"].as_str().expect("an order").to_owned()
    }

    async fn trigger(&self, client: &Client, what: &str, order_id: &str) {
        let wanted = json!({"what": what, "order": order_id});
        let played = self.post(client, "console", "/sandbox/trigger");
        answer(played.json(&wanted)).await;
    }

    async fn list(&self, client: &Client, path: &str) -> Vec<Value> {
        let url = format!("{}{path}", self.addresses["console"].as_str().unwrap());
        let list = answer(client.get(url)).await;
        list.as_array().unwrap().clone()
    }
}

async fn answer(request: RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    answer.json().await.unwrap()
}

/// What is in an order at Binance that could be another one each time.
fn ids(order: &Value) -> Vec<String> {
    let checkout = order["checkoutUrl"].as_str().unwrap();
    let mut ids = vec![checkout.rsplit('/').next().unwrap().to_owned()];
    let mut take = |value: &Value| ids.extend(value.as_str().map(str::to_owned));
    take(&order["merchantTradeNo"]);
    take(&order["prepayId"]);
    take(&order["payment"]["transactionId"]);
    take(&order["payment"]["openUserId"]);
    for refund in order["refunds"].as_array().unwrap() {
        take(&refund["refundId"]);
        take(&refund["refundRequestId"]);
    }
    ids
}

/// What was drawn in a sandbox with these arguments: the ids, and the amounts.
async fn drawn(arguments: &[&str], keys: [&str; 2]) -> (Vec<String>, Vec<String>) {
    let up = Up::start(arguments);
    let client = &web::client(Duration::from_secs(35), false);
    let keyed = keys.map(|key| up.new_order(client, Some(key)));
    let keyed = futures_util::future::join_all(keyed).await;
    let by_hand = up.new_order(client, None).await;
    let triggered = up.new_order(client, None).await;

    for order_id in keyed.iter().chain([&by_hand, &triggered]) {
        up.trigger(client, "paid", order_id).await;
    }
    for order_id in &keyed {
        let path = format!("/orders/{order_id}/refunds");
        let refund = up
            .post(client, "api", &path)
            .json(&json!({"amount": "2.5"}));
        answer(refund.header("Idempotency-Key", "first")).await;
    }
    up.trigger(client, "refunded", &triggered).await;
    let path = format!("/sandbox/orders/{by_hand}01/refund");
    answer(up.post(client, "console", &path)).await;
    let path = format!("/sandbox/stranger/{by_hand}01/pay");
    answer(up.post(client, "console", &path)).await;

    let mut orders = up.list(client, "/sandbox/orders").await;
    orders.sort_by_key(|order| order["merchantTradeNo"].to_string());
    orders.extend(up.list(client, "/sandbox/stranger/orders").await);
    let mut ids: Vec<String> = orders.iter().flat_map(ids).collect();
    ids.extend([by_hand, triggered]);
    let amounts = orders.iter().map(|order| order["totalFee"].to_string());
    (ids, amounts.collect())
}

#[tokio::test]
async fn same_seed_gives_the_same_ids_whatever_comes_first_and_another_one_others() {
    let (first, again, other, none, nor) = tokio::join!(
        drawn(&["--seed", "7"], ["a", "b"]),
        drawn(&["--seed=7"], ["b", "a"]),
        drawn(&["--seed", "8"], ["a", "b"]),
        drawn(&[], ["a", "b"]),
        drawn(&[], ["a", "b"]),
    );

    assert_eq!(first, again);
    for pair in [[&first, &other], [&first, &none], [&none, &nor]] {
        let [one, another] = pair;
        assert_eq!(one.1, another.1);
        let same: Vec<&String> = one.0.iter().filter(|id| another.0.contains(id)).collect();
        assert_eq!(same, [""; 0]);
    }
    // Four orders of ours, with a refund each, and a stranger's without one.
    assert_eq!(first.0.len(), 4 * 7 + 5 + 2);
}

#[test]
fn seed_stands_beside_no_table_that_has_its_ids_already() {
    let ran = output(&["up", "--seed", "7", "--table", "orders.db"]);
    assert_eq!(ran.status.code(), Some(2));
    let help = String::from_utf8(output(&["up", "--help"]).stdout).unwrap();
    assert!(help.contains("--seed <N>"), "{help}");
}
