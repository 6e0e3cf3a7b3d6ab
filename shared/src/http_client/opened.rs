//! Connections that are opened before there is anything to send, each until the first request to its host takes it.
//!
//! The pool of a client has no such thing: it opens a connection for a request, and sends it at once. So another client opens
//! them, by a request that never leaves, and leaves them here, where the first client's connector looks before it connects.

use std::collections::HashMap;
use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::Mutex as Turn;
use tower::util::ServiceExt as _;
use tower::{Layer, Service};

use crate::ambient::monotonic_ms;

tokio::task_local! {
    /// Scheme, host and port to which the call at hand goes.
    pub(super) static ORIGIN: String;
}

/// How long one may wait here, in milliseconds: it is closed by the other side without anybody noticing.
const WAITING_MS: i64 = 15_000;

type BoxError = Box<dyn Error + Send + Sync>;

/// A connection, and since when it waits; held while it is being opened.
type Place<C> = Arc<Turn<Option<(C, i64)>>>;

/// The connections that wait, by origin.
type Places<C> = Arc<Mutex<HashMap<String, Place<C>>>>;

/// What a client and the one that opens connections for it have in common: as a layer without a connector, and around one.
#[derive(Debug)]
pub(super) struct Opened<C, S = ()> {
    places: Places<C>,
    connector: S,
    /// What is connected is left for the other client, and the request fails then.
    leaves: bool,
}

impl<C> Opened<C> {
    /// The layer of a client, which takes what waits, be it that its opening ends first, and connects where there is nothing;
    /// and that of the one which opens connections for it.
    pub(super) fn layers() -> (Self, Self) {
        let takes = Self {
            places: Arc::default(),
            connector: (),
            leaves: false,
        };
        let leaves = Self {
            leaves: true,
            ..takes.clone()
        };
        (takes, leaves)
    }
}

impl<C, S> Opened<C, S> {
    fn around<T>(&self, connector: T) -> Opened<C, T> {
        Opened {
            places: Arc::clone(&self.places),
            connector,
            leaves: self.leaves,
        }
    }

    /// Of the host of the call at hand; none for a connection that is opened for nobody in particular.
    fn place(&self) -> Option<Place<C>> {
        let origin = ORIGIN.try_with(Clone::clone).ok()?;
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(places.entry(origin).or_default()))
    }
}

// Connections are no clones of each other, which `derive` would ask for.
impl<C, S: Clone> Clone for Opened<C, S> {
    fn clone(&self) -> Self {
        self.around(self.connector.clone())
    }
}

impl<C, S> Layer<S> for Opened<C> {
    type Service = Opened<C, S>;

    fn layer(&self, connector: S) -> Self::Service {
        self.around(connector)
    }
}

impl<C, S, T> Service<T> for Opened<C, S>
where
    S: Service<T, Response = C, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    C: Send + 'static,
    T: Send + 'static,
{
    type Response = C;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: T) -> Self::Future {
        let connecting = self.connector.clone().oneshot(to);
        let (place, leaves) = (self.place(), self.leaves);
        Box::pin(async move {
            let Some(place) = place else {
                return connecting.await;
            };
            let mut place = place.lock().await;
            if leaves {
                *place = Some((connecting.await?, monotonic_ms()));
                return Err("the connection is open, and nothing is sent".into());
            }
            let waiting = place.take();
            drop(place);
            match waiting {
                Some((connection, since_ms)) if !is_over(since_ms, monotonic_ms()) => {
                    Ok(connection)
                }
                Some(_) | None => connecting.await,
            }
        })
    }
}

/// Whether a connection that waits, or is kept, since then may have been closed without anybody noticing.
pub(super) fn is_over(since_ms: i64, now_ms: i64) -> bool {
    now_ms.saturating_sub(since_ms) >= WAITING_MS
}
