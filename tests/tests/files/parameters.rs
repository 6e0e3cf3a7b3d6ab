//! The patterns of `template.yaml`'s parameters against the rules by which the functions read their settings: what a pattern
//! lets through must not stop every function at its start.

use regex_lite::Regex;
use sandbox::template::template;
use serde_json::Value;
use shared::config::{Needs, Settings};

use crate::stack::Stack;

/// Values of a parameter.
struct Cases {
    parameter: &'static str,
    /// Right for both.
    good: &'static [&'static str],
    /// Refused by both.
    bad: &'static [&'static str],
    /// Refused by the pattern alone: a function would start with it, and hardly as it was meant.
    doubtful: &'static [&'static str],
}

const CASES: [Cases; 5] = [
    Cases {
        parameter: "CallbackHosts",
        good: &[
            "app.example.com",
            "*.example.com",
            "app.example.com:8443",
            "App.Example.COM",
            "a1.example.com,*.b.example.com:65535, c-d.e--f.example:1",
            "xn--mnchen-3ya.de",
            "localhost:9200",
            "127.0.0.1:59999",
            "[::1]:9200",
        ],
        bad: &[
            "",
            "*",
            "*.",
            "https://app.example.com",
            "app.example.com/confirm",
            "app.example.com:0",
            "app.example.com:",
            "app.example.com:65536",
            "app.example.com:+443",
            ":8443",
            "*app.example.com",
            "a.*.example.com",
            "app.example.com.",
            ".example.com",
            "user@app.example.com",
            "a.example.com,,b.example.com",
            "a.example.com,",
            "a.example.com b.example.com",
            "10.0.0.1",
            "0x7f.1.1.1.1",
            "app.123",
            "*.127.0.0.1",
            "[::2]",
            "::1",
        ],
        doubtful: &[
            "example",
            "*.com",
            "127.0.0.2",
            "2130706433",
            "münchen.de",
            "a.example.com;b.example.com",
            "app_1.example.com",
        ],
    },
    Cases {
        parameter: "Fiats",
        good: &["USD", "USD,EUR", "USD, EUR"],
        bad: &[
            "usd",
            "USD,,EUR",
            "USD,",
            "U",
            "USDOLLARSOF",
            "US$",
            "USD EUR",
        ],
        doubtful: &[""],
    },
    Cases {
        parameter: "MaxPrice",
        good: &["1", "20000", "500.5", "0.01", "0.50", "999999999999.99"],
        bad: &["-1", "much", "1.", "1,5", ".5", "1 000"],
        doubtful: &["", "0", "0.00", "1e3", "007", "1.005"],
    },
    Cases {
        parameter: "BinanceBaseUrl",
        good: &[
            "https://bpay.binanceapi.com",
            "https://bpay.binanceapi.com:8443",
            "http://127.0.0.1:9100",
            "http://localhost:9100",
            "http://[::1]:9100",
        ],
        bad: &[
            "bpay.binanceapi.com",
            "ftp://bpay.binanceapi.com",
            "https://",
            "https://bpay.binanceapi.com/binancepay",
            "https://user@bpay.binanceapi.com",
            "https://bpay.binanceapi.com?a=b",
            "https://bpay.binanceapi.com#a",
            "https://bpay.binanceapi.com:0x",
            "https://bpay .binanceapi.com",
            "https://app.123",
        ],
        doubtful: &[
            "",
            "https://bpay.binanceapi.com/",
            "https://10.0.0.1",
            "http://bpay.binanceapi.com",
            "HTTPS://bpay.binanceapi.com",
        ],
    },
    Cases {
        parameter: "PublicUrl",
        good: &[
            "",
            "https://pay.example.com",
            "https://pay.example.com:8443",
            "http://127.0.0.1:4566",
            "http://a1b2c3.execute-api.localhost:4566",
        ],
        bad: &[
            "pay.example.com",
            "/pay",
            "ftp://pay.example.com",
            "https://user@pay.example.com",
            "https://pay.example.com?a=b",
            "https://pay.example.com#a",
            "https://pay example.com",
            "https://app.123",
        ],
        doubtful: &[
            "https://pay.example.com/",
            "https://pay.example.com/payments",
            "https://10.0.0.1",
        ],
    },
];

/// What a mistyped character may be.
const TYPED: &str = " .:-*/@[]%#?,_+xX09aZ\u{e4}\n";

