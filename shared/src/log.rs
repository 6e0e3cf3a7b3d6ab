//! The log: one JSON object a line, which Lambda collects from standard output.
//!
//! `timestamp` is first, then `level`, `message` and the fields, each once: those of the spans around the line from the
//! outermost on, which is the invocation with its `request_id`, then the line's own, which take the place of a span's.

use std::fmt::{Debug, Display};
use std::io::{self, Write};
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

/// The programs that are ours, as `tracing` calls them.
const OURS: [&str; 5] = [
    "shared",
    "binance_callback",
    "create_order",
    "get_order",
    "reconcile_orders",
];

/// Starts the log of this process.
///
/// Our own lines are written from the level on that Lambda's `AWS_LAMBDA_LOG_LEVEL`, or `RUST_LOG`, names, `INFO` without;
/// those of libraries from `WARN` on. A panic is a line like any other.
pub fn start(lookup: impl Fn(&str) -> Option<String>) {
    let named = lookup("AWS_LAMBDA_LOG_LEVEL").or_else(|| lookup("RUST_LOG"));
    let level = named.and_then(|level| level.parse().ok());
    let subscriber = subscriber(io::stdout(), level.unwrap_or(Level::INFO));
    // It fails only where another log was started before.
    let _ = tracing::subscriber::set_global_default(subscriber);
    std::panic::set_hook(Box::new(|panic| {
        // Not what it says, which can quote the value it stumbled over.
        let at = panic.location().map(ToString::to_string);
        let at = at.as_deref().unwrap_or("a place unknown");
        error!(at, "a bug: the program panicked at {at}");
    }));
}

/// What writes lines to `writer`: ours from `level` on, those of libraries from `WARN` on.
pub fn subscriber(
    writer: impl Write + Send + 'static,
    level: Level,
) -> impl Subscriber + Send + Sync {
    let levels = Targets::new()
        .with_default(level.min(Level::WARN))
        .with_targets(OURS.map(|ours| (ours, level)))
        // It repeats, without the invocation's id, what a function says itself of its failure.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF);
    let lines = Lines {
        writer: Mutex::new(writer),
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
        let time = Timestamp::from_millisecond(now_ms()).unwrap_or(Timestamp::UNIX_EPOCH);
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
        self.write(fields);
    }
}

impl<W: Write> Lines<W> {
    /// Writes one line, at once, so that no two are mixed. Nobody can be told that it could not be written.
    fn write(&self, Fields(fields): Fields) {
        let mut line = Vec::with_capacity(512);
        if serde_json::Serializer::new(&mut line)
            .collect_map(fields)
            .is_ok()
        {
            line.push(b'\n');
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = writer.write_all(&line).and_then(|()| writer.flush());
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
