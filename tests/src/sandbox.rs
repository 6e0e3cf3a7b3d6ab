//! The whole sandbox: its parts started together, and the settings that make the functions talk to them.

mod options;

use axum::Router;
use serde_json::{Value, json};

use crate::binance::{self, Binance, Credentials, Front};
use crate::console::{self, Console, Parts};
use crate::dynamodb::{self, DynamoDb};
use crate::gateway::{self, Clock};
use crate::health::{self, Health};
use crate::journal::{self, Journal};
use crate::leadscalendar::{self, LeadsCalendar};
use crate::random::Source;
use crate::trigger::{self, Trigger};
use crate::verify::{self, Keyring, Keys};
use crate::{openapi, web};
pub use options::{Options, webhook_secret};

/// A running sandbox; everything ends when it is dropped.
pub struct Sandbox {
    binance: Binance,
    leadscalendar: LeadsCalendar,
    dynamodb: DynamoDb,
    credentials: Credentials,
    journal: Journal,
    health: Health,
    pub(crate) trigger: Trigger,
    options: Options,
}

impl Sandbox {
    /// Starts the three servers.
    ///
    /// # Errors
    /// A sentence, which names the setting when a port is in use.
    pub async fn start(options: Options) -> Result<Self, String> {
        let addressless = |error: std::io::Error| error.to_string();
        let listener = web::listen(options.dynamodb_port, "DYNAMODB_PORT").await?;
        let journal = Journal::default();
        let dynamodb =
            DynamoDb::start(listener, options.dynamodb_file.as_deref(), journal.clone()).await?;
        let listener = web::listen(options.leadscalendar_port, "LEADSCALENDAR_PORT").await?;
        let leadscalendar =
            LeadsCalendar::start(listener, options.webhook_secrets.clone()).map_err(addressless)?;
        let port = options.binance_port;
        let listener = web::listen_at(options.listen, port, "BINANCE_PORT").await?;
        let credentials = credentials();
        let health = Health::default();
        let trigger = Trigger::default();
        let keyring = Keyring::default();
        let console = Console::default();
        let routes = [
            binance::ROUTES,
            leadscalendar::ROUTES,
            dynamodb::ROUTES,
            health::ROUTES,
            journal::ROUTES,
            verify::ROUTES,
            trigger::ROUTES,
        ];
        let more: Router = leadscalendar
            .admin()
            .merge(dynamodb.admin())
            .merge(journal::router(journal.clone()))
            .merge(verify::router(keyring.clone()))
            .merge(console::router(console.clone()))
            .merge(trigger.router())
            .merge(health.router())
            .merge(openapi::described(&routes));
        let binance = Binance::start(
            listener,
            credentials.clone(),
            options.behaviour.clone(),
            Front {
                callback_url: options.callback_url.clone(),
                public_url: options.public_url.clone(),
                allow_hosts: options.allow_hosts.clone(),
            },
            journal.clone(),
            more,
        )
        .map_err(addressless)?;
        let sandbox = Self {
            binance,
            leadscalendar,
            dynamodb,
            credentials,
            journal,
            health,
            trigger,
            options,
        };
        sandbox.introduce(keyring, &console);
        sandbox.seeded()
    }

    /// Has ids come from the seed, if there is one: those of orders are made by the functions, from the table's namespace.
    fn seeded(self) -> Result<Self, String> {
        let random = self.random();
        self.binance.draw_from(random);
        if random.is_seeded() {
            let namespace = random.of("namespace", "").bytes();
            self.dynamodb.begin_with(&namespace)?;
        }
        Ok(self)
    }

    /// Says to those who were there before everything was started where all of it is.
    fn introduce(&self, keyring: Keyring, console: &Console) {
        let (published, expected) = (self.binance.published(), self.leadscalendar.expected());
        let api_secret = self.credentials.api_secret.clone();
        keyring.fill(move || Keys {
            certificates: published(),
            webhook_secrets: expected(),
            api_secret: Some(api_secret.clone()),
        });
        let admin = self.binance.admin();
        console.fill(Parts {
            journal: self.journal.clone(),
            table: self.dynamodb.table(),
            receipts: Box::new(self.leadscalendar.receipts()),
            admin: admin
                .merge(self.leadscalendar.admin())
                .merge(self.dynamodb.admin()),
            keyring,
            api: self
                .options
                .callback_url
                .as_deref()
                .and_then(console::api_of),
            app_api_key: self.options.app_api_key.clone(),
            confirmation_url: self.leadscalendar.callback_url(),
        });
    }

    /// The Binance Pay simulator.
    #[must_use]
    pub fn binance(&self) -> &Binance {
        &self.binance
    }

    /// The LeadsCalendar stand-in.
    #[must_use]
    pub fn leadscalendar(&self) -> &LeadsCalendar {
        &self.leadscalendar
    }

    /// The table.
    #[must_use]
    pub fn dynamodb(&self) -> &DynamoDb {
        &self.dynamodb
    }

    /// What passed between the four parties.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Whether everything answers, told by whoever starts the functions.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// The names, beside this machine's own, for which requests are let in.
    #[must_use]
    pub fn allow_hosts(&self) -> &[String] {
        &self.options.allow_hosts
    }

    /// What ids are the same for, if they are to be.
    #[must_use]
    pub fn seed(&self) -> Option<u64> {
        self.options.seed
    }

    /// Where ids come from.
    pub(crate) fn random(&self) -> Source {
        Source::new(self.options.seed)
    }

    /// The sandbox's time, for whoever keeps it beside the sandbox.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.binance.clock()
    }

    /// The merchant's key and secret.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The key that LeadsCalendar sends in `X-MBX-APIKEY`.
    #[must_use]
    pub fn app_api_key(&self) -> &str {
        &self.options.app_api_key
    }

    /// The key that whoever may give money back sends instead; it opens everything else, too.
    #[must_use]
    pub fn refund_api_key(&self) -> &str {
        &self.options.refund_api_key
    }

    /// The secrets that sign confirmations.
    #[must_use]
    pub fn webhook_secrets(&self) -> &[String] {
        &self.options.webhook_secrets
    }

    /// The event with which EventBridge invokes reconcile-orders, at the simulator's time.
    #[must_use]
    pub fn scheduled_event(&self) -> Value {
        gateway::scheduled_event(self.binance.now_ms())
    }

    /// The environment of the functions; `callback_url` is the address of binance-callback.
    #[must_use]
    pub fn settings(&self, callback_url: &str) -> Vec<(String, String)> {
        let secrets = json!({
            "binanceApiKey": self.credentials.api_key,
            "binanceApiSecret": self.credentials.api_secret,
            "webhookSecrets": self.options.webhook_secrets,
            "appApiKeys": [self.options.app_api_key],
            "refundApiKeys": [self.options.refund_api_key],
        });
        [
            ("ORDERS_TABLE", dynamodb::TABLE.to_owned()),
            ("BINANCE_BASE_URL", self.binance.url()),
            ("CALLBACK_URL", callback_url.to_owned()),
            ("CALLBACK_HOSTS", self.options.callback_hosts.join(",")),
            ("SECRETS", secrets.to_string()),
            ("ALLOW_LOCAL", "true".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb.url()),
            ("AWS_REGION", dynamodb::REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", dynamodb::ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", dynamodb::ACCESS_KEY.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }
}

fn credentials() -> Credentials {
    Credentials {
        api_key: padded("sandboxkey"),
        api_secret: padded("sandboxsecret"),
    }
}

/// 64 letters, the form of Binance's keys.
fn padded(word: &str) -> String {
    word.chars().cycle().take(64).collect()
}
