//! Far away: connecting, the handshake and each request take a round trip of their own.
//!
//! All are on this machine, where nothing takes time: so what a client sends is held below TLS for a round trip, which begins
//! when connecting would be over; what it is answered is not held.

use std::io;
use std::mem::take;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, copy, split};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::ways::{self, ROUND_TRIP, Ways};

/// How far away somebody is: near until it is said otherwise.
#[derive(Clone, Default)]
pub struct Distance {
    is_far: Arc<AtomicBool>,
    ways: Ways,
}

impl Distance {
    /// For the connections that are opened from now on.
    pub fn set_far(&self, is_far: bool) {
        self.is_far.store(is_far, Ordering::Relaxed);
    }

    pub fn is_far(&self) -> bool {
        self.is_far.load(Ordering::Relaxed)
    }

    /// The round trips since it was asked for them last; those beside each other are one.
    pub fn round_trips(&self) -> u32 {
        let mut ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        ways::round_trips(take(&mut ways))
    }

    /// Carries what is said on a connection that was opened just now to and fro.
    pub async fn carry(&self, client: TcpStream, server: DuplexStream) -> io::Result<()> {
        let connected_at = Instant::now() + ROUND_TRIP;
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = split(server);
        let (leaves, mut arrives) = mpsc::unbounded_channel();
        let leave = async move {
            let mut bytes = vec![0; 64 * 1024];
            loop {
                let read = from_client.read(&mut bytes).await?;
                if read == 0 {
                    return Ok(());
                }
                let came_at = Instant::now();
                let arrives_at = came_at.max(connected_at) + ROUND_TRIP;
                let mut ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
                ways.push((came_at, arrives_at));
                drop(ways);
                let _ = leaves.send((arrives_at, bytes[..read].to_vec()));
            }
        };
        let arrive = async move {
            while let Some((at, bytes)) = arrives.recv().await {
                sleep_until(at).await;
                to_server.write_all(&bytes).await?;
            }
            to_server.shutdown().await
        };
        tokio::try_join!(leave, arrive, copy(&mut from_server, &mut to_client))?;
        Ok(())
    }
}
