//! The log that the functions write on this thread, as Lambda would collect it.

use std::io;
use std::sync::{Arc, Mutex, Once};

use serde_json::Value;
use tracing::Level;
use tracing::subscriber::DefaultGuard;

use crate::measured;

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

/// Whatever a test is about, each line that was logged meanwhile must be one that CloudWatch and its alarms can read.
impl Drop for Log {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.text().lines().for_each(measured::judge);
        }
    }
}

impl Log {
    /// The functions' own words to the last detail, everybody else's as in production.
    pub fn start() -> Self {
        QUIET.call_once(|| {
            let quiet = shared::log::subscriber(io::sink(), Level::ERROR, "sandbox");
            tracing::subscriber::set_global_default(quiet).unwrap();
        });
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let lines = shared::log::subscriber(Writer(Arc::clone(&written)), Level::TRACE, "sandbox");
        let guard = tracing::subscriber::set_default(lines);
        Self {
            written,
            _guard: guard,
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.written.lock().unwrap().clone()).unwrap()
    }

    /// The lines, without their time, which each begins with.
    pub fn lines(&self) -> Vec<Value> {
        let line = |line: &str| {
            assert!(line.starts_with(r#"{"timestamp":""#), "{line}");
            let mut line: Value = serde_json::from_str(line).unwrap();
            line.as_object_mut().unwrap().remove("timestamp");
            line
        };
        self.text().lines().map(line).collect()
    }
}
