//! Lambda's part within this process: the functions, each invocation with a context of its own.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::http::{Method, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use binance_callback::BinanceCallback;
use close_order::CloseOrder;
use create_order::CreateOrder;
use get_order::GetOrder;
use lambda_http::{Context, RequestExt as _};
use reconcile_orders::ReconcileOrders;
use refund_order::RefundOrder;
use serde_json::{Map, Value};
use shared::app::StartError;
use tracing::Instrument as _;

use super::route::Routes;
use super::{Clock, http_event};
use crate::clock;

static ROUTES: LazyLock<Routes> =
    LazyLock::new(|| Routes::of_template().expect("the template declares the HTTP API"));

/// The functions, and how they are invoked.
pub struct Functions {
    /// `POST /orders`.
    pub create_order: CreateOrder,
    /// `POST /binance-callback`.
    pub binance_callback: BinanceCallback,
    /// `GET /orders/{orderId}` and `GET /orders`.
    pub get_order: GetOrder,
    /// `POST /orders/{orderId}/close`.
    pub close_order: CloseOrder,
    /// `POST /orders/{orderId}/refunds`.
    pub refund_order: RefundOrder,
    /// The schedule's.
    pub reconcile_orders: ReconcileOrders,
    /// What each invocation may take at most, in milliseconds.
    pub limit_ms: AtomicU64,
    /// Bodies arrive base64-encoded, as API Gateway may send them.
    pub base64: AtomicBool,
    clock: Clock,
    invocations: AtomicU64,
}

impl Functions {
    /// Builds all of them from the same settings.
    ///
    /// # Panics
    /// When a setting is missing or wrong.
    #[must_use]
    pub fn new(settings: &[(String, String)]) -> Self {
        Self::build(settings).unwrap()
    }

    /// Builds all of them from the same settings.
    ///
    /// # Errors
    /// [`StartError`], when a setting is missing or wrong.
    pub fn build(settings: &[(String, String)]) -> Result<Self, StartError> {
        let lookup = |name: &str| {
            let found = settings.iter().rev().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        };
        Ok(Self {
            create_order: CreateOrder::new(lookup)?,
            binance_callback: BinanceCallback::new(lookup)?,
            get_order: GetOrder::new(lookup)?,
            close_order: CloseOrder::new(lookup)?,
            refund_order: RefundOrder::new(lookup)?,
            reconcile_orders: ReconcileOrders::new(lookup)?,
            limit_ms: AtomicU64::new(20_000),
            base64: AtomicBool::new(false),
            clock: Arc::new(clock::now_ms),
            invocations: AtomicU64::new(0),
        })
    }

    /// The same, whose events without a gateway have the time of this clock.
    #[must_use]
    pub fn by(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The event of one HTTP request, with the context of a new invocation.
    ///
    /// # Panics
    /// See [`Functions::request_of`].
    #[must_use]
    pub fn event(
        &self,
        method: &Method,
        uri: &Uri,
        headers: Map<String, Value>,
        body: &[u8],
    ) -> lambda_http::Request {
        let text = std::str::from_utf8(body).ok();
        let text = text.filter(|_| !self.base64.load(Ordering::Relaxed));
        let encoded = text.map_or_else(|| STANDARD.encode(body), str::to_owned);
        let (target, body) = (uri.to_string(), (!body.is_empty()).then_some(&*encoded));
        let event = http_event::plain(
            method.as_str(),
            &target,
            headers,
            (body, text.is_none()),
            (self.clock)(),
        );
        self.request_of(&event)
    }

    /// The request that the functions make of a raw event, with the context of a new invocation.
    ///
    /// # Panics
    /// When the clock stands before 1970.
    #[must_use]
    pub fn request_of(&self, event: &Value) -> lambda_http::Request {
        self.request_within(event, u64::MAX)
    }

    /// The same for a function whose invocations take `limit_ms` at most.
    fn request_within(&self, event: &Value, limit_ms: u64) -> lambda_http::Request {
        let mut context = Context::default();
        let invocation = self.invocations.fetch_add(1, Ordering::Relaxed);
        context.request_id = format!("00000000-0000-4000-8000-{invocation:012}");
        let limit_ms = limit_ms.min(self.limit_ms.load(Ordering::Relaxed));
        let limit_ms = i64::try_from(limit_ms).unwrap();
        context.deadline = u64::try_from(clock::now_ms() + limit_ms).unwrap();
        let event = serde_json::value::to_raw_value(event).unwrap();
        shared::event::request(&event, context)
    }

    /// How many requests the API has handed over.
    pub fn invocations(&self) -> u64 {
        self.invocations.load(Ordering::Relaxed)
    }

    /// Runs `reconcile-orders` with what the schedule, or an operator, sends.
    ///
    /// # Errors
    /// The function's own words.
    pub async fn reconcile(&self, event: Value) -> Result<Value, String> {
        self.reconcile_within(event, 60_000).await
    }

    /// The same with less time than usual.
    ///
    /// # Errors
    /// The function's own words.
    ///
    /// # Panics
    /// When the clock stands before 1970.
    pub async fn reconcile_within(&self, event: Value, limit_ms: u64) -> Result<Value, String> {
        let event = serde_json::from_value(event).map_err(|error| error.to_string())?;
        let deadline_ms = u64::try_from(clock::now_ms()).unwrap() + limit_ms;
        let ran = self.reconcile_orders.run(event, deadline_ms).await;
        ran.map_err(|error| error.to_string())
            .map(|done| serde_json::to_value(done).unwrap())
    }

    /// Routes an event as the API does.
    ///
    /// # Panics
    /// When the request came without the context of an invocation.
    pub async fn invoke(
        &self,
        event: lambda_http::Request,
    ) -> lambda_http::Response<lambda_http::Body> {
        let found = ROUTES.find(event.method(), event.uri().path());
        match found.map(|found| found.route.function.as_str()) {
            Some(function) => self.handle(function, event).await,
            None => lambda_http::Response::builder()
                .status(404)
                .body(r#"{"message":"Not Found"}"#.into())
                .unwrap(),
        }
    }

    /// Gives a function its event, and `limit`, or less where a test wishes, for the answer.
    pub(super) async fn run(
        &self,
        function: &str,
        event: Value,
        limit: Duration,
    ) -> Result<Value, String> {
        let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        if function == "reconcile-orders" {
            return self.reconcile_within(event, limit_ms).await;
        }
        let answer = self.handle(function, self.request_within(&event, limit_ms));
        let answer = answer.await;
        serde_json::to_value(shared::event::answer(answer)).map_err(|error| error.to_string())
    }

    async fn handle(
        &self,
        function: &str,
        event: lambda_http::Request,
    ) -> lambda_http::Response<lambda_http::Body> {
        let span = shared::log::invocation(&event.lambda_context_ref().unwrap().request_id);
        // On the heap, since what they keep while they wait is large, and without their types, which are deep.
        let answer: Pin<Box<dyn Future<Output = _> + Send + '_>> = match function {
            "create-order" => Box::pin(self.create_order.handle(event)),
            "binance-callback" => Box::pin(self.binance_callback.handle(event)),
            "get-order" => Box::pin(self.get_order.handle(event)),
            "close-order" => Box::pin(self.close_order.handle(event)),
            "refund-order" => Box::pin(self.refund_order.handle(event)),
            _ => panic!("the template names a function that is none: {function}"),
        };
        answer.instrument(span).await
    }
}
