//! What is printed: the table of what was injected and found, and the story of each order that differs.

use std::collections::BTreeMap;

use sandbox::leadscalendar::Mode;
use serde_json::Value;

use crate::drawn::name;
use crate::evidence::Evidence;
use crate::telling::is_owed;
use crate::verdict::{Finding, KINDS};
use crate::world::Settings;

/// Stories that are told in full; the others are counted.
const STORIES: usize = 4;

/// One column of the table.
type Counts = BTreeMap<String, u64>;

/// Everything that was injected and found.
pub fn print(settings: Settings, evidence: &Evidence, findings: &[Finding], secs: i64) {
    println!("\nInjected");
    print_counts(&injected(evidence));
    println!("\nFound");
    let mut statuses = Counts::new();
    let (mut late, mut gone, mut second, mut part) = (0, 0, 0, 0);
    for case in evidence.cases.values() {
        let Some(item) = &case.item else { continue };
        let status = item["status"].as_str().unwrap_or_default();
        count(&mut statuses, format!("orders {status}"));
        late += u64::from(item["late"] == true);
        gone += u64::from(is_owed(item));
        let paid = case.orders.iter().filter(|order| order.payment.is_some());
        second += u64::from(paid.count() > 1);
        let attempts = item["attempts"].as_array().into_iter().flatten();
        let is_part = |attempt: &Value| attempt["payment"]["refunded"] == "part";
        part += u64::from(attempts.into_iter().any(is_part));
    }
    print_counts(&statuses);
    for (what, number) in &evidence.seen {
        println!("{number:>8}  {what}");
    }
    let accepted = evidence.confirmations.iter().filter(|one| one.accepted);
    for (what, number) in [
        ("of them paid late", late),
        ("of them paid a second time, on purpose", second),
        ("of them refunded in part, of unknown size", part),
        ("of them not confirmed because LeadsCalendar is gone", gone),
        ("calls of Binance", len(evidence.calls.len())),
        ("calls of DynamoDB", len(evidence.store_calls.len())),
        ("calls of Secrets Manager", len(evidence.secrets_calls)),
        ("notifications delivered", len(evidence.deliveries)),
        ("confirmations", len(evidence.confirmations.len())),
        ("confirmations accepted", len(accepted.count())),
    ] {
        println!("{number:>8}  {what}");
    }
    for kind in KINDS {
        let number = findings.iter().filter(|one| one.sentence.starts_with(kind));
        println!("{:>8}  {kind}", number.count());
    }
    println!("{secs:>8}  seconds, seed {}", settings.seed);
}

/// What the stand-ins really played, and what the soak did itself.
fn injected(evidence: &Evidence) -> Counts {
    let mut counts = Counts::new();
    for (what, number) in &evidence.injected {
        counts.insert((*what).to_owned(), *number);
    }
    for call in &evidence.calls {
        if let Some(fault) = &call.fault {
            let on = call.path.rsplit('/').next().unwrap_or_default();
            count(&mut counts, format!("Binance, {on}: {}", name(fault)));
        }
    }
    for played in evidence.bends.iter().filter(|played| played.played > 0) {
        let bend = serde_json::to_value(played).unwrap();
        let on = bend["on"].as_str().unwrap_or_default();
        let changes = ["set", "remove", "twice", "quote", "body"];
        let change = changes.iter().find(|change| bend.get(**change).is_some());
        count(
            &mut counts,
            format!("bent, {on}: {}", change.unwrap_or(&"set")),
        );
    }
    for call in &evidence.store_calls {
        if let Some(fault) = call.fault {
            let fault = serde_json::to_value(fault).unwrap();
            let fault = fault["fault"].as_str().unwrap_or_default().to_owned();
            count(&mut counts, format!("DynamoDB: {fault} {}", call.operation));
        }
    }
    for confirmation in &evidence.confirmations {
        if confirmation.mode != Mode::Up {
            let mode = serde_json::to_value(confirmation.mode).unwrap();
            let mode = mode["mode"].as_str().unwrap_or_default().to_owned();
            count(&mut counts, format!("LeadsCalendar: {mode}"));
        }
    }
    counts
}

fn count(counts: &mut Counts, what: String) {
    *counts.entry(what).or_default() += 1;
}

fn len(number: usize) -> u64 {
    u64::try_from(number).unwrap()
}

fn print_counts(counts: &Counts) {
    for (what, number) in counts {
        println!("{number:>8}  {what}");
    }
}

/// The stories of the orders that differ.
pub fn tell(settings: Settings, evidence: &Evidence, findings: &[Finding]) {
    let mut orders = BTreeMap::<&str, Vec<&str>>::new();
    for finding in findings {
        let sentences = orders.entry(&finding.order_id).or_default();
        sentences.push(&finding.sentence);
    }
    for (order_id, sentences) in orders.iter().take(STORIES) {
        println!("\nOrder {order_id}, seed {}:", settings.seed);
        for sentence in sentences {
            println!("  {sentence}");
        }
        tell_one(settings, evidence, order_id);
    }
    if orders.len() > STORIES {
        println!("\nand {} more orders:", orders.len() - STORIES);
    }
    for (order_id, sentences) in orders.iter().skip(STORIES) {
        println!("  {order_id}  {}", sentences.join("; "));
    }
}

fn tell_one(settings: Settings, evidence: &Evidence, order_id: &str) {
    let case = evidence.cases.get(order_id);
    let number = case.and_then(super::evidence::Case::number).or_else(|| {
        let number = order_id.strip_prefix("soak ")?;
        number.parse().ok()
    });
    if let Some(number) = number {
        println!(
            "  script  {:?}",
            crate::script::Script::of(settings.seed, number)
        );
        for told in evidence.told.get(&number).into_iter().flatten() {
            println!(
                "  client  {} told {:?}: {}",
                told.at_ms, told.status, told.body
            );
        }
    }
    let Some(case) = case else { return };
    if let Some(item) = &case.item {
        println!("  item    {item}");
    }
    for order in &case.orders {
        let hidden = evidence.hidden.contains(&order.merchant_trade_no);
        let order = serde_json::to_string(order).unwrap();
        println!("  Binance hidden {hidden}: {order}");
    }
    for call in &case.calls {
        println!("  call    {}", serde_json::to_string(call).unwrap());
    }
    for delivery in &case.deliveries {
        println!(
            "  notice  {} {} #{} acknowledged {}: {:?} {:?} {}",
            delivery.at_ms,
            delivery.biz_status,
            delivery.attempt,
            delivery.acknowledged,
            delivery.answer,
            delivery.error,
            delivery.body
        );
    }
    for confirmation in &case.confirmations {
        println!("  confirm {}", serde_json::to_string(confirmation).unwrap());
    }
}
