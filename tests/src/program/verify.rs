//! `sandbox verify`: says which step of a message's verification fails, and why.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::running::ask;
use crate::clock;
use crate::verify::{Keys, Message, Verdict, headers};

/// What to verify, and by which key.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One raw HTTP request: its line, the headers, an empty line, the body; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["headers", "body"], required_unless_present_all = ["headers", "body"])]
    request: Option<PathBuf>,
    /// The headers, as lines "Name: value" or as JSON; - is standard input
    #[arg(long, value_name = "FILE", requires = "body")]
    headers: Option<PathBuf>,
    /// The body, byte by byte as it came; - is standard input
    #[arg(long, value_name = "FILE", requires = "headers")]
    body: Option<PathBuf>,
    /// Binance Pay's public key as a PEM file, or the confirmations' secret, whsec_… or a file that holds it; default:
    /// those of the running sandbox
    #[arg(long, value_name = "FILE|whsec_…")]
    key: Option<String>,
    /// When it was received, in RFC 3339 or in milliseconds since 1970; default: now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Where the running sandbox is, which is asked for its keys
    #[arg(
        long,
        value_name = "PORT",
        env = "BINANCE_PORT",
        default_value_t = 9100
    )]
    binance_port: u16,
}

/// Verifies the message, prints the steps, and says whether all are passed.
pub(crate) async fn run(arguments: Arguments) -> Result<bool, String> {
    let message = arguments.message()?;
    let at_ms = arguments.at.as_deref().map(moment).transpose()?;
    let at_ms = at_ms.unwrap_or_else(clock::now_ms);
    let verdict = match &arguments.key {
        Some(key) => message.verify(&keys(key)?, at_ms),
        None => by_the_running_sandbox(arguments.binance_port, &message, at_ms).await?,
    };
    print!("{}", shown(&verdict));
    Ok(verdict.verifies)
}

impl Arguments {
    fn message(&self) -> Result<Message, String> {
        match (&self.request, &self.headers, &self.body) {
            (Some(request), None, None) => Message::of_request(&bytes(request)?),
            (None, Some(headers_file), Some(body)) => {
                if is_stdin(headers_file) && is_stdin(body) {
                    return Err("only one of --headers and --body can be -".to_owned());
                }
                let text = String::from_utf8(bytes(headers_file)?)
                    .map_err(|_| format!("{} is no text", headers_file.display()))?;
                Ok(Message {
                    headers: headers(&text)?,
                    body: bytes(body)?,
                })
            }
            _ => Err("say either --request, or --headers and --body".to_owned()),
        }
    }
}

/// Asks the sandbox that runs already, which knows its keys.
async fn by_the_running_sandbox(
    port: u16,
    message: &Message,
    at_ms: i64,
) -> Result<Verdict, String> {
    let question = json!({
        "headers": message.headers,
        "bodyBase64": STANDARD.encode(&message.body),
        "atMs": at_ms,
    });
    let answer = ask(port, "verify", &question, &[]).await;
    let answer = answer.map_err(|problem| format!("{problem} Else name a key by --key"))?;
    serde_json::from_value(answer).map_err(|error| format!("the sandbox's answer: {error}"))
}

/// The key itself if it is a secret, else what is in its file.
fn keys(key: &str) -> Result<Keys, String> {
    if key.starts_with("whsec_") {
        return Ok(Keys::of(key));
    }
    let text = String::from_utf8(bytes(Path::new(key))?);
    Ok(Keys::of(&text.map_err(|_| format!("{key} is no text"))?))
}

