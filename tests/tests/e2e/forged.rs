//! Notifications that are not Binance's: refused, with nothing read, written, or told.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sandbox::binance::{Forgery, Signature};
use serde_json::Value;
use sha2::{Sha256, Sha512};

use crate::signed::{
    NOT_BINANCES, Opened, Signed, about, assert_acknowledged, assert_fails, binance_calls, deliver,
    open, pay, pay_silently, signed, told,
};
use crate::world::{Answer, World};

const SERIAL: &str = "BinancePay-Certificate-SN";
const NONCE: &str = "BinancePay-Nonce";
const TIMESTAMP: &str = "BinancePay-Timestamp";
const SIGNATURE: &str = "BinancePay-Signature";

/// An order, the notification that would pay it, and what nobody may touch.
struct Scene {
    world: World,
    order: Opened,
    genuine: Signed,
    items: Vec<Value>,
    store_calls: usize,
    confirmations: usize,
}

impl Scene {
    async fn set() -> Self {
        Self::set_in(World::start().await).await
    }

    async fn set_in(world: World) -> Self {
        let order = open(&world).await;
        pay_silently(&world, &order);
        let genuine = signed(&world, about(&order)).await;
        Self {
            items: world.items(),
            store_calls: world.sandbox.dynamodb().calls().len(),
            confirmations: told(&world).len(),
            world,
            order,
            genuine,
        }
    }

    async fn deliver(&self, forged: &Signed) -> Answer {
        deliver(&self.world, forged).await
    }

    async fn signed_as(&self, signature: Signature) -> Signed {
        let forgery = Forgery {
            signature,
            ..about(&self.order)
        };
        signed(&self.world, forgery).await
    }

    /// Nothing happened; and the genuine notification would have paid the order.
    async fn assert_untouched(&self) {
        assert_eq!(self.world.items(), self.items);
        let calls = self.world.sandbox.dynamodb().calls();
        assert_eq!(calls.len(), self.store_calls, "{:?}", calls.last());
        assert_eq!(told(&self.world).len(), self.confirmations);

        assert_acknowledged(&self.deliver(&self.genuine).await);
        assert_eq!(self.world.item(&self.order.id)["status"], "PAID");
    }
}

#[tokio::test]
async fn forged_and_altered_notifications_are_refused() {
    let scene = Scene::set().await;
    for signature in [
        Signature::Forged,
        Signature::Altered,
        Signature::UnknownSerial,
    ] {
        let forged = scene.signed_as(signature).await;
        assert_fails(&scene.deliver(&forged).await, 401, NOT_BINANCES);
    }
    scene.assert_untouched().await;
}

#[tokio::test]
async fn closing_altered_into_a_payment_is_refused() {
    let scene = Scene::set().await;
    let forgery = Forgery {
        biz_status: Some("PAY_CLOSED".to_owned()),
        signature: Signature::Altered,
        ..about(&scene.order)
    };
    let altered = signed(&scene.world, forgery).await;
    assert!(altered.body.contains("PAY_SUCCESS"), "{}", altered.body);

    assert_fails(&scene.deliver(&altered).await, 401, NOT_BINANCES);
    scene.assert_untouched().await;
}

#[tokio::test]
async fn each_part_of_what_is_signed_is_protected() {
    let scene = Scene::set().await;
    let genuine = &scene.genuine;
    let other = scene.signed_as(Signature::Correct).await;
    let longer = |text: &str| format!("{}{text}", genuine.body);
    let with_body = |body: String| Signed {
        body,
        ..genuine.clone()
    };
    let altered = [
        with_body(longer(" ")),
        with_body(longer("\n")),
        with_body(genuine.body.replace("1.00020004", "1.00020005")),
        with_body(genuine.body.to_uppercase()),
        with_body(String::new()),
        genuine.clone().with(NONCE, other.header(NONCE)),
        genuine
            .clone()
            .with(NONCE, &genuine.header(NONCE).to_lowercase()),
        genuine.clone().with(TIMESTAMP, "1611232922428"),
        genuine.clone().with(SIGNATURE, other.header(SIGNATURE)),
        genuine
            .clone()
            .with(SERIAL, &genuine.header(SERIAL).to_uppercase()),
    ];
    for (index, altered) in altered.iter().enumerate() {
        let answer = scene.deliver(altered).await;
        assert_eq!(answer.status, 401, "{index}: {}", answer.text);
        assert_fails(&answer, 401, NOT_BINANCES);
    }
    scene.assert_untouched().await;
}

