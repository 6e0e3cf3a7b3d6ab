//! The admin API of the sandbox that runs already, asked over HTTP.

use std::time::Duration;

use serde_json::Value;

use crate::web;

/// How long an answer may take: a trigger waits for LeadsCalendar.
const PATIENCE: Duration = Duration::from_mins(1);

/// Calls the admin API on the simulator's port; an answer with one of the statuses `fine` is as good as a success.
pub(crate) async fn ask(
    port: u16,
    path: &str,
    body: &Value,
    fine: &[u16],
) -> Result<Value, String> {
    let url = &format!("http://127.0.0.1:{port}/sandbox/{path}");
    let client = web::client(PATIENCE, false);
    let sent = client.post(url).json(body).send().await;
    let answer = sent.map_err(|_| nobody(url))?;
    let status = answer.status();
    let text = answer.text().await.map_err(|error| error.to_string())?;
    if !status.is_success() && !fine.contains(&status.as_u16()) {
        return Err(format!("{url} answers {status}: {text}"));
    }
    serde_json::from_str(&text).map_err(|error| format!("{url}: {error}"))
}

/// Nothing answers at this address.
pub(crate) fn nobody(url: &str) -> String {
    format!("no sandbox answers at {url}: is `sandbox up` or `make dev` running?")
}
