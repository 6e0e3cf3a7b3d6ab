//! `sandbox conformance`: compares what is believed of Binance with what it answers, after asking whether it may.

use std::io::Read as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use shared::config::Secrets;
use tokio::sync::oneshot;

use crate::conformance::{self, Keys, LOCAL_HOSTS, Made, Notices, ORDERS, Report, Target, Verdict};
use crate::{Options, Sandbox, clock, web};

/// Key and secret are named nowhere here: what stands in a command is seen by everybody on the machine.
#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The merchant API; what listens on this machine is taken for a simulator, whose time is moved instead of waited for
    #[arg(
        long,
        value_name = "URL",
        env = "BINANCE_BASE_URL",
        default_value = "https://bpay.binanceapi.com"
    )]
    binance: String,
    /// The file with key and secret, as README's section Deploy has it; - is standard input. Without it the environment
    /// variable SECRETS, which holds the JSON itself, or else secrets.json
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// Begin without asking
    #[arg(long)]
    yes: bool,
    /// Print one JSON document instead of the table
    #[arg(long)]
    json: bool,
    /// An address of yours that Binance reaches, and that leads to --webhook-port: to see notifications, too
    #[arg(long, value_name = "URL", requires = "webhook_port")]
    webhook_url: Option<String>,
    /// The port of 127.0.0.1 at which they come in
    #[arg(long, value_name = "PORT", requires = "webhook_url")]
    webhook_port: Option<u16>,
    /// Ask the simulator, in this process, for which no key is needed
    #[arg(long, conflicts_with_all = ["secrets", "webhook_url", "yes"])]
    simulator: bool,
}

/// Exit status of arguments or secrets that are wrong.
const USAGE: u8 = 2;

/// Compares, prints, and says by the exit status whether something differs.
pub(crate) async fn run(
    arguments: Arguments,
    interrupted: impl Future<Output = ()>,
) -> Result<ExitCode, String> {
    // Lives as long as it is asked.
    let simulator = if arguments.simulator {
        Some(Sandbox::start(Options::default()).await?)
    } else {
        None
    };
    let target = match &simulator {
        Some(sandbox) => of_simulator(sandbox).await?,
        None => match arguments.target().await {
            Ok(target) => target,
            Err(problem) => {
                eprintln!("sandbox: {problem}");
                return Ok(ExitCode::from(USAGE));
            }
        },
    };
    let mut interrupted = pin!(interrupted);
    let needs_no_yes = arguments.yes || arguments.simulator;
    let is_wanted = needs_no_yes
        || tokio::select! {
            is_wanted = is_wanted(&target) => is_wanted,
            () = &mut interrupted => false,
        };
    if !is_wanted {
        eprintln!("Nothing was asked of Binance.");
        return Ok(ExitCode::from(USAGE));
    }
    let compared = tokio::select! {
        compared = Box::pin(conformance::compare(&target)) => compared,
        () = &mut interrupted => Err("interrupted".to_owned()),
    };
    close_all(&target).await;
    let report = compared?;
    if arguments.json {
        println!("{}", document(&target, &report));
    } else {
        print!("{}", report.table());
    }
    Ok(super::success_if(
        report.of(Verdict::Differs).next().is_none(),
    ))
}

/// Whatever came of the run, nothing stays open that can be closed.
async fn close_all(target: &Target) {
    let open = conformance::close_all(target)
        .await
        .unwrap_or_else(|problem| vec![problem]);
    if !open.is_empty() {
        eprintln!(
            "These orders may still be open, and expire unpaid within an hour: {}",
            open.join(", ")
        );
    }
}

async fn of_simulator(sandbox: &Sandbox) -> Result<Target, String> {
    let listener = web::listen(0, "free").await?;
    let credentials = sandbox.credentials();
    Ok(Target {
        base_url: sandbox.binance().url(),
        keys: Keys {
            api_key: credentials.api_key.clone().into(),
            api_secret: credentials.api_secret.clone().into(),
        },
        notices: Some(Notices::start(listener, None)?),
        made: Made::default(),
        say,
    })
}

