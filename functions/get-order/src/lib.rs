//! `GET /orders/{orderId}`: an order as it stands; `GET /orders?reference=R`: those that LeadsCalendar gave this reference.

mod list;
mod one;
mod query;

#[cfg(test)]
#[path = "../../../shared/src/sample/asked.rs"]
mod asked;
#[cfg(test)]
#[path = "../../../shared/src/sample.rs"]
mod sample;

use lambda_http::http::Method;
use lambda_http::{Body, Request as Event, RequestExt as _, Response};
use shared::ambient::monotonic_ms;
use shared::app::{self, App, StartError};
use shared::config::Needs;
use shared::http_api::{self, Invocation};
#[cfg(test)]
use shared::order;
use shared::problem::Problem;

/// What an invocation may take, as in `template.yaml`, in milliseconds.
const LIMIT_MS: i64 = 10_000;

/// The function.
#[derive(Debug)]
pub struct GetOrder {
    /// The parts it has in common with the others.
    pub app: App,
}

impl GetOrder {
    /// Builds the function from the settings that `lookup` finds.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        Ok(Self {
            app: App::new(Needs::CallerKeys, lookup)?,
        })
    }

    /// Opens the connections before the first request.
    pub async fn connect(&self) {
        app::in_init(self.app.connect_aws()).await;
    }

    /// Answers one request.
    pub async fn handle(&self, event: Event) -> Response<Body> {
        let invocation = Invocation::of(&event, LIMIT_MS, &self.app.settings);
        let work = self
            .app
            .beside(self.answer(&event), self.app.reopen_table());
        let answered = invocation.within(work).await;
        let mut response =
            answered.unwrap_or_else(|problem| http_api::problem(problem, &invocation));
        if event.method() == Method::HEAD {
            *response.body_mut() = Body::Empty;
        }
        response
    }

    async fn answer(&self, event: &Event) -> Result<Response<Body>, Problem> {
        if !matches!(*event.method(), Method::GET | Method::HEAD) {
            return Err(Problem::method_not_allowed("GET, HEAD"));
        }
        http_api::authenticate(
            event.headers(),
            &*self.app.secrets.caller_keys(monotonic_ms()).await?,
        )?;
        let store = &self.app.store;
        if is_list(event) {
            let reference = query::reference(event.uri().query().unwrap_or_default())?;
            return list::find(store, &reference).await;
        }
        let id = http_api::order_id(event, "").ok_or_else(Problem::no_such_order)?;
        one::find(store, &id, event.headers()).await
    }
}

/// Whether the orders of a reference are asked for, and not one by its id. Behind a named stage the path begins with the stage.
fn is_list(event: &Event) -> bool {
    let path = event.uri().path();
    let parameters = event.path_parameters_ref();
    let has_id = parameters.is_some_and(|parameters| parameters.first("orderId").is_some())
        || path.starts_with("/orders/");
    path.ends_with("/orders") && !has_id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asked::{KEY, request};
    use std::collections::HashMap;

    #[test]
    fn orders_of_a_reference_are_asked_for_where_no_id_is() {
        for (path, parameter, expected) in [
            ("/orders", None, true),
            ("/prod/orders", None, true),
            ("/orders/a5", None, false),
            ("/orders/", None, false),
            ("/orders/orders", None, false),
            ("/orders/orders", Some("orders"), false),
            ("/prod/orders/orders", Some("orders"), false),
            ("/prod/orders/a5", Some("a5"), false),
            ("/prod/refunds", None, false),
        ] {
            let mut event = Event::default();
            *event.uri_mut() = path.parse().unwrap();
            let named = parameter.map(|id| ("orderId".to_owned(), vec![id.to_owned()]));
            let event = event.with_path_parameters(named.into_iter().collect::<HashMap<_, _>>());
            assert_eq!(is_list(&event), expected, "{path} {parameter:?}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_shown_is_refused_before_the_table_is_read() {
        let function = GetOrder::new(sample::lookup).unwrap();
        let no_reference = "reference must be given once, 1 to 64 characters long and in UTF-8";
        for (method, path, key, expected) in [
            (
                Method::POST,
                "/orders",
                KEY,
                Problem::method_not_allowed("GET, HEAD"),
            ),
            (Method::GET, "/orders", "k", Problem::invalid_api_key()),
            (Method::HEAD, "/orders", "k", Problem::invalid_api_key()),
            (
                Method::GET,
                "/orders",
                KEY,
                Problem::malformed(no_reference),
            ),
            (Method::GET, "/orders/a5", KEY, Problem::no_such_order()),
            (Method::HEAD, "/orders/a5", KEY, Problem::no_such_order()),
        ] {
            let ended = function.answer(&request(method.clone(), path, key)).await;
            assert_eq!(ended.err(), Some(expected.clone()), "{method} {path}");

            let response = function.handle(request(method.clone(), path, key)).await;
            assert_eq!(response.status(), expected.status);
            let is_empty = *response.body() == Body::Empty;
            assert_eq!(is_empty, method == Method::HEAD, "{method} {path}");
        }
    }
}
