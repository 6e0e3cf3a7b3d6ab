//! Orders to work on: two made by the functions themselves, one that waits for its payer and one that LeadsCalendar is
//! owed the payment of, and as many copies of them under other ids as are wanted.

use std::path::Path;
use std::time::Duration;

use sandbox::binance::Play;
use sandbox::lambda::{Function, Outcome};
use sandbox::leadscalendar::Mode;
use sandbox::{Sandbox, clock, random};
use serde_json::{Value, json};

use crate::invocation::subject::{self, Subject};
use crate::table::Table;

/// Since when the copies are due.
const DUE_SINCE_MS: i64 = 30_000;

/// What is to be paid, as Binance said when it opened the checkout.
#[derive(Clone)]
pub struct Terms {
    pub prepay_id: String,
    pub total_fee: String,
    pub currency: String,
}

/// The two items that all others are copies of.
pub struct Orders {
    pending: Value,
    owed: Value,
}

impl Orders {
    /// Makes them by the built functions, against the sandbox and `table`.
    pub async fn make(sandbox: &Sandbox, table: &Table, reconcile: &Path) -> Result<Self, String> {
        let settings = settings(sandbox, table);
        let order_id = create(sandbox, &settings).await?;
        let trade_no = format!("{order_id}01");
        let pending = table.item(&order_id).ok_or("no order in the table")?;

        // Asked about, found paid, and not told, as LeadsCalendar is away.
        let paid = sandbox.binance().pay(&trade_no, Play::in_silence());
        paid.map_err(|problem| format!("the order cannot be paid: {problem:?}"))?;
        sandbox.leadscalendar().mode(Mode::Down, None);
        table.fill([due(&pending, 0)]);
        let function = start(reconcile, &settings).await?;
        let event = json!({"time": clock::rfc3339(clock::now_ms())});
        let limit = Duration::from_secs(50);
        let ran = function.invoke(event.to_string(), limit).await;
        let owed = table.item(&order_id).ok_or("no order in the table")?;
        if !matches!(ran, Outcome::Answered(_)) || owed["status"]["S"] != "PAID" {
            return Err(format!(
                "no payment was found: {ran:?} {:?}",
                function.log()
            ));
        }
        Ok(Self { pending, owed })
    }

    /// What is to be paid.
    pub fn terms(&self) -> Terms {
        let terms = &self.pending["attempts"]["L"][0]["M"]["terms"]["M"];
        let text = |name: &str| {
            let value = &terms[name];
            let text = value["S"].as_str().or(value["N"].as_str());
            text.unwrap_or_default().to_owned()
        };
        Terms {
            prepay_id: text("prepayId"),
            total_fee: text("totalFee"),
            currency: text("currency"),
        }
    }

    /// An order that Binance is to be asked about, `later_ms` less overdue than others.
    pub fn pending(&self, later_ms: i64) -> Value {
        copy(&self.pending, later_ms)
    }

    /// An order whose payment is to be told to `callback_url`, `later_ms` less overdue than others.
    pub fn owed(&self, callback_url: &str, later_ms: i64) -> Value {
        let mut order = copy(&self.owed, later_ms);
        order["request"]["M"]["callbackUrl"]["S"] = callback_url.into();
        order
    }
}

/// The settings of the functions, with `table` in the place of the sandbox's.
pub fn settings(sandbox: &Sandbox, table: &Table) -> Vec<(String, String)> {
    let callback_url = format!(
        "{}/binance-callback",
        sandbox.leadscalendar().server().url()
    );
    let mut settings = sandbox.settings(&callback_url);
    replace(&mut settings, "AWS_ENDPOINT_URL_DYNAMODB", table.url());
    settings
}

/// Gives a setting another value.
pub fn replace(settings: &mut [(String, String)], name: &str, value: String) {
    let found = settings.iter_mut().find(|(known, _)| known == name);
    found.expect("a setting of the sandbox's").1 = value;
}

/// A function that is ready for its first event.
pub async fn start(program: &Path, settings: &[(String, String)]) -> Result<Function, String> {
    let function = Function::start(program, settings).await;
    let function = function.map_err(|error| format!("{}: {error}", program.display()))?;
    match function.initialised().await {
        Ok(_) => Ok(function),
        Err(ended) => Err(format!(
            "{} does not start: {ended:?} {:?}",
            program.display(),
            function.log()
        )),
    }
}

/// The id of a new order.
async fn create(sandbox: &Sandbox, settings: &[(String, String)]) -> Result<String, String> {
    let program = Path::new(env!("CARGO_BIN_EXE_sandbox")).with_file_name("create-order");
    let function = start(&program, settings).await?;
    let callback_url = sandbox.leadscalendar().callback_url();
    let event = subject::new_order(sandbox.app_api_key(), &callback_url);
    let limit = Duration::from_secs(20);
    let Outcome::Answered(answer) = function.invoke(event.to_string(), limit).await else {
        return Err(format!(
            "create-order does not answer: {:?}",
            function.log()
        ));
    };
    let id = Subject::order_id(&answer);
    id.map_err(|answer| format!("create-order makes no order: {answer}"))
}

/// The same order under another id, due.
fn copy(order: &Value, later_ms: i64) -> Value {
    let id = order["orderId"]["S"].as_str().unwrap_or_default();
    let new = random::hex(30);
    let text = due(order, later_ms).to_string().replace(id, &new);
    let mut copy: Value = serde_json::from_str(&text).expect("one id is as good as another");
    let last = new.chars().last().and_then(|digit| digit.to_digit(16));
    let shard = last.unwrap_or_default() % 8;
    copy["dueShard"] = json!({"N": shard.to_string()});
    copy
}

/// The order as it was at another time: so that it has been due for half a minute, less `later_ms`.
fn due(order: &Value, later_ms: i64) -> Value {
    let due_at = order["dueAt"]["N"]
        .as_str()
        .and_then(|due_at| due_at.parse().ok());
    let due_at: i64 = due_at.expect("there is something to do for the order");
    let wanted = clock::now_ms() - DUE_SINCE_MS + later_ms;
    moved(order, wanted - due_at)
}

/// Every time in the item, which is every number of 13 digits, moved by `by_ms`.
fn moved(value: &Value, by_ms: i64) -> Value {
    match value {
        Value::String(text) if text.len() == 13 => match text.parse::<i64>() {
            Ok(at_ms) => (at_ms + by_ms).to_string().into(),
            Err(_) => value.clone(),
        },
        Value::Array(list) => list.iter().map(|value| moved(value, by_ms)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), moved(value, by_ms)))
            .collect(),
        _ => value.clone(),
    }
}