/// What CloudFormation checks of a parameter.
struct Rules {
    pattern: Regex,
    longest: usize,
    is_list: bool,
}

impl Rules {
    fn of(parameter: &str) -> Self {
        let rules = template().unwrap()["Parameters"][parameter].take();
        Self {
            pattern: Regex::new(rules["AllowedPattern"].as_str().unwrap()).unwrap(),
            longest: rules["MaxLength"]
                .as_u64()
                .unwrap_or(4_096)
                .try_into()
                .unwrap(),
            is_list: rules["Type"] == "CommaDelimitedList",
        }
    }

    fn take(&self, value: &str) -> bool {
        let fits = |one: &str| self.pattern.is_match(one);
        let is_right = if self.is_list {
            value.split(',').all(|one| fits(one.trim()))
        } else {
            fits(value)
        };
        is_right && value.chars().count() <= self.longest
    }
}

/// Whether the functions start with what the template makes of the value.
fn starts(parameter: &str, value: &str) -> bool {
    // As an operator would, who gives an address without TLS.
    let allow_local = (
        "AllowLocal",
        if value.starts_with("http:") {
            "true"
        } else {
            "false"
        },
    );
    let environment = Stack::with(&[(parameter, value), allow_local]).environment("CreateOrder");
    let settings = Settings::read(Needs::Both, |name| match name {
        "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("set".to_owned()),
        name => environment.get(name).cloned(),
    });
    settings.is_ok()
}

#[test]
fn patterns_take_what_the_functions_take() {
    let mut faults = Vec::new();
    for cases in CASES {
        let rules = Rules::of(cases.parameter);
        for (values, wanted) in [
            (cases.good, (true, true)),
            (cases.bad, (false, false)),
            (cases.doubtful, (false, true)),
        ] {
            let found = |value: &&str| (rules.take(value), starts(cases.parameter, value));
            let wrong = values.iter().filter(|value| found(value) != wanted);
            faults.extend(wrong.map(|value| (cases.parameter, *value, wanted)));
        }
    }
    assert_eq!(
        faults,
        [],
        "each with whether it is to be taken, and to start"
    );
}

#[test]
fn no_mistyped_character_stops_every_function() {
    for cases in CASES {
        let rules = Rules::of(cases.parameter);
        for value in cases.good {
            for mistyped in mistyped(value) {
                // Whether what follows stands for a name no pattern can tell.
                if rules.take(&mistyped) && !mistyped.contains("xn--") {
                    let does_start = starts(cases.parameter, &mistyped);
                    assert!(does_start, "{}: {mistyped:?}", cases.parameter);
                }
            }
        }
    }
}

/// The value with one character too few, too many, or another.
fn mistyped(value: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (at, _) in value.char_indices().chain([(value.len(), ' ')]) {
        let (before, after) = value.split_at(at);
        let mut rest = after.chars();
        rest.next();
        all.push(format!("{before}{}", rest.as_str()));
        for typed in TYPED.chars() {
            all.push(format!("{before}{typed}{after}"));
            all.push(format!("{before}{typed}{}", rest.as_str()));
        }
    }
    all
}

#[test]
fn public_address_leaves_room_for_what_binance_takes() {
    let rules = Rules::of("PublicUrl");
    let label = "a".repeat(60);
    let url = |length: usize| {
        let url = format!("https://{label}.{label}.{label}.");
        format!("{url}{}", "e".repeat(length - url.len()))
    };
    let longest = rules.longest;

    assert!(rules.take(&url(longest)) && starts("PublicUrl", &url(longest)));
    assert!(!rules.take(&url(longest + 1)) && !starts("PublicUrl", &url(longest + 1)));
}

#[test]
fn every_text_that_is_typed_has_a_pattern_and_says_what_it_wants() {
    let template = template().unwrap();
    for (name, rules) in template["Parameters"].as_object().unwrap() {
        let is_number = rules["Type"] == "Number";
        let is_chosen = rules["AllowedValues"].is_array();
        let has_pattern = |key: &str| rules[key].is_string();
        let is_said = has_pattern("AllowedPattern") && has_pattern("ConstraintDescription");
        assert!(is_number || is_chosen || is_said, "{name}");
        if let Value::String(default) = &rules["Default"]
            && !is_chosen
        {
            assert!(Rules::of(name).take(default), "{name}: its default");
        }
    }
}
