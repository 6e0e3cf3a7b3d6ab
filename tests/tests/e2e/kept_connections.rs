//! Kept connections: what is made up for when the other side closes one as a request arrives, and what is not.

use sandbox::binance::{Forgery, Play};

use crate::odd::Odd;
use crate::platform::world_behind;
use crate::signed::{
    about, assert_acknowledged, deliver, open, opened, pay_as, pay_silently, signed,
};
use crate::world::World;

/// How many requests for a path came.
fn requests(odd: &Odd, path: &str) -> usize {
    let requests = odd.requests();
    let is_for = |request: &&crate::odd::Request| request.path.ends_with(path);
    requests.iter().filter(is_for).count()
}

#[tokio::test]
async fn confirmation_is_sent_once_more_at_once() {
    let world = World::start().await;
    let odd = Odd::start().await;
    odd.race();
    let mut request = world.four_fields();
    request["callbackUrl"] = format!("{}/paid", odd.url).into();

    for sent in [1, 3] {
        let order = opened(&world.create(&request).await);
        pay_as(&world, &order.trade_no, Play::default()).await;

        let confirmation = &world.item(&order.id)["confirmation"];
        assert_eq!(
            confirmation["confirmedRevision"], confirmation["revision"],
            "{confirmation}"
        );
        assert_eq!(confirmation["attempts"], 1);
        assert_eq!(requests(&odd, "/paid"), sent);
    }
    // The one that arrived twice is the same message.
    let told = odd.requests();
    let id = |at: usize| told[at].headers["webhook-id"].clone();
    assert_eq!(id(1), id(2));
    assert_ne!(id(0), id(1));
}

#[tokio::test]
async fn certificates_and_a_question_are_asked_for_once_more_at_once() {
    let (world, odd) = world_behind().await;
    odd.race();

    for sent in [1, 3] {
        world.functions.binance_callback.connect().await;
        assert_eq!(requests(&odd, "/certificates"), sent);
    }

    for asked in [1, 3] {
        let order = open(&world).await;
        pay_silently(&world, &order);
        // Not what Binance told us, so that it is asked.
        let doubtful = Forgery {
            biz_id: Some("111111111111111111".to_owned()),
            ..about(&order)
        };
        let notification = signed(&world, doubtful).await;
        assert_acknowledged(&deliver(&world, &notification).await);
        assert_eq!(world.item(&order.id)["status"], "PAID");
        assert_eq!(requests(&odd, "/order/query"), asked);
    }
    assert_eq!(requests(&odd, "/certificates"), 3);
}

#[tokio::test]
async fn checkout_is_opened_under_the_next_number_and_once() {
    let (world, odd) = world_behind().await;
    odd.race();
    let first = open(&world).await;
    assert_eq!(first.trade_no, format!("{}01", first.id));

    let second = open(&world).await;

    assert_eq!(second.trade_no, format!("{}02", second.id));
    assert_eq!(requests(&odd, "/v3/order"), 3);
    assert_eq!(world.sandbox.binance().orders().len(), 2);
}
