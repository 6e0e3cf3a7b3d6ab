use super::*;
use crate::asked::{KEY, request};

#[tokio::test]
async fn what_cannot_be_refunded_is_refused_before_the_table_is_read() {
    let function = RefundOrder::new(sample::lookup).unwrap();
    for (method, key, expected) in [
        (Method::GET, KEY, Problem::method_not_allowed("POST")),
        (Method::POST, "k", Problem::invalid_api_key()),
        (Method::POST, KEY, Problem::refund_not_allowed()),
    ] {
        let event = request(method, "/orders/a5/refunds", key);
        let invocation = Invocation::of(&event, LIMIT_MS, &function.app.settings);
        let ended = function.give_back(&event, &invocation).await;
        assert_eq!(ended.err(), Some(expected));
    }
}
