//! The log that the functions write on this thread, as Lambda would collect it.

use std::io;
use std::sync::{Arc, Mutex, Once};

use lambda_http::tracing::dispatcher::{self, DefaultGuard, Dispatch};
use lambda_http::tracing::subscriber::EnvFilter;
use lambda_http::tracing::subscriber::fmt;
use lambda_http::tracing::subscriber::util::SubscriberInitExt as _;
use serde_json::Value;

/// Everything that is logged while it lives.
pub struct Log {
    written: Arc<Mutex<Vec<u8>>>,
    _guard: DefaultGuard,
}

/// What the tests on other threads log to. With one subscriber in the process, whichever thread comes to a log line first
/// decides for all of them whether it is of interest; with two, every subscriber is asked.
static QUIET: Once = Once::new();

struct Writer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The functions' own words to the last detail, everybody else's as in production.
    pub fn start() -> Self {
        QUIET.call_once(|| {
            let quiet = fmt().with_env_filter(EnvFilter::new("off")).finish();
            dispatcher::set_global_default(Dispatch::new(quiet)).unwrap();
        });
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let writer = Arc::clone(&written);
        let own = "info,shared=trace,create_order=trace,binance_callback=trace";
        let guard = fmt()
            .json()
            .with_env_filter(EnvFilter::new(own))
            .with_writer(move || Writer(Arc::clone(&writer)))
            .finish()
            .set_default();
        Self {
            written,
            _guard: guard,
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.written.lock().unwrap().clone()).unwrap()
    }

    /// The lines, as `fields` with their `level`.
    pub fn lines(&self) -> Vec<Value> {
        let line = |line: &str| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let mut fields = line["fields"].take();
            fields["level"] = line["level"].take();
            fields
        };
        self.text().lines().map(line).collect()
    }
}
