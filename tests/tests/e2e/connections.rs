//! Connections that are opened before there is anything to send; and those of a run of `reconcile-orders`: few, and none
//! taken over from the run before.

use std::pin::Pin;

use sandbox::dynamodb::StoreFault;

use crate::reconcile::MINUTE;
use crate::secrets_manager::SecretsManager;
use crate::signed::{about, assert_acknowledged, deliver, open, pay_silently, signed};
use crate::world::World;

/// What a function does in init.
type Connecting<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

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
async fn each_function_opens_in_init_what_its_first_invocation_needs() {
    let connected = async |connect: fn(&World) -> Connecting<'_>, expected: [usize; 3]| {
        let world = World::start().await;
        let before = opened(&world);
        connect(&world).await;
        let opened = opened(&world);
        assert_eq!(std::array::from_fn(|at| opened[at] - before[at]), expected);
    };
    connected(
        |world| Box::pin(world.functions.create_order.connect()),
        [1, 1, 0],
    )
    .await;
    connected(
        |world| Box::pin(world.functions.get_order.connect()),
        [1, 0, 0],
    )
    .await;
    connected(
        |world| Box::pin(world.functions.binance_callback.connect()),
        [1, 1, 0],
    )
    .await;
    connected(
        |world| Box::pin(world.functions.close_order.connect()),
        [1, 1, 0],
    )
    .await;
    connected(
        |world| Box::pin(world.functions.refund_order.connect()),
        [1, 1, 0],
    )
    .await;
    // It is frozen between two runs, each of which opens its own.
    connected(
        |world| Box::pin(world.functions.reconcile_orders.connect()),
        [0, 0, 0],
    )
    .await;
}

#[tokio::test]
async fn run_reads_its_secrets_in_init() {
    let secrets = SecretsManager::start().await;
    let world = secrets.world().await;

    world.functions.reconcile_orders.connect().await;

    assert_eq!(
        secrets.asked(),
        ["BatchGetSecretValue payments payments-callers"]
    );
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

#[tokio::test]
async fn binance_hears_nothing_on_its_connection_before_the_order_is_recorded() {
    let world = World::start().await;
    let table = world.sandbox.dynamodb();
    table.fault(Some("PutItem"), 9, StoreFault::ServerError);

    let answer = world.create(&world.four_fields()).await;

    assert_eq!(answer.status, 503);
    let [_, to_binance, _] = opened(&world);
    assert_eq!(to_binance, 1);
    assert!(world.sandbox.binance().calls().is_empty());
    table.clear_faults();
    open(&world).await;
    assert_eq!(opened(&world)[1], 1);
}

#[tokio::test]
async fn run_opens_a_connection_to_binance_once_something_is_due_and_before_it_knows_what() {
    let world = World::start().await;
    // Which looks at Binance as well.
    world.reconcile().await;
    let [_, before, _] = opened(&world);
    world.reconcile().await;
    assert_eq!(opened(&world)[1], before);

    open(&world).await;
    world.sandbox.binance().advance(3 * MINUTE);
    let calls = world.sandbox.binance().calls().len();
    let table = world.sandbox.dynamodb();
    table.fault(Some("BatchGetItem"), 99, StoreFault::ServerError);
    let [_, before, _] = opened(&world);
    world.reconcile().await;

    assert_eq!(opened(&world)[1], before + 1);
    assert_eq!(world.sandbox.binance().calls().len(), calls);
}

#[tokio::test]
async fn nobody_but_binance_has_leadscalendar_called() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let notification = signed(&world, about(&order)).await;
    let forged = notification.clone().with("BinancePay-Nonce", "0");
    let [_, _, before] = opened(&world);

    assert_eq!(deliver(&world, &forged).await.status, 401);
    assert_eq!(opened(&world)[2], before);

    assert_acknowledged(&deliver(&world, &notification).await);
    assert_eq!(opened(&world)[2], before + 1);
}
