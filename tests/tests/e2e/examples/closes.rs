//! Orders that are closed, and that are found by their reference.

use sandbox::binance::On;

use super::described::Examples;
use crate::signed::{open, pay, refused};
use crate::world::{Answer, World};

pub(super) async fn compare(examples: &mut Examples) {
    let world = World::start().await;
    let order = open(&world).await;
    examples.said("Closed/canceled", &close(&world, &order.id).await);

    let order = open(&world).await;
    // Which says nothing of how the order ends.
    world
        .sandbox
        .binance()
        .fault(On::Close, 1, refused("400204"));
    examples.said("Closed/beingClosed", &close(&world, &order.id).await);

    let order = open(&world).await;
    pay(&world, &order).await;
    examples.said("Closed/paidBefore", &close(&world, &order.id).await);

    found(examples).await;
}

async fn close(world: &World, id: &str) -> Answer {
    let key = ("x-mbx-apikey", world.sandbox.app_api_key());
    let path = format!("/orders/{id}/close");
    world.send("POST", &path, &[key], "").await
}

async fn found(examples: &mut Examples) {
    let world = World::start().await;
    let mut asked = world.four_fields();
    asked["reference"] = "lead-7".into();
    let created = world.create(&asked).await;
    pay(&world, &crate::signed::opened(&created)).await;

    for (example, query) in [
        ("FoundOrders/one", "?reference=lead-7"),
        ("FoundOrders/none", "?reference=lead-8"),
        ("NoReference/noReference", ""),
    ] {
        let key = ("x-mbx-apikey", world.sandbox.app_api_key());
        let path = format!("/orders{query}");
        examples.said(example, &world.send("GET", &path, &[key], "").await);
    }
}
