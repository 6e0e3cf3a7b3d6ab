//! Where the site is told: verifies, takes, answers 2xx; refuses, is slow, forgets to answer, or hears everything twice.

use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use standardwebhooks::Webhook;

use crate::random::Random;
use crate::world::World;

/// Messages that are kept to come again.
const KEPT: usize = 100;

/// What becomes of a message.
#[derive(Clone, Copy)]
enum Way {
    Taken,
    /// Before anything was stored.
    Refused,
    /// Stored, and not thanked for.
    TakenAndRefused,
    Slow {
        ms: u64,
    },
    Later {
        secs: u64,
    },
}

/// Serves the site's address for messages.
pub fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route("/payments", post(told))
        .with_state(Arc::downgrade(world))
}

async fn told(State(world): State<Weak<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(world) = world.upgrade() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    for secret in world.sandbox.webhook_secrets() {
        let verified = Webhook::new(secret).and_then(|webhook| webhook.verify(&body, &headers));
        if let Err(error) = verified {
            world.wrong(format!("a message that does not verify: {error}"));
            return StatusCode::UNAUTHORIZED.into_response();
        }
    }
    let message: Value = serde_json::from_slice(&body).unwrap();
    let (way, again) = {
        let random = &mut world.callback_random.lock().unwrap();
        (way(&world, random), again(&world, random))
    };
    if let Some(again) = again {
        world.inject("an old message once more");
        world.seen(&again["data"]);
    }
    match way {
        Way::Taken => {}
        Way::Refused => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Way::TakenAndRefused => {
            world.seen(&message["data"]);
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        Way::Slow { ms } => tokio::time::sleep(Duration::from_millis(ms)).await,
        Way::Later { secs } => {
            let after = [("retry-after", secs.to_string())];
            return (StatusCode::TOO_MANY_REQUESTS, after).into_response();
        }
    }
    world.seen(&message["data"]);
    let kept = &mut world.memory().messages;
    kept.push_back(message);
    if kept.len() > KEPT {
        kept.pop_front();
    }
    StatusCode::NO_CONTENT.into_response()
}

fn way(world: &World, random: &mut Random) -> Way {
    let ms = random.between(20, 600);
    let secs = random.between(1, 600);
    if world.is_calm() {
        return Way::Taken;
    }
    let (name, way) = random.weighted(&[
        (700, ("", Way::Taken)),
        (100, ("message refused", Way::Refused)),
        (
            60,
            ("message taken, and not thanked for", Way::TakenAndRefused),
        ),
        (100, ("message taken slowly", Way::Slow { ms })),
        (40, ("message put off", Way::Later { secs })),
    ]);
    if !name.is_empty() {
        world.inject(name);
    }
    way
}

/// Some message that came before comes again.
fn again(world: &World, random: &mut Random) -> Option<Value> {
    let memory = world.memory();
    let last = u64::try_from(memory.messages.len())
        .unwrap()
        .checked_sub(1)?;
    let index = usize::try_from(random.between(0, last)).unwrap();
    let is_now = random.chance(100);
    memory.messages.get(index).filter(|_| is_now).cloned()
}
