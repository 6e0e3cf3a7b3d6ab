//! HTTP as it is out there: what nobody reads spoils no answer, and a redirect is followed nowhere.

use sandbox::Options;
use sandbox::binance::Play;
use serde_json::Value;

use crate::log::Log;
use crate::odd::Odd;
use crate::oddities::{Http, OK, headers, whole};
use crate::reconcile::MINUTE;
use crate::signed::{opened, pay, pay_as, pay_silently};
use crate::world::World;

/// By then an open order has been due for asking.
const DUE_SECS: u32 = 6 * MINUTE;
const USER_AGENT: &str = concat!("leadscalendar-payments/", env!("CARGO_PKG_VERSION"));

/// A world that reaches Binance through an odd server only.
pub async fn world_behind() -> (World, Odd) {
    let odd = Odd::start().await;
    let settings = [("BINANCE_BASE_URL", odd.url.as_str())];
    let world = World::with(Options::default(), &settings).await;
    odd.forward_to(Some(world.sandbox.binance().url()));
    (world, odd)
}

#[tokio::test]
async fn what_nobody_reads_costs_no_trade_number_and_no_answer_to_a_question() {
    for http in whole() {
        let (world, odd) = world_behind().await;
        let case = format!("{:?} {:?}", http.text, http.then);
        http.at(&odd);

        let created = world.create(&world.four_fields()).await;

        assert_eq!(created.status, 201, "{case}: {}", created.text);
        let order = opened(&created);
        assert_eq!(order.trade_no, format!("{}01", order.id), "{case}");
        assert_eq!(world.sandbox.binance().orders().len(), 1, "{case}");

        pay_silently(&world, &order);
        world.reconcile_after(DUE_SECS).await;

        assert_eq!(world.item(&order.id)["status"], "PAID", "{case}");
    }
}

#[tokio::test]
async fn certificates_are_read_through_odd_http_too() {
    let (world, odd) = world_behind().await;
    headers(120).at(&odd);
    let order = opened(&world.create(&world.four_fields()).await);

    pay(&world, &order).await;

    assert_eq!(world.item(&order.id)["status"], "PAID");
}

#[tokio::test]
async fn json_that_is_not_whole_is_no_answer() {
    let (world, odd) = world_behind().await;
    for (text, detail) in [
        (
            "content-length: 99999\r\n\r\n{\"status\":\"SUCCESS\",\"code\":\"000000\",\"data\":{",
            "Binance: the connection broke within the answer",
        ),
        (
            "\r\n{\"status\":\"SUCCESS\",\"code\":\"000000\",\"data\":{",
            "Binance: an answer that is not Binance's JSON",
        ),
    ] {
        Http::ending(format!("{OK}{text}")).at(&odd);

        let answer = world.create(&world.four_fields()).await;

        assert_eq!(answer.status, 500, "{}", answer.text);
        assert_eq!(answer.text_of("detail"), detail);
    }
}

/// The item of an order that was paid while `odd` answers as LeadsCalendar.
async fn told(world: &World, odd: &Odd) -> Value {
    let mut request = world.four_fields();
    request["callbackUrl"] = format!("{}/paid", odd.url).into();
    let created = world.create(&request).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let order = opened(&created);
    pay_as(world, &order.trade_no, Play::default()).await;
    world.item(&order.id)
}

#[tokio::test]
async fn confirmation_that_was_received_is_accepted_whatever_follows_its_status() {
    let world = World::start().await;
    let odd = Odd::start().await;
    let mut all = whole();
    all.extend([
        Http::of("HTTP/1.1 204 No Content\r\nServer : x\r\n\r\n"),
        Http::of(format!("{OK}content-length: 99999\r\n\r\n")),
        Http::of(format!("{OK}transfer-encoding: chunked\r\n\r\nno chunk")),
        Http::packed("content-encoding: gzip", |_| b"\x1f\x8b no gzip".to_vec()),
    ]);
    for (index, http) in all.into_iter().enumerate() {
        let case = format!("{:?} {:?}", http.text, http.then);
        http.at(&odd);

        let item = told(&world, &odd).await;

        let confirmation = &item["confirmation"];
        assert_eq!(
            confirmation["confirmedRevision"], confirmation["revision"],
            "{case}"
        );
        assert_eq!(confirmation["attempts"], 1, "{case}");
        assert_eq!(odd.requests().len(), index + 1, "{case}");
        let delivery = world.sandbox.binance().deliveries().pop().unwrap();
        assert!(delivery.elapsed_ms < 4_000, "{case}: {delivery:?}");
    }
}

