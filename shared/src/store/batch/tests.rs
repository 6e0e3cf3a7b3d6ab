use super::*;
use crate::order::{Doubt, Event, Kind, Order, OrderId};
use crate::sample;

const T0: i64 = 1_763_802_000_000;

/// What a read of its dues gives of an order's item.
fn projected(order: &Order, work: Work) -> Item {
    let item: Item = serde_dynamo::to_item(order).unwrap();
    let mut projected = Item::new();
    let (paths, (short, stands_for)) = paths(work);
    for path in paths.split(", ") {
        let named = |name: &str| if name == short { stands_for } else { name }.to_owned();
        let mut steps = path.split('.').map(named);
        let (top, within) = (steps.next().unwrap(), steps.next());
        let Some(value) = item.get(&top) else {
            continue;
        };
        let value = match within {
            None => value.clone(),
            Some(name) => {
                let map = value.as_m().unwrap();
                let member = map.get(&name).map(|value| (name, value.clone()));
                AttributeValue::M(member.into_iter().collect())
            }
        };
        projected.insert(top, value);
    }
    projected
}

/// An order with nothing to do, and then with one thing at a time.
fn orders() -> Vec<Order> {
    let mut idle = sample::order(OrderId::from_random([0xa5; 15]), T0);
    idle.ask_at_ms = None;
    let mut reported = idle.clone();
    let doubt = Doubt {
        kind: Kind::Paid,
        is_ours: true,
    };
    reported.apply(&Event::Reported { attempt: 1, doubt }, "reported", T0);
    let mut orders = vec![idle.clone(), reported];
    for set in [
        |order: &mut Order| order.ask_at_ms = Some(T0),
        |order: &mut Order| order.refund_ask_at_ms = Some(T0),
        |order: &mut Order| order.alarm_at_ms = Some(T0),
        |order: &mut Order| order.confirmation.next_attempt_at_ms = Some(T0),
    ] {
        let mut order = idle.clone();
        set(&mut order);
        orders.push(order);
    }
    orders
}

#[test]
fn what_is_read_of_an_order_says_the_same_of_its_work_as_the_order() {
    for order in orders() {
        let due_at_ms = order.due_at_ms();
        for at_ms in [T0 - 1, T0, T0 + 60_000] {
            let [asking, telling] = [Work::Asking, Work::Telling].map(|work| {
                let dues: Dues = serde_dynamo::from_item(projected(&order, work)).unwrap();
                assert!(dues.confirmation.is_some());
                assert_eq!(dues.request.is_some(), work == Work::Telling);
                let is_due = dues.is_due(work, at_ms);
                assert_eq!(is_due, order.is_due(work, at_ms), "{work:?} at {at_ms}");
                is_due
            });
            // And there is no work of any other kind.
            let is_any_due = due_at_ms.is_some_and(|due_at_ms| due_at_ms <= at_ms);
            assert_eq!(asking || telling, is_any_due);
        }
    }
}
