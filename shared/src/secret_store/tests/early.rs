//! Readings beside a request, before anybody has to wait for one.

use futures_util::FutureExt as _;

use super::*;

const FOUR_MINUTES_MS: i64 = 4 * MINUTE_MS;

#[tokio::test]
async fn what_is_known_is_read_again_from_minute_four_on_and_nothing_else() {
    let (store, served) = serve().await;
    store.renew(0).await;
    assert_eq!(served.asked(), 0);
    assert_in_use(&store, 1, 0).await;
    for (at_ms, number) in [
        (FOUR_MINUTES_MS - 1, 1),
        (FOUR_MINUTES_MS, 2),
        (2 * FOUR_MINUTES_MS - 1, 2),
        (2 * FOUR_MINUTES_MS, 3),
    ] {
        store.renew(at_ms).await;
        assert_in_use(&store, number, at_ms).await;
        assert_eq!(served.asked(), number, "at {at_ms}");
    }
    // Whoever comes later than in the fifth minute, waits.
    assert_in_use(&store, 4, 2 * FOUR_MINUTES_MS + FIVE_MINUTES_MS).await;
}

#[tokio::test]
async fn reading_under_way_is_waited_for_from_minute_five_on() {
    for (at_ms, is_waited_for) in [(FIVE_MINUTES_MS - 1, false), (FIVE_MINUTES_MS, true)] {
        let (store, _served) = serve().await;
        assert_in_use(&store, 1, 0).await;
        let mut reading = Box::pin(store.renew(at_ms));
        assert!((&mut reading).now_or_never().is_none());

        let mut asking = Box::pin(store.caller_keys(at_ms));
        let known = (&mut asking).now_or_never();

        assert_eq!(known.is_none(), is_waited_for, "at {at_ms}");
        let keys = match known {
            Some(keys) => keys.unwrap(),
            None => tokio::join!(reading, asking).1.unwrap(),
        };
        assert_eq!(keys.admit(&key(2)), is_waited_for, "at {at_ms}");
    }
}

#[tokio::test]
async fn reading_that_hangs_is_given_up_after_a_moment_and_begun_again_a_minute_later() {
    let (store, served) = serve().await;
    assert_in_use(&store, 1, 0).await;
    served.set_hanging(true);
    let began_ms = monotonic_ms();
    for (at_ms, asked) in [
        (FOUR_MINUTES_MS, 2),
        (FOUR_MINUTES_MS + MINUTE_MS - 1, 2),
        (FOUR_MINUTES_MS + MINUTE_MS, 3),
    ] {
        store.renew(at_ms).await;
        assert_eq!(served.asked(), asked, "at {at_ms}");
        assert_in_use(&store, 1, at_ms).await;
    }
    assert_took_at_most(began_ms, 3 * MOMENT);
}
