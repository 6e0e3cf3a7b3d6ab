//! The lists of Python packages: what is asked for, and what is installed for it.

use std::collections::BTreeMap;

const RUN: [&str; 2] = [
    include_str!("../../../requirements.in"),
    include_str!("../../../requirements.txt"),
];
const CHECK: [&str; 2] = [
    include_str!("../../../requirements-check.in"),
    include_str!("../../../requirements-check.txt"),
];
const API: [&str; 2] = [
    include_str!("../../../requirements-api.in"),
    include_str!("../../../requirements-api.txt"),
];
const CLIENTS: [&str; 2] = [
    include_str!("../../../requirements-clients.in"),
    include_str!("../../../requirements-clients.txt"),
];
const PEERS: [&str; 2] = [
    include_str!("../../../requirements-peers.in"),
    include_str!("../../../requirements-peers.txt"),
];
const REHEARSE: [&str; 2] = [
    include_str!("../../../requirements-rehearse.in"),
    include_str!("../../../requirements-rehearse.txt"),
];

/// What a list names, `package==version`, with the number of hashes behind each.
fn pins(text: &str) -> BTreeMap<&str, usize> {
    let lines = text.lines().filter(|line| !line.starts_with(['#', '-']));
    let (mut pins, mut last) = (BTreeMap::new(), "");
    for line in lines {
        if line.trim_start().starts_with("--hash=sha256:") {
            *pins.get_mut(last).unwrap() += 1;
        } else {
            last = line.split([' ', ';']).next().unwrap();
            pins.insert(last, 0);
        }
    }
    pins
}

#[test]
fn what_is_asked_for_is_pinned_and_every_pin_has_its_hashes() {
    for [asked, pinned] in [RUN, CHECK, API, CLIENTS, PEERS, REHEARSE] {
        let all_pins = pins(pinned);
        for asked in pins(asked).into_keys() {
            assert!(all_pins.contains_key(asked), "{asked} is not pinned");
        }
        for (pin, hashes) in all_pins {
            assert!(pin.contains("==") && hashes > 0, "{pin}: {hashes} hashes");
        }
        assert!(!pinned.contains("://"), "an index is named");
    }
}

#[test]
fn what_runs_is_the_same_when_it_is_checked() {
    let checked = pins(CHECK[1]);
    for pin in pins(RUN[1]).into_keys() {
        assert!(
            checked.contains_key(pin),
            "{pin} is another one for checking"
        );
    }
}