fn moment(text: &str) -> Result<i64, String> {
    let parsed: Result<jiff::Timestamp, _> = text.parse();
    match (text.parse::<i64>(), parsed) {
        (Ok(ms), _) => Ok(ms),
        (_, Ok(time)) => Ok(time.as_millisecond()),
        _ => Err(format!(
            "--at is {text:?}, which is neither RFC 3339, as 2026-01-31T12:00:00Z, nor a number of milliseconds"
        )),
    }
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

fn bytes(file: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = if is_stdin(file) {
        std::io::stdin().read_to_end(&mut bytes).map(drop)
    } else {
        std::fs::read(file).map(|read| bytes = read)
    };
    read.map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(bytes)
}

/// A line for each step, and one that sums up.
fn shown(verdict: &Verdict) -> String {
    let mut lines = String::new();
    for step in &verdict.steps {
        let mark = match step.ok {
            Some(true) => "ok",
            Some(false) => "FAILS",
            None => "-",
        };
        let line = format!("{mark:<6} {:<12} {}\n", step.name, step.why);
        lines.push_str(&line);
    }
    match verdict.failure() {
        None => lines + "It verifies.\n",
        Some(step) => lines + &format!("It does not verify: {}.\n", step.name),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use standardwebhooks::Webhook;

    use super::*;
    use crate::program::arguments::{Arguments as Program, Command};
    use crate::sandbox::webhook_secret;
    use crate::{Options, Sandbox, random};

    const SENT_SECS: i64 = 1_767_225_600;

    /// A file with a confirmation as a raw request.
    fn request() -> PathBuf {
        let webhook = Webhook::new(&webhook_secret("first")).unwrap();
        let signature = webhook.sign("id_1", SENT_SECS, b"{}").unwrap();
        let text = format!(
            "POST / HTTP/1.1\r\nwebhook-id: id_1\r\nwebhook-timestamp: {SENT_SECS}\r\n\
             webhook-signature: {signature}\r\n\r\n{{}}"
        );
        let file = std::env::temp_dir().join(format!("verify-{}.http", random::hex(16)));
        std::fs::write(&file, text).unwrap();
        file
    }

    async fn verify(file: &Path, more: &[&str]) -> Result<bool, String> {
        let words = ["sandbox", "verify", "--request", file.to_str().unwrap()];
        let words = words.iter().chain(more);
        let parsed = Program::try_parse_from(words).map_err(|error| error.to_string())?;
        let Command::Verify(arguments) = parsed.command else {
            panic!("another command");
        };
        run(arguments).await
    }

    #[tokio::test]
    async fn message_is_verified_by_the_key_that_is_named() {
        let file = request();
        let (ours, other) = (webhook_secret("first"), webhook_secret("second"));
        for (key, at, expected) in [
            (&ours, "2026-01-01T00:04:00Z", true),
            (&ours, "1767225600000", true),
            (&ours, "2026-01-01T00:06:00Z", false),
            (&other, "2026-01-01T00:00:00Z", false),
        ] {
            let verifies = verify(&file, &["--key", key, "--at", at]).await;
            assert_eq!(verifies, Ok(expected), "{at}");
        }
        std::fs::remove_file(file).unwrap();
    }

    #[tokio::test]
    async fn running_sandbox_is_asked_if_no_key_is_named() {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let url = sandbox.binance().url();
        let (_, port) = url.rsplit_once(':').unwrap();
        let file = request();
        let more = ["--at", "2026-01-01T00:00:00Z", "--binance-port", port];
        assert_eq!(verify(&file, &more).await, Ok(true));

        drop(sandbox);
        let problem = verify(&file, &more).await.unwrap_err();
        assert!(problem.contains("name a key by --key"), "{problem}");
        std::fs::remove_file(file).unwrap();
    }

    #[tokio::test]
    async fn mistake_in_the_arguments_is_named() {
        let file = request();
        for (more, named) in [
            (&["--at", "noon"][..], "--at is \"noon\""),
            (&["--key", "/nowhere/key.pem"], "/nowhere/key.pem: "),
            (&["--headers", "-"], "--headers <FILE>"),
        ] {
            let problem = verify(&file, more).await.unwrap_err();
            assert!(problem.contains(named), "{problem}");
        }
        std::fs::remove_file(&file).unwrap();
        let problem = verify(&file, &[]).await.unwrap_err();
        assert!(problem.contains(file.to_str().unwrap()), "{problem}");
    }

    #[test]
    fn every_step_is_a_line() {
        let verdict = Message::default().verify(&Keys::default(), 0);
        let lines = shown(&verdict);
        assert!(lines.starts_with("FAILS  headers      there is"), "{lines}");
        assert!(
            lines.ends_with("\nIt does not verify: headers.\n"),
            "{lines}"
        );
    }
}
