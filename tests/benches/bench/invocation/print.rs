//! The figures, to be read by people and by programs.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::figures::{Row, hundredths};
use super::file::Size;
use super::goals::GOALS;

/// A column: its title, its width, and what stands in it, by the row and the echo's.
type Column = (&'static str, usize, fn(&Row, &Row) -> String);

const COLUMNS: [Column; 17] = [
    ("init CPU", 9, |row, _| us(row.init.cpu)),
    ("init", 9, |row, _| us(row.init.wall)),
    ("1st CPU", 9, |row, _| us(row.first.cpu)),
    ("1st", 9, |row, _| us(row.first.wall)),
    ("est128", 9, |row, _| us(row.est128)),
    ("E", 7, |row, echo| {
        decimal(hundredths(row.est128, echo.est128))
    }),
    ("CPU", 7, |row, _| us(row.warm_cpu)),
    ("E", 7, |row, echo| {
        decimal(hundredths(row.warm_cpu, echo.warm_cpu))
    }),
    ("p50", 7, |row, _| us(row.warm[0])),
    ("p90", 7, |row, _| us(row.warm[1])),
    ("p99", 7, |row, _| us(row.warm[2])),
    ("memory", 8, |row, _| row.peak_kib.to_string()),
    ("E", 7, |row, echo| {
        decimal(row.peak_kib * 100 / echo.peak_kib.max(1))
    }),
    ("binary", 8, |row, _| {
        kib(Some(row.size), |size| size.binary)
    }),
    ("zip", 7, |row, _| kib(Some(row.size), |size| size.zip)),
    ("1st trips", 10, |row, _| trips(row, 0)),
    ("trips", 6, |row, _| trips(row, 1)),
];

/// What is there only if it was built.
const OF_ARM64: [Column; 2] = [
    ("arm64", 9, |row, _| kib(row.arm64, |size| size.binary)),
    ("zip", 7, |row, _| kib(row.arm64, |size| size.zip)),
];

pub fn table(rows: &[Row]) {
    let Some(echo) = rows.first() else { return };
    println!(
        "\nEach beside the echo (E), in turn, on this machine's processor; everybody they talk to answers at once, over TLS.\n\
         Times in µs, medians; p50 to p99 by the clock. est128: a cold start with 128 MB. Sizes in KiB.\n\
         Trips: round trips, one after the other, of the first invocation and of the others.\n"
    );
    let mut columns = COLUMNS.to_vec();
    if rows.iter().any(|row| row.arm64.is_some()) {
        columns.extend(OF_ARM64);
    }
    let line = |name: &str, cells: &dyn Fn(&Column) -> String| {
        let cells = columns.iter().map(|column| {
            let width = column.1;
            format!("{:>width$}", cells(column))
        });
        println!("{name:<27}{}", cells.collect::<String>());
    };
    line("", &|(title, ..)| (*title).to_owned());
    for row in rows {
        line(row.subject.name(), &|(.., cell)| cell(row, echo));
    }
}

pub fn goals(rows: &[Row]) {
    println!(
        "\n{:<46}{:>9}{:>9}{:>12}",
        "in E", "measured", "to reach", "to strive for"
    );
    for goal in GOALS {
        let Some(value) = goal.value(rows) else {
            continue;
        };
        let verdict = match value {
            value if value <= goal.strive_for => "   both reached",
            value if value <= goal.reach => "   reached",
            _ => "   MISSED",
        };
        let [value, reach, strive_for] = [value, goal.reach, goal.strive_for].map(decimal);
        println!(
            "{:<46}{value:>9}{reach:>9}{strive_for:>12}{verdict}",
            goal.name
        );
    }
    println!();
}

pub fn json(rows: &[Row]) -> Value {
    let Some(echo) = rows.first() else {
        return Value::Null;
    };
    let of = |row: &Row| (row.subject.name().to_owned(), row.json(echo));
    json!({ "subjects": rows.iter().map(of).collect::<Map<_, _>>() })
}

fn us(time: Duration) -> String {
    time.as_micros().to_string()
}

fn kib(size: Option<Size>, of: fn(Size) -> u64) -> String {
    size.map_or("-".to_owned(), |size| (of(size) / 1024).to_string())
}

fn trips(row: &Row, which: usize) -> String {
    let trips = row.round_trips.map(|trips| trips[which]);
    trips.map_or("-".to_owned(), |trips| trips.to_string())
}

fn decimal(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
