//! The connections of a run of `reconcile-orders`: few, and none taken over from the run before.

use crate::reconcile::MINUTE;
use crate::signed::{open, pay_silently};
use crate::world::World;

/// How many connections have been opened to the table, to Binance and to LeadsCalendar.
fn opened(world: &World) -> [usize; 3] {
    let sandbox = &world.sandbox;
    [
        sandbox.dynamodb().server(),
        sandbox.binance().server(),
        sandbox.leadscalendar().server(),
    ]
    .map(sandbox::web::Server::connections)
}

#[tokio::test]
async fn run_opens_connections_of_its_own_and_two_to_the_table_at_most() {
    let world = World::start().await;
    for run in 1..=2 {
        for _ in 0..24 {
            let order = open(&world).await;
            pay_silently(&world, &order);
        }
        world.sandbox.binance().advance(3 * MINUTE);
        let before = opened(&world);

        let ran = world.reconcile().await;

        assert_eq!(ran["settled"], 24);
        assert_eq!(ran["confirmed"], 24);
        let [to_table, to_binance, to_leadscalendar] =
            std::array::from_fn(|at| opened(&world)[at] - before[at]);
        assert!((1..=2).contains(&to_table), "run {run}: {to_table}");
        assert!(to_binance > 0, "run {run}");
        assert!(to_leadscalendar > 0, "run {run}");
    }
}
