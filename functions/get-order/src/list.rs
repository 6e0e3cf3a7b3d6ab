//! The orders of a reference: the newest, as they stand now.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use serde::Serialize;
use shared::http_api;
use shared::log::OUTCOME;
use shared::metrics;
use shared::order::View;
use shared::problem::Problem;
use shared::store::{Referenced, Store, Stored};
use tracing::{error, info};

/// The most orders that are shown.
const MAX_SHOWN: u8 = 20;

#[derive(Serialize)]
struct List<'a> {
    orders: Vec<View<'a>>,
    more: bool,
}

/// Answers with the orders of `reference`.
///
/// # Errors
/// [`Problem`].
pub(super) async fn find(store: &Store, reference: &str) -> Result<Response<Body>, Problem> {
    let found = store.of_reference(reference, MAX_SHOWN).await?;
    let more = found.is_more;
    let orders = readable(found);
    let list = List {
        orders: orders.iter().map(|order| View::of(order)).collect(),
        more,
    };
    // As of one order that is shown: otherwise the API's own log has it.
    if metrics::are_waiting() {
        let count = orders.len();
        info!(target: OUTCOME, count, "{count} orders of a reference shown");
    }
    Ok(http_api::json(StatusCode::OK, &list))
}

/// Those that can be read; the others hide none of them.
fn readable(found: Referenced) -> Vec<Stored> {
    let read = |(id, order): (String, Result<Stored, _>)| match order {
        Ok(order) => Some(order),
        Err(error) => {
            error!(
                alarm = "item.unreadable",
                order.id = id,
                %error,
                "item {id} of the table cannot be read and is left out of the orders of its reference"
            );
            None
        }
    };
    found.orders.into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use shared::order::OrderId;
    use shared::store::StoreError;

    #[test]
    fn order_that_cannot_be_read_hides_no_other() {
        let stored = |byte| {
            let order = sample::order(OrderId::from_random([byte; 15]), 1_000);
            let (order, _) = Stored::new(order).unwrap();
            (order.order_id.to_string(), Ok(order))
        };
        let unreadable = ("x".to_owned(), Err(StoreError::Namespace));
        let found = Referenced {
            orders: vec![stored(1), unreadable, stored(2)],
            is_more: false,
        };
        let read = readable(found);
        let read: Vec<&str> = read.iter().map(|order| order.order_id.as_str()).collect();
        assert_eq!(read, ["01".repeat(15), "02".repeat(15)]);
    }
}
