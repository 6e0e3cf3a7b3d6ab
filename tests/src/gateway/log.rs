//! Reads the log of the functions line by line: each goes on to standard error and into the journal, and one that tells of a
//! confirmation tells there how it went.

use std::io::{self, Write};

use serde_json::{Value, json};
use tracing::Level;

use crate::journal::{Journal, Kind, Note, Party};

/// What the line of a confirmation that was accepted says, and of one that was not.
const ACCEPTED: &str = "confirmed";
const UNACCEPTED: &str = "not confirmed";

/// Takes the lines of functions, in this process or of another.
#[derive(Clone, Debug)]
pub struct LogReader {
    journal: Journal,
    /// What was written and has no end yet.
    begun: Vec<u8>,
    /// The lines of this level, and of those that are worse, go on to standard error.
    shown: Level,
}

/// Lets the functions of this process log to standard error and to `journal`, their own words from `level` on; what is
/// less than `shown` goes into the journal alone. The metrics are those of `stack`. It fails only where another log was started before, which is kept.
pub fn start(journal: &Journal, level: Level, shown: Level, stack: &str) {
    let reader = LogReader {
        shown,
        ..LogReader::new(journal.clone())
    };
    let subscriber = shared::log::subscriber(reader, level, stack);
    let _ = tracing::subscriber::set_global_default(subscriber);
}

impl LogReader {
    /// A reader that writes into `journal`.
    #[must_use]
    pub fn new(journal: Journal) -> Self {
        Self {
            journal,
            begun: Vec::new(),
            shown: Level::TRACE,
        }
    }

    /// Whether a line goes on to standard error; one that tells no level does.
    fn shows(&self, line: &str) -> bool {
        let fields: Value = serde_json::from_str(line).unwrap_or_default();
        let level: Option<Level> = fields["level"].as_str().and_then(|name| name.parse().ok());
        level.is_none_or(|level| level <= self.shown)
    }

    /// Writes into the journal what a line says; what is no line of a function it passes over.
    pub fn read(&self, line: &str) {
        // Before what cargo-lambda prints around it.
        let json = line.find('{').and_then(|begin| line.get(begin..));
        let Some(Value::Object(fields)) = json.and_then(|json| serde_json::from_str(json).ok())
        else {
            return;
        };
        if let (Some(_), Some(_)) = (fields.get("level"), fields.get("message")) {
            self.journal.record(note(&Value::Object(fields)));
        }
    }
}

impl Write for LogReader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.begun.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if self.shows(&line) {
                eprint!("{line}");
            }
            self.read(line.trim_end());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a line is in the journal.
fn note(line: &Value) -> Note {
    let message = line["message"].as_str().unwrap_or_default();
    let order_id = line["order.id"].as_str();
    let is_accepted = message == ACCEPTED;
    let is_unaccepted = line["host"].is_string() && message.contains(UNACCEPTED);
    if !(is_accepted || is_unaccepted) {
        return Note {
            kind: Kind::Log,
            from: Party::Functions,
            to: Party::Functions,
            order_id: order_id.map(str::to_owned),
            title: message.to_owned(),
            ok: (line["level"] == "ERROR").then_some(false),
            raw: line.clone(),
        };
    }
    let webhook_id = match (order_id, line["revision"].as_u64()) {
        (Some(id), Some(revision)) => Some(format!("{id}_{revision}")),
        _ => None,
    };
    let error = message.split_once(": ").map(|(_, reason)| reason);
    let status = line["status"].as_u64();
    let answer = status.map_or_else(
        || error.unwrap_or("no answer").to_owned(),
        |status| status.to_string(),
    );
    Note {
        kind: Kind::Confirmation,
        from: Party::Functions,
        to: Party::LeadsCalendar,
        order_id: order_id.map(str::to_owned),
        title: format!("confirmation: {answer}"),
        ok: Some(is_accepted),
        raw: json!({
            "host": line["host"],
            "webhookId": webhook_id,
            "httpStatus": status,
            "error": error,
            "durationMs": line["duration_ms"],
            "attempts": line["attempts"],
            "log": line,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_of_a_confirmation_tells_where_it_went_and_how_it_ended() {
        let journal = Journal::default();
        let mut reader = LogReader::new(journal.clone());
        let lines = concat!(
            r#"{"level":"INFO","message":"confirmed","order.id":"a","host":"h:1","revision":7,"status":200,"duration_ms":3}"#,
            "\n",
            r#"{"level":"WARN","message":"order a not confirmed yet: HTTP status 500","order.id":"a","host":"h:1","revision":7,"status":500,"duration_ms":3,"attempts":1}"#,
            "\n",
            r#"{"level":"WARN","message":"order a not confirmed yet: no connection: it was refused","order.id":"a","host":"h:1","revision":7,"duration_ms":3,"attempts":2}"#,
            "\n",
        );
        // A line may come in pieces.
        let (first, second) = lines.split_at(40);
        reader.write_all(first.as_bytes()).unwrap();
        assert_eq!(journal.since(0), []);
        reader.write_all(second.as_bytes()).unwrap();

        let told: Vec<_> = journal
            .since(0)
            .iter()
            .map(|entry| {
                assert_eq!(entry.kind, Kind::Confirmation);
                assert_eq!(
                    (entry.from, entry.to),
                    (Party::Functions, Party::LeadsCalendar)
                );
                assert_eq!(entry.order_id.as_deref(), Some("a"));
                assert_eq!(entry.raw["webhookId"], "a_7");
                assert_eq!(
                    (&entry.raw["host"], &entry.raw["durationMs"]),
                    (&json!("h:1"), &json!(3))
                );
                (entry.title.clone(), entry.ok, entry.raw["error"].clone())
            })
            .collect();
        let refused = "no connection: it was refused";
        assert_eq!(
            told,
            [
                ("confirmation: 200".to_owned(), Some(true), Value::Null),
                (
                    "confirmation: 500".to_owned(),
                    Some(false),
                    json!("HTTP status 500")
                ),
                (
                    format!("confirmation: {refused}"),
                    Some(false),
                    json!(refused)
                ),
            ]
        );
    }

    #[test]
    fn other_lines_are_the_functions_words_and_what_is_no_line_of_theirs_is_passed_over() {
        let journal = Journal::default();
        let reader = LogReader::new(journal.clone());
        for line in [
            "warning: unused {",
            r#"{"message":"no level"}"#,
            "[]",
            "",
            r#"{"level":"INFO","message":"order a answered","order.id":"a"}"#,
            r#"  get-order: {"level":"ERROR","message":"an operator must act: x"}"#,
        ] {
            reader.read(line);
        }

        let told: Vec<_> = journal
            .since(0)
            .iter()
            .map(|entry| {
                (
                    entry.kind,
                    entry.title.clone(),
                    entry.ok,
                    entry.order_id.clone(),
                )
            })
            .collect();
        let (answered, act) = (
            "order a answered".to_owned(),
            "an operator must act: x".to_owned(),
        );
        assert_eq!(
            told,
            [
                (Kind::Log, answered, None, Some("a".to_owned())),
                (Kind::Log, act, Some(false), None),
            ]
        );
    }
}
