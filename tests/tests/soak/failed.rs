//! Seeds that failed once: `failed.txt`, each played again whenever the tests are.

use std::str::FromStr;

/// A line of the list.
#[derive(Debug, PartialEq, Eq)]
pub struct Failed {
    /// What was played.
    pub what: What,
    pub seed: u64,
    /// How many of it, since a seed draws for each by its number.
    pub count: u64,
}

/// What can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Orders,
    Bookings,
    Races,
}

/// The list's part that is played by this suite.
pub fn failed(what: What) -> Vec<Failed> {
    let all = read(include_str!("failed.txt")).unwrap_or_else(|problem| panic!("{problem}"));
    all.into_iter()
        .filter(|failed| failed.what == what)
        .collect()
}

/// The line for what has failed now.
pub fn line(what: What, seed: u64, count: u64) -> String {
    let what = format!("{what:?}").to_lowercase();
    format!("put into tests/tests/soak/failed.txt what this was: {what} {seed} {count} # why")
}

fn read(list: &str) -> Result<Vec<Failed>, String> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines.map(str::parse).collect()
}

impl FromStr for Failed {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let wrong = || format!("failed.txt: {line:?} is not as `orders 7 150 # why`");
        let (words, why) = line.split_once(" # ").ok_or_else(wrong)?;
        let words: Vec<&str> = words.split(' ').collect();
        let ([what, seed, count], false) = (words.as_slice(), why.is_empty()) else {
            return Err(wrong());
        };
        let what = match *what {
            "orders" => What::Orders,
            "bookings" => What::Bookings,
            "races" => What::Races,
            _ => return Err(wrong()),
        };
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        Ok(Self {
            what,
            seed: number(seed)?,
            count: number(count)?,
        })
    }
}

#[test]
fn line_that_a_failure_prints_can_be_put_into_the_list() {
    for what in [What::Orders, What::Bookings, What::Races] {
        let printed = line(what, 7, 25);
        let (_, put) = printed.split_once(": ").unwrap();
        let expected = Failed {
            what,
            seed: 7,
            count: 25,
        };
        assert_eq!(read(put), Ok(vec![expected]));
    }
    for wrong in [
        "orders 7",
        "orders 7 25",
        "orders x 25 # why",
        "days 7 25 # why",
        "",
    ] {
        assert!(wrong.parse::<Failed>().unwrap_err().contains("# why"));
    }
}
