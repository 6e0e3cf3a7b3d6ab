//! Secrets Manager hangs, or is away, for stretches: who knows its secrets does as before, and who starts without any says
//! so in time and is well afterwards.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::http::Method;
use lambda_http::RequestExt as _;
use sandbox::clock;
use serde_json::{Map, Value, json};
use tracing::{Instrument as _, Level};

use crate::random::{Random, Stream};
use crate::secrets_manager::Way;
use crate::world::World;
use sandbox::gateway::Functions;

/// What invocations of instances that have no secrets are called.
const COLD: &str = "cold start";
/// Longer than Secrets Manager is waited for, in milliseconds.
const IN_TIME_MS: i64 = 5_000;
/// Longer than an instance without secrets waits before it reads them again, in milliseconds.
const AGAIN_MS: i64 = 5_200;
/// Fewer orders than this may not need a secret in time.
const ENOUGH: u64 = 100;

/// What the functions say of their secrets.
#[derive(Clone, Default)]
pub struct SecretsLog(Arc<Mutex<Said>>);

#[derive(Default)]
struct Said {
    /// Readings that failed while known secrets stayed in use.
    in_vain: usize,
    /// Lines that say that there were none to use.
    without: Vec<String>,
}

impl SecretsLog {
    /// Listens from now on, in the whole process, which plays one soak after the other.
    pub fn start() -> Self {
        static HEARS: OnceLock<SecretsLog> = OnceLock::new();
        let log = HEARS.get_or_init(|| {
            let log = Self::default();
            let lines = shared::log::subscriber(log.clone(), Level::WARN, "sandbox");
            tracing::subscriber::set_global_default(lines).unwrap();
            log
        });
        *log.said() = Said::default();
        log.clone()
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for SecretsLog {
    /// Of one line, as each is written at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if text.contains("the secret cannot be read") {
            if text.contains("the known ones stay in use") {
                self.said().in_vain += 1;
            } else if !text.contains(COLD) {
                self.said().without.push(text.trim_end().to_owned());
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lets Secrets Manager hang or be away now and then, until the storm is over.
pub async fn hang_now_and_then(world: Arc<World>) {
    let random = &mut Random::of(world.settings.seed, Stream::Secrets, 0);
    let mut next = ("Secrets Manager hangs", Way::Never);
    loop {
        // Each of them reads its secrets again at its next use.
        world.fleet.replace_all().await;
        let (what, way) = next;
        world.inject(what);
        world.secrets_manager.answer(way);
        start_cold(&world).await;
        tokio::time::sleep(Duration::from_millis(random.between(500, 2_000))).await;
        world.secrets_manager.answer(Way::AtOnce);
        tokio::time::sleep(Duration::from_millis(random.between(500, 3_000))).await;
        next = random.weighted(&[
            (3, ("Secrets Manager hangs", Way::Never)),
            (2, ("Secrets Manager refuses connections", Way::Away)),
            (
                1,
                (
                    "Secrets Manager fails",
                    Way::Fails(500, "InternalServiceError"),
                ),
            ),
            (
                1,
                (
                    "Secrets Manager throttles",
                    Way::Fails(400, "ThrottlingException"),
                ),
            ),
        ]);
    }
}

/// A cold start without Secrets Manager: whoever asks is told to come again, and nothing is begun.
async fn start_cold(world: &World) {
    let cold = world.fleet.cold();
    let began_ms = clock::now_ms();
    // Boxed, since they are large futures.
    let (asked, ran) = tokio::join!(Box::pin(ask(world, &cold)), Box::pin(run(&cold)));
    world.inject("cold start without Secrets Manager");
    let took_ms = clock::now_ms() - began_ms;
    let is_told = |(status, retry_after, body): &(u16, Option<String>, Value)| {
        *status == 503 && body["code"] == "TRY_AGAIN" && retry_after.as_deref() == Some("5")
    };
    let is_run = ran
        .as_ref()
        .is_err_and(|error| error.contains("the secret cannot be read"));
    if !asked.iter().all(is_told) || !is_run || took_ms > IN_TIME_MS {
        let sentence = format!("lost: without secrets, after {took_ms} ms: {asked:?} {ran:?}");
        world.wrong("", sentence);
    }
    let mut memory = world.memory();
    memory.cold.push(cold);
    memory.cold_at_ms = clock::now_ms();
}

/// Those that had no secrets do their work at once when Secrets Manager is back.
pub async fn must_be_known_again(world: &World) {
    let (cold, at_ms) = {
        let mut memory = world.memory();
        (std::mem::take(&mut memory.cold), memory.cold_at_ms)
    };
    let left_ms = u64::try_from(at_ms + AGAIN_MS - clock::now_ms()).unwrap_or_default();
    if !cold.is_empty() {
        tokio::time::sleep(Duration::from_millis(left_ms)).await;
    }
    for cold in cold {
        let (asked, ran) = tokio::join!(Box::pin(ask(world, &cold)), Box::pin(run(&cold)));
        let statuses = asked.each_ref().map(|(status, ..)| *status);
        if statuses != [400, 404] || ran.is_err() {
            let sentence = format!("lost: with secrets again: {asked:?} {ran:?}");
            world.wrong("", sentence);
        }
    }
}

/// Nobody who knew the secrets was kept from anything.
pub fn must_have_stayed_in_use(world: &World) {
    let said = world.secrets_log.said();
    world.see(
        "readings of secrets in vain, known ones in use",
        said.in_vain,
    );
    for line in &said.without {
        world.wrong(
            "",
            format!("lost: for want of secrets that were known: {line}"),
        );
    }
    if said.in_vain == 0 && world.settings.orders >= ENOUGH {
        world.wrong(
            "",
            "lost: nobody read a secret while Secrets Manager was away",
        );
    }
}

/// An order without any field, and one that does not exist.
async fn ask(world: &World, cold: &Functions) -> [(u16, Option<String>, Value); 2] {
    let nobody = format!("/orders/{}", "0".repeat(30));
    let created = ask_one(world, cold, Method::POST, "/orders", b"{}");
    let read = ask_one(world, cold, Method::GET, &nobody, b"");
    let (created, read) = tokio::join!(created, read);
    [created, read]
}

async fn ask_one(
    world: &World,
    cold: &Functions,
    method: Method,
    path: &str,
    body: &[u8],
) -> (u16, Option<String>, Value) {
    let mut headers = Map::new();
    headers.insert("x-mbx-apikey".into(), json!(world.sandbox.app_api_key()));
    headers.insert("content-type".into(), json!("application/json"));
    let event = cold.event(&method, &path.parse().unwrap(), headers, body);
    let mut context = event.lambda_context_ref().unwrap().clone();
    COLD.clone_into(&mut context.request_id);
    let answer = cold.invoke(event.with_lambda_context(context)).await;
    let retry_after = answer.headers().get("retry-after");
    let retry_after = retry_after.map(|value| value.to_str().unwrap().to_owned());
    let body = serde_json::from_slice(answer.body().as_ref()).unwrap_or_default();
    (answer.status().as_u16(), retry_after, body)
}

/// A run of the schedule.
async fn run(cold: &Functions) -> Result<Value, String> {
    let time = jiff::Timestamp::from_millisecond(clock::now_ms()).unwrap();
    let ran = cold.reconcile(json!({"time": time.to_string()}));
    ran.instrument(shared::log::invocation(COLD)).await
}