#[tokio::test]
async fn redirect_of_leadscalendars_is_not_followed_and_tells_where_it_points() {
    let world = World::start().await;
    let odd = Odd::start().await;
    let here = odd.url.trim_start_matches("http://");
    for (status, location, target) in [
        (301, "location: /x/?token=secret\r\n", here),
        (302, "location: https://example.com/x/\r\n", "example.com"),
        (303, "Location : //example.com:8443\r\n", "example.com:8443"),
        (307, "", "nowhere"),
        (
            308,
            "location: http://\r\n",
            "an address that cannot be read",
        ),
    ] {
        let head = format!("HTTP/1.1 {status} Moved\r\n{location}content-length: 0\r\n\r\n");
        Http::of(head).at(&odd);
        let before = odd.requests().len();

        let item = told(&world, &odd).await;

        let expected = format!("HTTP status {status}, a redirect to {target}");
        assert_eq!(item["confirmation"]["lastError"], expected);
        assert_eq!(odd.requests().len(), before + 1);
    }
}

#[tokio::test]
async fn redirect_of_binances_is_for_the_operator_and_spends_no_number() {
    let (world, odd) = world_behind().await;
    let here = odd.url.trim_start_matches("http://");
    for (status, location, target) in [
        (301, "location: /x/\r\n", here),
        (
            302,
            "location: https://example.com/a?b=c\r\n",
            "example.com",
        ),
        (303, "location: http://127.0.0.1:9/\r\n", "127.0.0.1:9"),
        (307, "", "nowhere"),
        (308, "location: /x/\r\n", here),
    ] {
        let log = Log::start();
        odd.forward_to(None);
        let before = odd.requests().len();
        Http::of(format!(
            "HTTP/1.1 {status} Moved\r\n{location}content-length: 0\r\n\r\n"
        ))
        .at(&odd);
        let key = format!("moved-{status}");
        let key = [("idempotency-key", key.as_str())];

        let answer = world.create_with(&world.four_fields(), &key).await;

        assert_eq!(answer.status, 503, "{}", answer.text);
        assert_eq!(answer.header("retry-after"), None);
        let problem = answer.json();
        assert_eq!(problem["code"], "NOT_SET_UP");
        assert_eq!(problem["retryable"], false);
        assert_eq!(problem["source"], "binance");
        let detail = format!("Binance: a redirect to {target}");
        assert_eq!(problem["detail"], detail);
        let recommendation = problem["recommendation"].as_str().unwrap();
        assert!(recommendation.contains("BINANCE_BASE_URL"));
        assert_eq!(odd.requests().len(), before + 1);
        let errors: Vec<Value> = log.lines();
        let loud = |line: &Value| line["level"] == "ERROR" && line.to_string().contains(target);
        assert!(errors.iter().any(loud), "{}", log.text());
        drop(log);

        headers(1).at(&odd);
        odd.forward_to(Some(world.sandbox.binance().url()));
        let created = world.create_with(&world.four_fields(), &key).await;

        assert_eq!(created.status, 201, "{}", created.text);
        let order = opened(&created);
        assert_eq!(order.trade_no, format!("{}01", order.id));
    }
}

#[tokio::test]
async fn every_call_of_binance_says_who_makes_it() {
    let (world, odd) = world_behind().await;
    let order = opened(&world.create(&world.four_fields()).await);
    pay(&world, &order).await;
    let second = opened(&world.create(&world.four_fields()).await);
    pay_silently(&world, &second);
    world.reconcile_after(DUE_SECS).await;

    let requests = odd.requests();

    for path in ["/v3/order", "/certificates", "/v2/order/query"] {
        let mut calls = requests.iter().filter(|call| call.path.ends_with(path));
        assert!(calls.next().is_some(), "no call of {path}");
    }
    for request in requests {
        assert_eq!(request.headers["user-agent"], USER_AGENT, "{request:?}");
    }
}
