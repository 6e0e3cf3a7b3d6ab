//! The address of a confirmation is checked at each attempt, by the settings of the day.

use std::sync::Arc;

use sandbox::binance::Forgery;
use sandbox::web::{self, Server};

use crate::gateway::{self, Functions};
use crate::signed::{SUCCESS, about, open, pay_silently, told};
use crate::world::World;

/// The functions of the same sandbox with other settings, and the address of their callback.
async fn with_settings(world: &World, settings: &[(&str, &str)]) -> (Server, String) {
    let listener = web::listen(0, "none").await.unwrap();
    let callback_url = format!("http://{}/binance-callback", listener.local_addr().unwrap());
    let mut all = world.sandbox.settings(&callback_url);
    let own = settings.iter();
    all.extend(own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let server = gateway::start(listener, Arc::new(Functions::new(&all)));
    (server, callback_url)
}

#[tokio::test]
async fn address_that_may_no_longer_be_called_is_not_called() {
    let not_allowed = "callbackUrl has a host that is not among those allowed";
    let not_https = "callbackUrl must begin with https://";
    let local = "callbackUrl must not be on the local machine";
    let ip_address = "callbackUrl must name its host, not give its IP address";
    let (elsewhere, here) = ("app.example.com", "localhost,127.0.0.1");
    let world = World::start().await;
    for (scheme, host, hosts, allow_local, reason) in [
        ("http", "127.0.0.1", elsewhere, "true", not_allowed),
        ("http", "127.0.0.1", "localhost", "true", not_allowed),
        ("http", "127.0.0.1", here, "false", not_https),
        ("https", "localhost", here, "false", local),
        ("https", "127.0.0.1", here, "false", ip_address),
    ] {
        let listener = web::listen(0, "none").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut request = world.four_fields();
        request["callbackUrl"] = format!("{scheme}://{host}:{port}/paid").into();
        let created = world.create(&request).await;
        assert_eq!(created.status, 201, "{}", created.text);
        let (order_id, trade_no) = (
            created.text_of("orderId"),
            created.text_of("merchantTradeNo"),
        );
        let settings = [("CALLBACK_HOSTS", hosts), ("ALLOW_LOCAL", allow_local)];
        let (_server, callback_url) = with_settings(&world, &settings).await;

        let forgery = Forgery {
            url: Some(callback_url),
            merchant_trade_no: Some(trade_no),
            ..Forgery::default()
        };
        let delivery = world.sandbox.binance().notify(forgery).await.unwrap();

        assert_eq!(delivery.answer.as_deref(), Some(SUCCESS));
        let item = world.item(&order_id);
        assert_eq!(item["status"], "PAID");
        assert_eq!(item["confirmation"]["lastError"], reason);
        assert_eq!(item["confirmation"]["attempts"], 1);
        assert_eq!(item["dueAt"], item["confirmation"]["nextAttemptAtMs"]);
        // Nobody so much as knocked.
        let knock = tokio::time::timeout(std::time::Duration::ZERO, listener.accept()).await;
        assert!(knock.is_err(), "{knock:?}");
    }
}

#[tokio::test]
async fn address_that_is_allowed_is_called_by_the_other_functions_too() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let (_server, callback_url) = with_settings(&world, &[]).await;

    let forgery = Forgery {
        url: Some(callback_url),
        ..about(&order)
    };
    let delivery = world.sandbox.binance().notify(forgery).await.unwrap();

    assert_eq!(delivery.answer.as_deref(), Some(SUCCESS));
    assert_eq!(told(&world).len(), 1);
}
