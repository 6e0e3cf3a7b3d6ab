//! What all pages share: the frame around them, and how a moment, a length of time and a status are written.

use maud::{DOCTYPE, Markup, html};

use crate::clock;

/// The pages, by address and name.
const PAGES: [(&str, &str); 3] = [
    ("/", "Orders"),
    ("/console/misbehave", "Misbehave"),
    ("/console/verify", "Verify"),
];

/// A whole page; `here` is the address of the one that is shown.
pub(super) fn whole(title: &str, here: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Sandbox" }
                link rel="stylesheet" href="/console/style.css";
                script src="/console/script.js" defer {}
            }
            body {
                a.skip href="#content" { "To the content" }
                header {
                    strong { "Sandbox" }
                    nav aria-label="Pages" {
                        @for (address, name) in PAGES {
                            a href=(address) aria-current=[(here == address).then_some("page")] { (name) }
                        }
                    }
                    span #live role="status" {}
                }
                main #content tabindex="-1" { (content) }
            }
        }
    }
}

/// The time of day in UTC, to the millisecond, with the whole moment for who points at it.
pub(super) fn time(ms: i64) -> Markup {
    let whole = clock::rfc3339(ms);
    let of_day = whole.get(11..19).unwrap_or_default();
    html! { time datetime=(whole) title=(whole) { (of_day) "." (format!("{:03}", ms.rem_euclid(1000))) } }
}

/// How long ago something was; the script lets it grow.
pub(super) fn age(ms: i64) -> Markup {
    html! { span data-age-ms=(ms) { (length(ms)) } }
}

/// A length of time in the words that `script.js` uses too.
fn length(ms: i64) -> String {
    match ms.max(0) / 1000 {
        secs @ 0..120 => format!("{secs} s"),
        secs @ 120..7200 => format!("{} min", secs / 60),
        secs @ 7200..172_800 => format!("{} h", secs / 3600),
        secs => format!("{} days", secs / 86_400),
    }
}

/// A status, coloured by what it means.
pub(super) fn status(status: &str) -> Markup {
    html! { span.status data-status=(status) { (status) } }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn a_length_of_time_is_told_in_the_unit_that_suffices() {
        for (ms, words) in [
            (-5, "0 s"),
            (119_999, "119 s"),
            (120_000, "2 min"),
            (7_200_000, "2 h"),
            (172_800_000, "2 days"),
        ] {
            assert_eq!(length(ms), words);
        }
    }
}
