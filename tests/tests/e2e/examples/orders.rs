//! Orders that are made, read and told of.

use sandbox::binance::Play;
use serde_json::Value;

use super::described::Examples;
use crate::idempotency::create;
use crate::reconcile::MINUTE;
use crate::signed::{open, pay_as};
use crate::world::{Answer, World};

pub(super) async fn compare(examples: &mut Examples) {
    requests(examples).await;
    let world = World::start().await;
    let asked = world.four_fields();
    let created = create(&world, "k", &asked).await;
    examples.said("Created/opened", &created);
    let id = created.text_of("orderId");
    examples.said("Found/pending", &world.get(&id, &[]).await);

    pay_as(&world, &created.text_of("merchantTradeNo"), Play::default()).await;

    examples.said("Found/paid", &world.get(&id, &[]).await);
    let repeated = create(&world, "k", &asked).await;
    assert_eq!(repeated.header("idempotent-replayed"), Some("true"));
    examples.said("Created/paidBefore", &repeated);
    examples.told("OrderChanged/paid", &last_told(&world));

    let world = World::start().await;
    open(&world).await;
    world.reconcile_after(61 * MINUTE).await;
    examples.told("OrderChanged/expired", &last_told(&world));
}

/// What a request may look like is taken, with an address that there is here.
async fn requests(examples: &Examples) {
    let world = World::start().await;
    for name in ["fourFields", "everyField"] {
        let mut asked = examples.asked("/orders", name);
        asked["callbackUrl"] = world.four_fields()["callbackUrl"].take();
        let answer: Answer = world.create(&asked).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.text);
    }
}

fn last_told(world: &World) -> Value {
    let confirmation = world.sandbox.leadscalendar().confirmations().pop().unwrap();
    assert_eq!(confirmation.objection, None);
    confirmation.body
}
