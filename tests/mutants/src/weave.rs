//! Rewrites a file: beside what stands there each mutant of it, behind its switch.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::Mutant;
use crate::find::{self, Piece};

/// What is done to one piece of syntax: its mutants, each with what it changes.
#[derive(Default)]
struct Change<'a> {
    range: Range<usize>,
    mutants: Vec<(&'a Mutant, Piece)>,
}

/// The source with the mutants woven in, and the numbers of those that could not be.
pub(crate) fn file(source: &str, mutants: &[Mutant]) -> syn::Result<(String, Vec<usize>)> {
    let pieces = find::pieces(&syn::parse_file(source)?);
    // By where they are, the outer before the inner.
    let mut changes: BTreeMap<(usize, usize, bool), Change<'_>> = BTreeMap::new();
    let mut left = Vec::new();
    for mutant in mutants {
        let found = pieces.get_key_value(&(mutant.genre.as_str(), mutant.span.start));
        let Some((_, piece)) = found else {
            left.push(mutant.number);
            continue;
        };
        let range = range(piece);
        let is_expression = !matches!(piece, Piece::Arm { .. });
        let at = (range.start, usize::MAX - range.end, is_expression);
        let change = changes.entry(at).or_default();
        change.range = range;
        change.mutants.push((mutant, piece.clone()));
    }
    let changes: Vec<Change<'_>> = changes.into_values().collect();
    let weaver = Weaver { source, changes };
    Ok((weaver.woven(0..source.len(), 0), left))
}

/// What is rewritten of a piece.
fn range(piece: &Piece) -> Range<usize> {
    match piece {
        Piece::Body(whole)
        | Piece::Binary { whole, .. }
        | Piece::Unary { whole, .. }
        | Piece::Field { whole, .. } => whole.clone(),
        Piece::Arm { pattern_end, guard } => guard.clone().unwrap_or(*pattern_end..*pattern_end),
    }
}

struct Weaver<'a> {
    source: &'a str,
    changes: Vec<Change<'a>>,
}

impl Weaver<'_> {
    fn text(&self, range: Range<usize>) -> &str {
        self.source.get(range).unwrap_or_default()
    }

    /// The text of `within`, where the changes from the `first` on are made that lie in it.
    fn woven(&self, within: Range<usize>, first: usize) -> String {
        let mut made = String::new();
        let mut from = within.start;
        for (at, change) in self.changes.iter().enumerate().skip(first) {
            if change.range.start > within.end {
                break;
            }
            if change.range.start < from || change.range.end > within.end {
                continue;
            }
            made.push_str(self.text(from..change.range.start));
            let inner = self.woven(change.range.clone(), at + 1);
            made.push_str(&self.changed(change, &inner));
            from = change.range.end;
        }
        made.push_str(self.text(from..within.end));
        made
    }

    /// A piece of syntax with its mutants beside it; `inner` is what stands there otherwise.
    fn changed(&self, change: &Change<'_>, inner: &str) -> String {
        let mut made = inner.to_owned();
        for (mutant, piece) in &change.mutants {
            let is_on = condition(mutant);
            made = match piece {
                Piece::Body(_) => {
                    let returns = format!("if {is_on} {{ return {}; }}", mutant.replacement);
                    format!("{}{made}", marked(mutant, &returns))
                }
                Piece::Arm { guard, .. } => guarded(mutant, guard.is_some(), &made),
                Piece::Binary { .. } | Piece::Unary { .. } | Piece::Field { .. } => {
                    let instead = self.instead(piece, mutant);
                    let branch = format!("if {is_on} {{ {instead} }} else ");
                    format!("({}{{ {made} }})", marked(mutant, &branch))
                }
            };
        }
        made
    }

    /// What a mutant has instead of an expression.
    fn instead(&self, piece: &Piece, mutant: &Mutant) -> String {
        let by = &mutant.replacement;
        match piece {
            Piece::Binary { left, right, .. } => {
                let (left, right) = (self.text(left.clone()), self.text(right.clone()));
                format!("{left} {by} {right}")
            }
            Piece::Unary { of, .. } => format!("{by}{}", self.text(of.clone())),
            Piece::Field { whole, field } => {
                let before = self.text(whole.start..field.start);
                format!("{before}{}", self.text(field.end..whole.end))
            }
            Piece::Body(_) | Piece::Arm { .. } => String::new(),
        }
    }
}

/// The guard of an arm whose guard, or which itself, is mutated; an arm without one is `made` one.
fn guarded(mutant: &Mutant, is_there: bool, made: &str) -> String {
    let is_on = condition(mutant);
    let (guard, before) = match (mutant.genre.as_str(), mutant.replacement.as_str()) {
        ("MatchArmGuard", "true") => (made, format!("{is_on} || ")),
        _ if is_there => (made, format!("!{is_on} && ")),
        _ => ("true", format!("!{is_on} && ")),
    };
    let guard = format!("({}({guard}))", marked(mutant, &before));
    if is_there {
        guard
    } else {
        format!(" if {guard}")
    }
}

/// Whether a mutant is switched on.
fn condition(mutant: &Mutant) -> String {
    let path = if mutant.package == "shared" {
        "crate"
    } else {
        "shared"
    };
    format!("{path}::switched_on({})", mutant.number)
}

fn marked(mutant: &Mutant, text: &str) -> String {
    let number = mutant.number;
    format!("/*<{number}*/{text}/*{number}>*/")
}
