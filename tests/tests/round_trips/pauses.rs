//! What needs real waiting, side by side: `make proof` plays it.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::sleep;

use crate::world::World;

/// Longer than Binance and LeadsCalendar keep a connection, than AWS does, and than secrets are used unread.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(25),
    Duration::from_secs(100),
    Duration::from_secs(310),
];
/// How often a busy instance is invoked here, until its secrets have been read again.
const BUSY: Duration = Duration::from_secs(10);
const BUSY_TIMES: u32 = 31;
/// What a machine with other things to do adds is in some of the plays only: how many there are for each.
const PLAYS: u32 = 3;
/// They are not at work at the same time.
const APART: Duration = Duration::from_secs(1);

/// The round trips of an invocation after each of the pauses, and the most of any while there are none for as long.
async fn after_pauses_and_busy(function: &'static str, is_named: bool) -> ([u32; 3], u32) {
    let world = World::new().await;
    let numbers = |set: u32| set * PLAYS..(set + 1) * PLAYS;
    let after_pause = async |(set, pause): (u32, Duration)| {
        let plays = numbers(set);
        let trips = plays.map(|play| invocations(&world, function, is_named, play, (pause, 1)));
        least(&join_all(trips).await)[0]
    };
    let busy =
        numbers(3).map(|play| invocations(&world, function, is_named, play, (BUSY, BUSY_TIMES)));
    let pauses = join_all((0..).zip(PAUSES).map(after_pause));
    let (pauses, busy) = tokio::join!(pauses, join_all(busy));
    let busy = least(&busy).into_iter().max();
    (pauses.try_into().unwrap(), busy.unwrap())
}

/// The round trips of so many invocations of an instance, each after a pause.
async fn invocations(
    world: &World,
    function: &'static str,
    is_named: bool,
    play: u32,
    (pause, times): (Duration, u32),
) -> Vec<u32> {
    sleep(APART * play).await;
    let kept = world.start(function, is_named).await;
    world.invoke(&kept).await;
    let mut trips = Vec::new();
    for _ in 0..times {
        sleep(pause).await;
        trips.push(world.invoke(&kept).await);
    }
    trips
}

/// Of each invocation, over the plays.
fn least(plays: &[Vec<u32>]) -> Vec<u32> {
    let least = |at: usize| plays.iter().map(|trips| trips[at]).min().unwrap();
    (0..plays[0].len()).map(least).collect()
}

/// Fewer are seen where the machine is so busy that a function's own work hides an opening.
fn assert_at_most(trips: ([u32; 3], u32), most: ([u32; 3], u32)) {
    let are_few = trips
        .0
        .iter()
        .zip(most.0)
        .all(|(trips, most)| *trips <= most);
    assert!(are_few && trips.1 <= most.1, "{trips:?}, not {most:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "waits for more than five minutes"]
async fn create_order() {
    let trips = after_pauses_and_busy("create-order", true).await;
    assert_at_most(trips, ([4, 5, 6], 3));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "waits for more than five minutes"]
async fn binance_callback() {
    let trips = after_pauses_and_busy("binance-callback", true).await;
    assert_at_most(trips, ([4, 6, 6], 4));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "waits for more than five minutes"]
async fn binance_callback_for_a_host_behind_a_wildcard() {
    let trips = after_pauses_and_busy("binance-callback", false).await;
    // Once a minute its connection is opened anew, when there is the write alone to do it beside.
    assert_at_most(trips, ([5, 7, 7], 5));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "waits for more than five minutes"]
async fn get_order() {
    let trips = after_pauses_and_busy("get-order", true).await;
    assert_at_most(trips, ([1, 3, 4], 3));
}