fn say(what: &str) {
    eprintln!("{what} …");
}

fn document(target: &Target, report: &Report) -> Value {
    json!({
        "binance": target.base_url,
        "at": clock::rfc3339(clock::now_ms()),
        "differs": report.of(Verdict::Differs).count(),
        "rows": report.rows,
    })
}

/// Says what is going to be done, and asks.
async fn is_wanted(target: &Target) -> bool {
    eprint!(
        "This asks {} as the merchant of your key, to compare what it answers with what is believed:\n\
         \x20 about 150 calls, of which many are wrong on purpose;\n\
         \x20 at most {ORDERS} orders of 100 USD or less, one after the other, with numbers that begin with \"conformance\". Nobody\n\
         \x20 pays them, and all are closed or expired at the end;\n\
         \x20 refunds only of what was never paid.\n\
         It costs nothing and takes about three minutes. Go on? [y/N] ",
        target.base_url
    );
    let (answered, answer) = oneshot::channel();
    // A thread of its own, which the end of the program need not wait for.
    std::thread::spawn(move || {
        let mut line = String::new();
        let _ = std::io::stdin().read_line(&mut line);
        let _ = answered.send(line);
    });
    let answer = answer.await.unwrap_or_default();
    ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}

impl Arguments {
    /// Whom to ask, and as whom.
    async fn target(&self) -> Result<Target, String> {
        let base_url = address(&self.binance)?;
        let keys = self.keys()?;
        let notices = match self.webhook_port {
            Some(port) => {
                let at = Ipv4Addr::LOCALHOST.into();
                let listener = web::listen_at(at, port, "--webhook-port").await?;
                Some(Notices::start(listener, self.webhook_url.clone())?)
            }
            None => None,
        };
        Ok(Target {
            base_url,
            keys,
            notices,
            made: Made::default(),
            say,
        })
    }

    fn keys(&self) -> Result<Keys, String> {
        let (name, json) = match (&self.secrets, std::env::var_os("SECRETS")) {
            (None, Some(json)) => {
                let json = json.into_string().map_err(|_| "SECRETS is no text")?;
                ("SECRETS".to_owned(), SecretString::from(json))
            }
            (file, _) => {
                let file = file.as_deref().unwrap_or(Path::new("secrets.json"));
                (file.display().to_string(), content(file)?)
            }
        };
        let secrets = Secrets::parse(&without_callers(&json));
        let secrets = secrets.map_err(|fault| format!("{name}: {fault}"))?;
        Ok(Keys {
            api_key: secrets.binance_api_key,
            api_secret: secrets.binance_api_secret,
        })
    }
}

/// `SECRETS` as a setting holds the callers' keys, too.
fn without_callers(json: &SecretString) -> SecretString {
    let parsed: Result<Value, _> = serde_json::from_str(json.expose_secret());
    match parsed {
        Ok(Value::Object(mut fields)) => {
            fields.remove("appApiKeys");
            fields.remove("refundApiKeys");
            Value::Object(fields).to_string().into()
        }
        _ => json.clone(),
    }
}

fn content(file: &Path) -> Result<SecretString, String> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|read| text = read)
    };
    read.map_err(|error| {
        format!(
            "{}: {error}. Name the file with Binance's key and secret by --secrets",
            file.display()
        )
    })?;
    Ok(text.into())
}

/// The address without a slash at its end: https, or http to this machine.
fn address(text: &str) -> Result<String, String> {
    let rule = format!(
        "--binance is {text:?}, and must be https://, or http:// and an address of this machine"
    );
    let url = Url::parse(text).map_err(|_| rule.clone())?;
    let is_local = url
        .host_str()
        .is_some_and(|host| LOCAL_HOSTS.contains(&host));
    match url.scheme() {
        "https" => {}
        "http" if is_local => {}
        _ => return Err(rule),
    }
    let is_bare = url.path() == "/" && url.query().is_none() && url.username().is_empty();
    if is_bare {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(format!("{rule}, without path, query or user"))
    }
}
