//! How often an invocation waits for somebody far away, one after the other: what it costs its caller, whatever the distance.

mod far;
mod pauses;
#[path = "../e2e/secrets_manager.rs"]
#[expect(dead_code, reason = "the end-to-end suite has it fail as well")]
mod secrets_manager;
mod ways;
mod world;

use world::World;

/// What a machine with other things to do adds is in some of the plays only: the least of them is what it was.
const PLAYS: usize = 4;

/// The round trips of the first invocation after init, and of those that follow it at once.
async fn first_and_warm(function: &'static str, is_named: bool) -> (u32, u32) {
    let world = World::new().await;
    let (mut first, mut warm) = (u32::MAX, u32::MAX);
    for _ in 0..PLAYS {
        let kept = world.start(function, is_named).await;
        first = first.min(world.invoke(&kept).await);
        for _ in 0..PLAYS {
            warm = warm.min(world.invoke(&kept).await);
        }
    }
    (first, warm)
}

#[tokio::test(flavor = "multi_thread")]
async fn create_order() {
    assert_eq!(first_and_warm("create-order", true).await, (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn binance_callback() {
    assert_eq!(first_and_warm("binance-callback", true).await, (4, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn binance_callback_for_a_host_behind_a_wildcard() {
    assert_eq!(first_and_warm("binance-callback", false).await, (5, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn get_order() {
    assert_eq!(first_and_warm("get-order", true).await, (1, 1));
}
