//! The tables of DESIGN.md, in the section that says what the service costs.

use rust_decimal::Decimal;

const DESIGN: &str = include_str!("../../../DESIGN.md");
const SECTION: &str = "\n## What does it cost, and what is reached first?\n";

/// A table: its head, then its rows, each with its name in the first cell.
pub struct Table(Vec<Vec<&'static str>>);

/// The section.
pub fn section() -> &'static str {
    let (_, section) = DESIGN.split_once(SECTION).unwrap();
    section.split("\n## ").next().unwrap()
}

/// The table whose first heading is `heading`.
pub fn table(heading: &str) -> Table {
    let lines = section().lines().map(cells);
    let mut lines = lines.skip_while(|cells| cells.first() != Some(&heading));
    let head = lines
        .next()
        .unwrap_or_else(|| panic!("no table of {heading}"));
    let rows = lines.skip(1).take_while(|cells| cells.len() == head.len());
    Table([head.clone()].into_iter().chain(rows).collect())
}

fn cells(line: &'static str) -> Vec<&'static str> {
    let inner = line
        .strip_prefix("| ")
        .and_then(|line| line.strip_suffix(" |"));
    inner.map_or_else(Vec::new, |inner| inner.split(" | ").collect())
}

impl Table {
    /// The names of the rows.
    pub fn rows(&self) -> Vec<&'static str> {
        self.0.iter().skip(1).map(|row| row[0]).collect()
    }

    /// The number in a row, in the column of that heading; `-` is none.
    pub fn number(&self, row: &str, column: &str) -> Decimal {
        let column = self.0[0].iter().position(|heading| *heading == column);
        let found = self.0.iter().find(|cells| cells[0] == row);
        let cell = found.unwrap_or_else(|| panic!("no row {row}"))[column.unwrap()];
        if cell == "-" {
            return Decimal::ZERO;
        }
        // Thousands are set apart.
        let number = cell.replace(' ', "").parse();
        number.unwrap_or_else(|_| panic!("{row}: {cell} is no number"))
    }
}
