//! What Binance is answered.

use std::sync::atomic::Ordering;

use sandbox::binance::{Fault, On};
use sandbox::dynamodb::StoreFault;

use super::described::Examples;
use crate::signed::{about, deliver, open, pay_silently, refused, signed, signed_body};
use crate::world::World;

pub(super) async fn compare(examples: &mut Examples) {
    judged(examples).await;
    put_off(examples).await;
}

/// Taken, or refused for what they are.
async fn judged(examples: &mut Examples) {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let payment = signed(&world, about(&order)).await;
    let of_another = payment.clone().with("BinancePay-Nonce", "n");
    let without = payment.clone().without("BinancePay-Certificate-SN");
    let unreadable = signed_body(&world, r#"{"bizType":"PAY","bizStatus":"PAY_SUCCESS"}"#).await;
    let mut large = payment.clone();
    large.body = " ".repeat(64 * 1024 + 1);
    for (example, notification) in [
        ("NotBinances/forged", of_another),
        ("NoNotification/noHeader", without),
        ("NoNotification/tooLarge", large),
        ("NoNotification/unreadable", unreadable),
        ("Acknowledged/acknowledged", payment),
    ] {
        examples.said(example, &deliver(&world, &notification).await);
    }
    let got = world.send("GET", "/binance-callback", &[], "").await;
    examples.said("OnlyPostedNotification/onlyPost", &got);
}

/// To be repeated.
async fn put_off(examples: &mut Examples) {
    for example in ["storeAway", "noCertificate", "unasked", "late"] {
        let world = World::start().await;
        let order = open(&world).await;
        pay_silently(&world, &order);
        let payment = signed(&world, about(&order)).await;
        let (binance, table) = (world.sandbox.binance(), world.sandbox.dynamodb());
        match example {
            "storeAway" => table.fault(None, 99, StoreFault::ServerError),
            "noCertificate" => binance.fault(On::Certificates, 9, refused("400006")),
            "unasked" => {
                crate::table::delete(&world, &order.id).await;
                binance.fault(On::Query, 99, Fault::Http500);
            }
            _ => {
                world.functions.limit_ms.store(600, Ordering::Relaxed);
                table.fault(None, 99, StoreFault::Slow { ms: 2_000 });
            }
        }
        let answer = deliver(&world, &payment).await;
        examples.said(&format!("NotAcknowledged/{example}"), &answer);
    }
}
