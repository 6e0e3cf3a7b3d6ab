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
