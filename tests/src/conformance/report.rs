//! What was seen, beside what is believed.

use std::fmt::Write as _;

use serde::Serialize;

use super::beliefs::{BELIEFS, Belief, MEASURED, NOT_PUBLISHED};
use super::call::Seen;

/// How what is believed and what was seen compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It is as believed.
    Same,
    /// Nobody has published it; what was seen is one of the answers that the service can live with.
    Open,
    /// It is something else.
    Differs,
    /// It could not be tried.
    NotSeen,
}

/// A belief and what was seen.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The belief.
    pub id: &'static str,
    /// What was tried.
    pub tried: &'static str,
    /// What is believed: one of these.
    pub believed: &'static [&'static str],
    /// What was seen, in the same words; why not, where nothing was.
    pub seen: String,
    /// More of what was seen.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// How the two compare.
    pub verdict: Verdict,
    /// Where the belief comes from.
    pub source: &'static str,
}

/// All of it, in the order of the beliefs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// A row for each belief.
    pub rows: Vec<Row>,
}

impl Report {
    /// What a call was answered.
    pub(super) fn saw(&mut self, id: &'static str, seen: &Seen) {
        let http = match seen.http {
            200 => String::new(),
            other if seen.code.starts_with("HTTP") => format!("no code in HTTP {other}"),
            other => format!("HTTP {other}"),
        };
        let words = [http.as_str(), &seen.words];
        let words: Vec<&str> = words.into_iter().filter(|it| !it.is_empty()).collect();
        self.saw_of(id, seen.outcome(), &words.join(", "));
    }

    /// Anything else that was seen.
    pub(super) fn saw_of(&mut self, id: &'static str, seen: &str, detail: &str) {
        let belief = belief(id);
        let verdict = match belief.is_met_by(seen) {
            true if belief.source == NOT_PUBLISHED => Verdict::Open,
            true => Verdict::Same,
            false => Verdict::Differs,
        };
        self.add(belief, verdict, seen, detail);
    }

    /// It was left out.
    pub(super) fn not_seen(&mut self, id: &'static str, why: &str) {
        self.add(belief(id), Verdict::NotSeen, why, "");
    }

    fn add(&mut self, belief: &'static Belief, verdict: Verdict, seen: &str, detail: &str) {
        self.rows.push(Row {
            id: belief.id,
            tried: belief.tried,
            believed: belief.believed,
            seen: seen.to_owned(),
            detail: detail.to_owned(),
            verdict,
            source: belief.source,
        });
    }

    /// In the order of the beliefs, none of them missing.
    pub(super) fn complete(mut self) -> Self {
        for belief in &BELIEFS {
            if !self.rows.iter().any(|row| row.id == belief.id) {
                self.not_seen(belief.id, "not tried, as what it needs was not there");
            }
        }
        let place = |row: &Row| BELIEFS.iter().position(|belief| belief.id == row.id);
        self.rows.sort_by_key(place);
        self
    }

    /// The rows of this verdict.
    pub fn of(&self, verdict: Verdict) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.verdict == verdict)
    }

    /// The table for people, what differs again at its end.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = line("", "TRIED", "BELIEVED", "SEEN");
        for row in &self.rows {
            let mark = match row.verdict {
                Verdict::Same => "ok",
                Verdict::Open => "open",
                Verdict::Differs => "DIFFERS",
                Verdict::NotSeen => "-",
            };
            table += &line(mark, row.tried, &row.expected(), &row.all_seen());
        }
        let count = |verdict| self.of(verdict).count();
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "\n{} as believed, {} open (not published; whatever was seen is known to do no harm), {} not seen, {} different.",
            count(Verdict::Same),
            count(Verdict::Open),
            count(Verdict::NotSeen),
            count(Verdict::Differs)
        );
        for row in self.of(Verdict::Differs) {
            let _ = writeln!(
                table,
                "\nDIFFERS: {} ({})\n  believed  {}, by: {}\n  seen      {}",
                row.tried,
                row.id,
                row.expected(),
                row.source,
                row.all_seen()
            );
        }
        table
    }
}

impl Row {
    fn expected(&self) -> String {
        if self.believed == MEASURED {
            return "not known".to_owned();
        }
        self.believed.join(" or ")
    }

    fn all_seen(&self) -> String {
        if self.detail.is_empty() {
            self.seen.clone()
        } else if self.seen.is_empty() {
            self.detail.clone()
        } else {
            format!("{}: {}", self.seen, self.detail)
        }
    }
}

fn line(mark: &str, tried: &str, believed: &str, seen: &str) -> String {
    let line = format!("{mark:<8}{tried:<52}  {believed:<28}  {seen}");
    format!("{}\n", line.trim_end())
}

fn belief(id: &str) -> &'static Belief {
    let belief = BELIEFS.iter().find(|belief| belief.id == id);
    belief.expect("what is tried is on the list of beliefs")
}
