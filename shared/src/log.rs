//! The log: one JSON object a line, which Lambda collects from standard output.
//!
//! `timestamp` is first, then `level`, `message` and the fields, each once: those of the spans around the line from the
//! outermost on, which is the invocation with its `request_id`, then the line's own, which take the place of a span's. Last,
//! in the one line that tells the outcome of an invocation, is what the invocation measured.

use std::fmt::{Debug, Display};
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serializer as _;
use serde_json::Value;
use tracing::field::{self, Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Span, Subscriber, error, error_span};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Scope};

use crate::ambient::now_ms;
use crate::metrics::{self, Measured};

/// The target of the line that tells the outcome of an invocation, which has its metrics.
pub const OUTCOME: &str = "outcome";

/// The longest line with metrics, in bytes; what has no room stands in a line of its own.
const OUTCOME_BYTES: usize = 800;

/// The members of a line that has only what found no room.
const OF_THE_INVOCATION: [&str; 4] = ["timestamp", "level", "message", "request_id"];

/// The programs that are ours, as `tracing` calls them.
const OURS: [&str; 8] = [
    OUTCOME,
    "shared",
    "binance_callback",
    "close_order",
    "create_order",
    "get_order",
    "reconcile_orders",
    "refund_order",
];

/// Starts the log of this process.
///
/// Our own lines are written from the level on that Lambda's `AWS_LAMBDA_LOG_LEVEL`, or `RUST_LOG`, names, `INFO` without;
/// those of libraries from `WARN` on. The metrics are those of the stack that `STACK` names, `sandbox` without. A panic is a
/// line like any other.
pub fn start(lookup: impl Fn(&str) -> Option<String>) {
    let named = lookup("AWS_LAMBDA_LOG_LEVEL").or_else(|| lookup("RUST_LOG"));
    let level = named.and_then(|level| level.parse().ok());
    let stack = lookup("STACK").unwrap_or_else(|| "sandbox".to_owned());
    let subscriber = subscriber(io::stdout(), level.unwrap_or(Level::INFO), &stack);
    // It fails only where another log was started before.
    let _ = tracing::subscriber::set_global_default(subscriber);
    std::panic::set_hook(Box::new(panicked));
}

/// Says where the program panicked. Not what it says itself, which can quote the value it stumbled over.
fn panicked(panic: &PanicHookInfo<'_>) {
    let at = panic.location().map(ToString::to_string);
    let at = at.as_deref().unwrap_or("a place unknown");
    error!(
        alarm = "program.panicked",
        at, "a bug: the program panicked at {at}"
    );
}

/// What writes lines to `writer`: ours from `level` on, those of libraries from `WARN` on; the metrics are those of `stack`.
pub fn subscriber(
    writer: impl Write + Send + 'static,
    level: Level,
    stack: &str,
) -> impl Subscriber + Send + Sync {
    let levels = Targets::new()
        .with_default(level.min(Level::WARN))
        .with_targets(OURS.map(|ours| (ours, level)))
        // It repeats, without the invocation's id, what a function says itself of its failure.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF);
    let lines = Lines {
        writer: Mutex::new(writer),
        stack: stack.to_owned(),
    };
    tracing_subscriber::registry().with(levels).with(lines)
}

/// The span of an invocation, which puts its id into every line, and the order once it is known.
pub fn invocation(request_id: &str) -> Span {
    let unknown = field::Empty;
    error_span!(
        "invocation",
        request_id,
        order.id = unknown,
        trade_no = unknown
    )
}

/// Says which order the invocation is about, and which of its trade numbers.
pub fn about(order_id: &impl Display, trade_no: &impl Display) {
    Span::current()
        .record("order.id", field::display(order_id))
        .record("trade_no", field::display(trade_no));
}

/// The layer that writes the lines.
struct Lines<W> {
    writer: Mutex<W>,
    stack: String,
}

/// Fields by name, in the order in which they came.
#[derive(Clone, Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn set(&mut self, name: &'static str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field.name(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field.name(), format!("{value:?}").into());
    }
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write + Send + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id);
        let mut extensions = span.as_ref().map(|span| span.extensions_mut());
        if let Some(fields) = extensions.as_mut().and_then(|all| all.get_mut::<Fields>()) {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        let at_ms = now_ms();
        let time = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        fields.set("timestamp", format!("{time:.3}").into());
        fields.set("level", event.metadata().level().as_str().into());
        fields.set("message", Value::Null);
        let around = context.event_scope(event);
        for span in around.into_iter().flat_map(Scope::from_root) {
            if let Some(Fields(around)) = span.extensions().get::<Fields>() {
                for (name, value) in around {
                    fields.set(name, value.clone());
                }
            }
        }
        event.record(&mut fields);
        if event.metadata().target() == OUTCOME {
            self.write_outcome(fields, &metrics::take(), at_ms);
        } else {
            self.write(fields.line());
        }
    }
}

impl Fields {
    /// The line, but for its end.
    fn line(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(512);
        let written = serde_json::Serializer::new(&mut line)
            .collect_map(self.0.iter().map(|(name, value)| (name, value)));
        if written.is_err() || line.pop() != Some(b'}') {
            line.clear();
        }
        line
    }

    /// Those of a further line of the same invocation, which has nothing to say but its metrics.
    fn of_the_invocation(&self) -> Self {
        let of_it = self
            .0
            .iter()
            .filter(|(name, _)| OF_THE_INVOCATION.contains(name));
        let mut fields = Self(of_it.cloned().collect());
        fields.set("level", Level::INFO.as_str().into());
        fields.set("message", "measured besides".into());
        fields
    }
}

impl<W: Write> Lines<W> {
    /// Writes the line of an outcome with what was measured, and further lines for what has no room in it.
    fn write_outcome(&self, mut fields: Fields, measured: &[Measured], at_ms: i64) {
        // What was measured stands for the member of its name.
        fields
            .0
            .retain(|(name, _)| measured.iter().all(|(metric, _)| metric.name() != *name));
        let mut line = fields.line();
        let mut left = measured;
        let members = |line: &[u8], left| {
            // But for the brace.
            let room = OUTCOME_BYTES.saturating_sub(line.len().saturating_add(1));
            let (members, left) = metrics::members(left, room, &self.stack, at_ms);
            (members.len() <= room, members, left)
        };
        if !left.is_empty()
            && let (true, members, rest) = members(&line, left)
        {
            line.extend_from_slice(members.as_bytes());
            left = rest;
        }
        self.write(line);
        while !left.is_empty() {
            let mut line = fields.of_the_invocation().line();
            let (_, members, rest) = members(&line, left);
            line.extend_from_slice(members.as_bytes());
            self.write(line);
            left = rest;
        }
    }

    /// Writes one line, at once, so that no two are mixed. Nobody can be told that it could not be written.
    fn write(&self, mut line: Vec<u8>) {
        if line.is_empty() {
            return;
        }
        line.extend_from_slice(b"}\n");
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writer.write_all(&line).and_then(|()| writer.flush());
    }
}

#[cfg(test)]
pub(crate) mod tests;
