//! Weaves mutants into a copy of the sources, each behind a switch, so that all are compiled at once.
//!
//! `mutants ROOT <list.json`: the list is that of `cargo mutants --list --json`, each entry with the `number` it is switched on
//! by. Rewrites the files below `ROOT`, and prints the numbers that could not be woven in, one a line. What is woven in
//! for number 7 stands between `/*<7*/` and `/*7>*/`.

mod find;
mod weave;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use serde::Deserialize;

/// One mutant, as cargo-mutants lists it.
#[derive(Clone, Debug, Deserialize)]
struct Mutant {
    number: usize,
    file: String,
    genre: String,
    package: String,
    replacement: String,
    span: Span,
}

/// Where it is.
#[derive(Clone, Debug, Deserialize)]
struct Span {
    start: Place,
}

/// A place in a file; lines and columns are counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    line: usize,
    column: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = std::env::args().nth(1).ok_or("which folder?")?;
    let mutants: Vec<Mutant> = serde_json::from_reader(std::io::stdin().lock())?;
    let mut by_file: BTreeMap<String, Vec<Mutant>> = BTreeMap::new();
    for mutant in mutants {
        by_file.entry(mutant.file.clone()).or_default().push(mutant);
    }
    for (file, mutants) in by_file {
        let path = Path::new(&root).join(&file);
        let source = std::fs::read_to_string(&path)?;
        let (woven, left) =
            weave::file(&source, &mutants).map_err(|error| format!("{file}: {error}"))?;
        std::fs::write(&path, woven)?;
        for number in left {
            println!("{number}");
        }
    }
    Ok(())
}
