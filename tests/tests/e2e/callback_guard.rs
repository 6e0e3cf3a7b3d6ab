//! The address of a confirmation is checked at each attempt, by the settings of the day.

use sandbox::binance::Forgery;
use sandbox::web;
use tokio::net::TcpListener;

use crate::reconcile::MINUTE;
use crate::secrets_manager::SecretsManager;
use crate::signed::{SUCCESS, about, open, pay_silently, told};
use crate::world::World;
use sandbox::gateway::{self, Functions, Gateway, Play};

/// The functions of the same sandbox with other settings, and the address of their callback.
async fn with_settings(world: &World, settings: &[(&str, &str)]) -> (Gateway, String) {
    let listener = web::listen(0, "none").await.unwrap();
    let callback_url = format!("http://{}/binance-callback", listener.local_addr().unwrap());
    let mut all = world.sandbox.settings(&callback_url);
    let own = settings.iter();
    all.extend(own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let gateway = gateway::start_in_process(&all, listener, Play::default()).unwrap();
    (gateway, callback_url)
}

/// A paid order whose confirmation goes to `url`, and may not go there.
async fn refused_at_first(world: &World, url: String, hosts: &str) -> String {
    let mut request = world.four_fields();
    request["callbackUrl"] = url.into();
    let created = world.create(&request).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let (_server, callback_url) = with_settings(world, &[("CALLBACK_HOSTS", hosts)]).await;

    let forgery = Forgery {
        url: Some(callback_url),
        merchant_trade_no: Some(created.text_of("merchantTradeNo")),
        ..Forgery::default()
    };
    let delivery = world.sandbox.binance().notify(forgery).await.unwrap();

    assert_eq!(delivery.answer.as_deref(), Some(SUCCESS));
    let order_id = created.text_of("orderId");
    let not_allowed = "callbackUrl has a host that is not among those allowed";
    assert_unaccepted(world, &order_id, not_allowed, 1);
    order_id
}

fn assert_unaccepted(world: &World, order_id: &str, reason: &str, attempts: u32) {
    let item = world.item(order_id);
    assert_eq!(item["status"], "PAID");
    assert_eq!(item["confirmation"]["lastError"], reason);
    assert_eq!(item["confirmation"]["attempts"], attempts);
    assert_eq!(item["dueAt"], item["confirmation"]["nextAttemptAtMs"]);
}

#[tokio::test]
async fn address_that_may_no_longer_be_called_is_not_called() {
    let world = World::start().await;
    for hosts in ["app.example.com", "localhost"] {
        let (listener, port) = listen().await;
        refused_at_first(&world, format!("http://127.0.0.1:{port}/paid"), hosts).await;
        assert_nobody_knocked(&listener).await;
    }
}

#[tokio::test]
async fn address_that_only_the_sandbox_may_call_is_not_called_without_the_local_switch() {
    let manager = SecretsManager::start().await;
    for (scheme, host, reason) in [
        ("http", "127.0.0.1", "callbackUrl must begin with https://"),
        (
            "https",
            "localhost",
            "callbackUrl must not be on the local machine",
        ),
        (
            "https",
            "127.0.0.1",
            "callbackUrl must name its host, not give its IP address",
        ),
    ] {
        let world = World::start().await;
        let mut settings = world.sandbox.settings("");
        settings.extend(manager.settings_abroad("localhost,127.0.0.1"));
        let functions = Functions::new(&settings);
        let (listener, port) = listen().await;
        let url = format!("{scheme}://{host}:{port}/paid");
        let order_id = refused_at_first(&world, url, "app.example.com").await;
        world.sandbox.binance().advance(2 * MINUTE);

        functions.reconcile(world.schedule()).await.unwrap();

        assert_unaccepted(&world, &order_id, reason, 2);
        assert_nobody_knocked(&listener).await;
    }
}

async fn listen() -> (TcpListener, u16) {
    let listener = web::listen(0, "none").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Nobody so much as opened a connection.
async fn assert_nobody_knocked(listener: &TcpListener) {
    let knock = tokio::time::timeout(std::time::Duration::ZERO, listener.accept()).await;
    assert!(knock.is_err(), "{knock:?}");
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
