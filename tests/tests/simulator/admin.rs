//! The admin API: it lists its routes, and an unknown one leads to the list.

use std::time::Duration;

use sandbox::web;

use crate::merchant::sandbox;

#[tokio::test]
async fn every_listed_route_is_there() {
    let sandbox = sandbox().await;
    let client = web::client(Duration::from_secs(5), false);
    for (url, routes) in [
        (sandbox.binance().url(), 45),
        (sandbox.leadscalendar().server().url(), 3),
    ] {
        let list = client.get(format!("{url}/sandbox/")).send().await.unwrap();
        let list = list.text().await.unwrap();
        let words = list.lines().map(|line| line.split_whitespace().take(2));
        let listed: Vec<Vec<&str>> = words.map(Iterator::collect).collect();
        let listed = listed
            .iter()
            .filter(|line| matches!(line[..], [_, path] if path.starts_with('/')));
        assert_eq!(listed.clone().count(), routes, "{list}");
        for line in listed {
            let method = line[0].parse().unwrap();
            let request = client.request(method, format!("{url}{}", line[1]));
            let answer = request.send().await.unwrap();
            assert_ne!(answer.status(), 405, "{line:?}");
            if line[1] == "/sandbox/journal/live" {
                // Without an end.
                assert_eq!(answer.status(), 200);
                continue;
            }
            let text = answer.text().await.unwrap();
            assert!(!text.contains("lists what there is"), "{line:?}: {text}");
        }
    }
}

#[tokio::test]
async fn an_unknown_route_leads_to_the_list_and_is_no_call_of_the_merchant() {
    let sandbox = sandbox().await;
    let client = web::client(Duration::from_secs(5), false);
    for (url, path) in [
        (sandbox.binance().url(), "/sandbox/order"),
        (sandbox.binance().url(), "/sandbox/orders/7"),
        (sandbox.binance().url(), "/sandbox/dynamodb"),
        (sandbox.leadscalendar().server().url(), "/sandbox/modes"),
    ] {
        let answer = client.post(format!("{url}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(
            answer.text().await.unwrap(),
            format!(r#"{{"error":"there is no {path}: GET /sandbox/ lists what there is"}}"#)
        );
    }
    let list = client.get(format!("{}/sandbox", sandbox.binance().url()));
    assert_eq!(list.send().await.unwrap().status(), 200);
    assert!(sandbox.binance().calls().is_empty());
}

#[tokio::test]
async fn nothing_is_triggered_before_the_functions_run_and_what_is_unknown_is_named() {
    let sandbox = sandbox().await;
    let client = web::client(Duration::from_secs(5), false);
    for (body, status, words) in [
        (r#"{"what":"paid","order":"last"}"#, 503, "no functions run"),
        (r#"{"what":"lost","order":"last"}"#, 400, "refund-failed"),
    ] {
        let url = format!("{}/sandbox/trigger", sandbox.binance().url());
        let answer = client.post(url).body(body).send().await.unwrap();
        assert_eq!(answer.status(), status);
        let text = answer.text().await.unwrap();
        assert!(text.contains(words), "{text}");
    }
}