#[tokio::test]
async fn missing_or_empty_header_is_refused_by_name() {
    let scene = Scene::set().await;
    for name in [SERIAL, NONCE, TIMESTAMP, SIGNATURE] {
        let message = format!("header {name} is missing or is not text");

        let missing = scene.genuine.clone().without(name);
        assert_fails(&scene.deliver(&missing).await, 400, &message);

        let empty = scene.genuine.clone().with(name, "");
        assert_fails(&scene.deliver(&empty).await, 400, &message);
    }
    let bare = scene.signed_as(Signature::Missing).await;
    let message = format!("header {SERIAL} is missing or is not text");
    assert_fails(&scene.deliver(&bare).await, 400, &message);
    scene.assert_untouched().await;
}

#[tokio::test]
async fn signature_that_is_not_base64_of_rsa_is_refused() {
    let world = World::start().await;
    let public_key = public_key(&world).await;
    let scene = Scene::set_in(world).await;
    let genuine = &scene.genuine;
    let (timestamp, nonce) = (genuine.header(TIMESTAMP), genuine.header(NONCE));
    let payload = format!("{timestamp}\n{nonce}\n{}\n", genuine.body);
    let secret = scene.world.sandbox.credentials().api_secret.as_bytes();
    let mut hmac = Hmac::<Sha512>::new_from_slice(secret).unwrap();
    hmac.update(payload.as_bytes());
    let sha512 = hmac.finalize().into_bytes();
    // What Binance's requests are signed with, as integrators try it on notifications.
    let hex = sha512.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02X}").unwrap();
        hex
    });
    // The public key taken for a shared secret: everybody has it.
    let mut hmac = Hmac::<Sha256>::new_from_slice(public_key.as_bytes()).unwrap();
    hmac.update(payload.as_bytes());
    let sha256 = hmac.finalize().into_bytes();

    for signature in [
        "not base64!",
        "====",
        "AA==",
        &genuine.header(SIGNATURE)[..20],
        &genuine.header(SIGNATURE).to_lowercase(),
        &STANDARD.encode(sha512),
        &hex,
        &STANDARD.encode(sha256),
        &STANDARD.encode([0; 256]),
        &STANDARD.encode([255; 256]),
        &"A".repeat(6000),
    ] {
        let forged = genuine.clone().with(SIGNATURE, signature);
        let answer = scene.deliver(&forged).await;
        assert_eq!(answer.status, 401, "{signature}: {}", answer.text);
        assert_fails(&answer, 401, NOT_BINANCES);
    }
    scene.assert_untouched().await;
}

/// The certificate as anybody who watches the functions' calls could read it.
async fn public_key(world: &World) -> String {
    let order = open(world).await;
    pay(world, &order).await;
    let calls = world.sandbox.binance().calls();
    let list = calls
        .iter()
        .find(|call| call.path.ends_with("/certificates"));
    let list: Value = serde_json::from_str(list.unwrap().answer.as_deref().unwrap()).unwrap();
    list["data"][0]["certPublic"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn other_method_than_post_is_refused() {
    let scene = Scene::set().await;
    let own = scene.genuine.headers.iter();
    let headers: Vec<_> = own
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    for method in ["GET", "PUT", "DELETE"] {
        let body = scene.genuine.body.clone();
        let answer = scene
            .world
            .send(method, "/binance-callback", &headers, body)
            .await;
        assert_fails(&answer, 405, "the method must be POST");
    }
    scene.assert_untouched().await;
}

#[tokio::test]
async fn megabyte_is_refused_before_its_signature_is_looked_at() {
    let scene = Scene::set().await;
    let big = Signed {
        body: "{".repeat(1024 * 1024),
        ..scene.genuine.clone()
    };
    let too_long = "the body is longer than a notification can be";
    assert_fails(&scene.deliver(&big).await, 400, too_long);
    scene.assert_untouched().await;
}

#[tokio::test]
async fn flood_of_unknown_serials_asks_binance_once() {
    let scene = Scene::set().await;
    for _ in 0..50 {
        let serial = sandbox::random::hex(32);
        let forged = scene.genuine.clone().with(SERIAL, &serial);
        assert_fails(&scene.deliver(&forged).await, 401, NOT_BINANCES);
    }
    scene.assert_untouched().await;
    assert_eq!(binance_calls(&scene.world, "/certificates"), 1);
}
