//! Texts that show nothing, or that would look like another: refused. What merely looks unusual is somebody's language.

use serde_json::json;

use crate::bad_fields::assert_refused;
use crate::problem::assert_untouched;
use crate::world::World;

const TEXTS: [(&str, usize); 2] = [("description", 256), ("reference", 64)];

/// What shows nothing: fillers, joiners, marks, selectors, tags, every kind of space, alone or together.
const INVISIBLE: [&str; 26] = [
    "\u{200b}\u{200b}",
    "\u{200c}\u{200d}\u{200e}\u{200f}",
    "\u{2060}\u{2061}\u{2064}",
    "\u{2065}\u{206a}\u{206f}",
    "\u{feff}",
    "\u{ad}",
    "\u{34f}",
    "\u{61c}",
    "\u{115f}",
    "\u{1160}",
    "\u{17b4}\u{17b5}",
    "\u{180b}\u{180c}\u{180d}\u{180e}\u{180f}",
    "\u{3164}",
    "\u{ffa0}",
    "\u{2800}\u{2800}",
    "\u{fe00}\u{fe0f}",
    "\u{fff0}\u{fff8}",
    "\u{1bca0}\u{1bca3}",
    "\u{1d173}\u{1d17a}",
    "\u{e0001}\u{e0020}\u{e007f}",
    "\u{e0100}\u{e01ef}",
    "\u{202e}\u{202c}",
    "\u{2066}\u{2069}",
    " \u{a0}\u{1680}\u{2000}\u{200a}\u{202f}\u{205f}\u{3000}",
    "\u{2028}\u{2029}\u{85}",
    "\u{3164} \u{200b}\u{fe0f}\u{2800}\u{e0100}",
];

fn quoted(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| json!(text).to_string()).collect()
}

async fn assert_texts_refused(world: &World, field: &str, rule: &str, texts: &[&str]) {
    let raws = quoted(texts);
    let raws: Vec<&str> = raws.iter().map(String::as_str).collect();
    assert_refused(world, field, rule, &raws).await;
}

#[tokio::test]
async fn text_without_anything_visible_is_refused() {
    let world = World::start().await;
    for (field, longest) in TEXTS {
        let rule = format!("must be 1 to {longest} characters long and have something visible");
        assert_texts_refused(&world, field, &rule, &INVISIBLE).await;
    }
    assert_untouched(&world);
}

#[tokio::test]
async fn text_that_reorders_what_follows_is_refused() {
    let world = World::start().await;
    let rule = "must not contain bidirectional embeddings, overrides or isolates";
    let reordering = [
        '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}',
        '\u{2068}', '\u{2069}',
    ];
    let texts = reordering.map(|char| format!("1 USD{char}DSU 001"));
    for (field, _) in TEXTS {
        assert_texts_refused(&world, field, rule, &texts.each_ref().map(String::as_str)).await;
    }
    assert_untouched(&world);
}

#[tokio::test]
async fn text_of_more_than_one_line_is_refused() {
    let world = World::start().await;
    let rule = "must not contain control characters or line separators";
    let texts = ["a\nb", "a\rb", "a\u{85}b", "a\u{2028}b", "a\u{2029}b"];
    for (field, _) in TEXTS {
        assert_texts_refused(&world, field, rule, &texts).await;
    }
    assert_untouched(&world);
}

#[tokio::test]
async fn text_in_any_language_is_passed_on_to_the_letter() {
    let world = World::start().await;
    for text in [
        // Right to left, with the marks that go with it.
        "שלום\u{200f}!",
        "\u{61c}مرحبا",
        "\u{200e}1 USD",
        // Joined by what cannot be seen itself.
        "👩\u{200d}💻",
        "می\u{200c}خواهم",
        "❤\u{fe0f}",
        "🏴\u{e0067}\u{e0062}\u{e007f}",
        "ᠮᠣᠩ\u{180b}",
        "soft\u{ad}hyphen",
        "e\u{301}",
        "\u{200b}.",
    ] {
        let mut body = world.four_fields();
        body["description"] = json!(text);
        body["reference"] = json!(text);

        let answer = world.create(&body).await;

        assert_eq!(answer.status, 201, "{text}: {}", answer.text);
        let item = world.item(&answer.text_of("orderId"));
        assert_eq!(item["request"]["description"], text);
        assert_eq!(answer.json()["reference"], text);
    }
}
