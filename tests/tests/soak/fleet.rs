//! Lambda's part: several warm instances of the functions, each invocation with a deadline, some killed half-way.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::task::Poll;
use std::time::Duration;

use lambda_http::{Body, Request, RequestExt as _, Response};

use crate::random::Random;
use crate::secrets_manager::READ_AT_MS;
use sandbox::gateway::{Clock, Functions};

/// Instances that are warm at the same time.
const WARM: usize = 4;

/// The warm instances.
pub struct Fleet {
    settings: Vec<(String, String)>,
    clock: Clock,
    warm: RwLock<Vec<Arc<Functions>>>,
    invocations: AtomicU64,
}

/// How long an invocation lives.
#[derive(Clone, Copy)]
pub struct Life {
    pub limit_ms: u64,
    /// It is dropped instead of being polled so many times and once more.
    pub polls: Option<u64>,
}

impl Fleet {
    /// Instances with these settings, whose invocations are at the time of `clock`.
    pub async fn new(settings: Vec<(String, String)>, clock: Clock) -> Self {
        let fleet = Self {
            warm: RwLock::default(),
            settings,
            clock,
            invocations: AtomicU64::new(0),
        };
        fleet.replace_all().await;
        fleet
    }

    pub fn one(&self, random: &mut Random) -> Arc<Functions> {
        let warm = self.warm.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&warm[drawn(random)])
    }

    /// An instance that knows no secrets yet.
    pub fn cold(&self) -> Arc<Functions> {
        let clock = Arc::clone(&self.clock);
        Arc::new(Functions::new(&self.settings).by(clock))
    }

    /// One that read its secrets five minutes ago, as far as it knows, and reads them again when it needs them next; none
    /// while Secrets Manager does not give them.
    async fn knowing(&self) -> Option<Arc<Functions>> {
        let functions = self.cold();
        let caller_keys = &functions.get_order.app.secrets;
        caller_keys.caller_keys(READ_AT_MS).await.ok()?;
        for app in [
            &functions.create_order.app,
            &functions.binance_callback.app,
            &functions.close_order.app,
            &functions.refund_order.app,
            &functions.reconcile_orders.app,
        ] {
            app.secrets.secrets(READ_AT_MS).await.ok()?;
        }
        Some(functions)
    }

    /// A new instance takes the place of a warm one, if it can learn its secrets.
    pub async fn replace(&self, index: usize) {
        if let Some(knowing) = self.knowing().await {
            let mut warm = self.warm.write().unwrap_or_else(PoisonError::into_inner);
            warm[index] = knowing;
        }
    }

    /// All of them are new, while Secrets Manager gives the secrets.
    pub async fn replace_all(&self) {
        let mut all = Vec::new();
        while all.len() < WARM {
            all.extend(self.knowing().await);
        }
        *self.warm.write().unwrap_or_else(PoisonError::into_inner) = all;
    }

    /// What one instance answers to `event`; nothing if it was killed or ran out of time first.
    pub async fn invoke(
        &self,
        functions: Arc<Functions>,
        event: Request,
        life: Life,
    ) -> Option<Response<Body>> {
        let mut context = event.lambda_context_ref().unwrap().clone();
        // The instances count for themselves, and a claim is held under this id.
        let invocation = self.invocations.fetch_add(1, Ordering::Relaxed);
        context.request_id = format!("00000000-0000-4000-9000-{invocation:012}");
        let deadline_ms = clock_ms() + life.limit_ms;
        context.deadline = deadline_ms;
        let event = event.with_lambda_context(context);
        // Of its own, as at Lambda: that nobody waits for it any more does not end it.
        let invoked = tokio::spawn(async move {
            let limit = Duration::from_millis(deadline_ms.saturating_sub(clock_ms()));
            // Boxed, since it is a large future.
            let lived = killed_after(life.polls, Box::pin(functions.invoke(event)));
            tokio::time::timeout(limit, lived).await.ok().flatten()
        });
        invoked.await.unwrap()
    }
}

fn clock_ms() -> u64 {
    u64::try_from(sandbox::clock::now_ms()).unwrap()
}

/// The place of one of them.
pub fn drawn(random: &mut Random) -> usize {
    random.weighted(&[(1, 0), (1, 1), (1, 2), (1, 3)])
}

/// Drops `life` between two of its steps when it has been polled so often; without a number it lives.
pub async fn killed_after<T>(polls: Option<u64>, life: impl Future<Output = T>) -> Option<T> {
    let Some(mut left) = polls else {
        return Some(life.await);
    };
    let mut life = pin!(life);
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        life.as_mut().poll(context).map(Some)
    })
    .await
}
