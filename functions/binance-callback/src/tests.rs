use shared::order::{OrderId, Says};

use super::*;

fn event(method: Method, length: usize) -> Event {
    let mut event = Event::new(Body::Text("x".repeat(length)));
    *event.method_mut() = method;
    event
}

#[tokio::test]
async fn what_cannot_be_a_notification_is_refused_before_a_key_is_looked_for() {
    let callback = BinanceCallback::new(sample::lookup).unwrap();
    let header = "header BinancePay-Certificate-SN is missing or is not text";
    let too_large = "the body is longer than a notification can be";
    for (method, length, status, message) in [
        (Method::GET, 1, 405, "the method must be POST"),
        (Method::POST, 0, 400, header),
        (Method::POST, 65_536, 400, header),
        (Method::POST, 65_537, 400, too_large),
    ] {
        let answer = callback.handle(event(method, length)).await;
        assert_eq!(answer.status().as_u16(), status, "{message}");
        let body = format!(r#"{{"returnCode":"FAIL","returnMessage":"{message}"}}"#);
        assert_eq!(*answer.body(), Body::Text(body));
    }
}

#[tokio::test]
async fn notification_without_an_order_is_asked_about_if_it_may_be_money_and_not_too_often() {
    let callback = BinanceCallback::new(sample::lookup).unwrap();
    // Another has just been asked about.
    assert!(callback.ask_unknown.take(monotonic_ms()));
    let order = sample::order(OrderId::from_random([0xa5; 15]), 1_000);
    for (kind, is_asked) in [
        (Kind::Paid, true),
        (Kind::Unknown, true),
        (Kind::Closed, false),
        (Kind::Refunded, false),
        (Kind::Rejected, false),
    ] {
        let says = Says::Unreadable(kind, "data");
        let hint = Hint::new(order.trade_no(), None, says);
        let ended = callback.without_order(&hint, now_ms()).await;
        let is_too_many = matches!(ended, Err(NotAcknowledged::TooMany));
        assert_eq!(
            (is_too_many, ended.is_ok()),
            (is_asked, !is_asked),
            "{kind:?}"
        );
    }
}
