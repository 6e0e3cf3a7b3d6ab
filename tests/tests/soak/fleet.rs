//! Lambda's part: several warm instances of the functions, each invocation with a deadline, some killed half-way.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::task::Poll;
use std::time::Duration;

use lambda_http::{Body, Request, RequestExt as _, Response};

use crate::gateway::Functions;
use crate::random::Random;

/// Instances that are warm at the same time.
const WARM: u64 = 4;

/// The warm instances.
pub struct Fleet {
    settings: Vec<(String, String)>,
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
    pub fn new(settings: Vec<(String, String)>) -> Self {
        let warm = (0..WARM).map(|_| Arc::new(Functions::new(&settings)));
        Self {
            warm: RwLock::new(warm.collect()),
            settings,
            invocations: AtomicU64::new(0),
        }
    }

    pub fn one(&self, random: &mut Random) -> Arc<Functions> {
        let warm = self.warm.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&warm[drawn(random)])
    }

    /// A cold start takes the place of a warm instance.
    pub fn replace_one(&self, random: &mut Random) {
        let cold = Arc::new(Functions::new(&self.settings));
        let mut warm = self.warm.write().unwrap_or_else(PoisonError::into_inner);
        warm[drawn(random)] = cold;
    }

    pub fn replace_all(&self) {
        let cold = Self::new(self.settings.clone()).warm.into_inner();
        *self.warm.write().unwrap_or_else(PoisonError::into_inner) =
            cold.unwrap_or_else(PoisonError::into_inner);
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

fn drawn(random: &mut Random) -> usize {
    usize::try_from(random.between(0, WARM - 1)).unwrap()
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
