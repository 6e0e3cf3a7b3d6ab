//! A sandbox with the built functions in it, and the hands of LeadsCalendar's developer and of the payer.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::LazyLock;
use std::time::Duration;

use sandbox::gateway::{Backend, Gateway, Play};
use sandbox::{Options, Sandbox, web};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

pub use crate::answer::Answer;
use crate::cargo_lambda::{CargoLambda, PATIENCE};

/// Runs the servers of the sandbox, whichever test started them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

static SHARED: LazyLock<Result<World, String>> = LazyLock::new(|| RUNTIME.block_on(World::start()));

/// Everything, on free ports.
pub struct World {
    pub sandbox: Sandbox,
    pub functions: CargoLambda,
    /// Where the HTTP API is.
    pub url: String,
    /// Where cargo-lambda is.
    pub port: u16,
    _gateway: Gateway,
    http: reqwest::Client,
}

/// Plays a test in the world that all tests share.
pub fn play(test: impl AsyncFnOnce(&World)) {
    match &*SHARED {
        Ok(world) => watched(world, || RUNTIME.block_on(test(world))),
        Err(problem) => panic!("{problem}"),
    }
}

/// Plays a test in a world of its own, in which anything may be broken.
pub fn play_alone(test: impl AsyncFnOnce(World) -> World) {
    let world = RUNTIME.block_on(async { World::start().await.unwrap() });
    let world = RUNTIME.block_on(test(world));
    watched(&world, || ());
    world.functions.end();
}

/// Shows what the functions have logged if the test fails, and fails it if they have logged what they must not.
fn watched(world: &World, test: impl FnOnce()) {
    let played = catch_unwind(AssertUnwindSafe(|| {
        test();
        world.assert_nothing_secret_is_logged();
    }));
    if let Err(failure) = played {
        eprintln!("The functions' log:\n{}", world.functions.log());
        resume_unwind(failure);
    }
}

impl World {
    async fn start() -> Result<Self, String> {
        let sandbox = Sandbox::start(Options::default()).await?;
        let port = free_port().await?;
        let backend = Backend::cargo_lambda(format!("http://127.0.0.1:{port}"));
        let play = Play {
            clock: sandbox.clock(),
            // The first invocation waits until the function is compiled.
            patience: Some(PATIENCE),
            ..Play::default()
        };
        let gateway = Gateway::start(web::listen(0, "none").await?, backend, play)?;
        let url = gateway.url();
        let settings = sandbox.settings(&format!("{url}/binance-callback"));
        let world = Self {
            functions: CargoLambda::start(port, settings)?,
            sandbox,
            url,
            port,
            _gateway: gateway,
            http: web::client(PATIENCE, false),
        };
        world.ready().await.map_err(|problem| {
            format!(
                "{problem}\n\nThe functions' log:\n{}",
                world.functions.log()
            )
        })?;
        Ok(world)
    }

    /// Ends cargo-lambda with all its functions and starts it anew, as the cloud starts a new instance for one that died.
    pub async fn restarted(self) -> Self {
        let settings = self
            .sandbox
            .settings(&format!("{}/binance-callback", self.url));
        self.functions.end();
        let functions = CargoLambda::start(self.port, settings).unwrap();
        let world = Self { functions, ..self };
        world.ready().await.unwrap();
        world
    }

    /// Waits until every function answers; asking makes cargo-lambda compile it, unless it is compiled.
    async fn ready(&self) -> Result<(), String> {
        let opening = async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                if let Some(trouble) = self.functions.trouble() {
                    return Err(trouble);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        };
        let opened = tokio::time::timeout(PATIENCE, opening).await;
        opened.map_err(|_| "cargo lambda does not open its port")??;
        let scheduled = self.sandbox.scheduled_event();
        let answers = async {
            tokio::join!(
                self.send("POST", "/orders", &[], "{}"),
                self.send("POST", "/binance-callback", &[], "{}"),
                self.send("GET", "/orders/none", &[], ""),
                self.send("POST", "/orders/none/close", &[], ""),
                self.send("POST", "/orders/none/refunds", &[], "{}"),
                self.invoke("reconcile-orders", &scheduled),
            )
        };
        let trouble = async {
            loop {
                tokio::time::sleep(Duration::from_millis(500)).await;
                if let Some(trouble) = self.functions.trouble() {
                    return trouble;
                }
            }
        };
        let answers: [Answer; 6] = tokio::select! {
            answers = answers => answers.into(),
            trouble = trouble => return Err(trouble),
        };
        match answers.each_ref().map(|answer| answer.status) {
            [401, 400, 401, 401, 401, 200] => Ok(()),
            _ => Err(format!("not ready: {answers:?}")),
        }
    }

    /// The four fields that LeadsCalendar must send.
    pub fn four_fields(&self) -> Value {
        json!({
            "transactionType": "PAY",
            "fiat": "USD",
            "price": 1.00,
            "callbackUrl": self.sandbox.leadscalendar().callback_url(),
        })
    }

    /// `POST /orders` with LeadsCalendar's key.
    pub async fn create(&self, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![
            ("x-mbx-apikey", self.sandbox.app_api_key()),
            ("content-type", "application/json"),
        ];
        all.extend(headers);
        self.send("POST", "/orders", &all, body.to_string()).await
    }

    /// An order of one dollar: its id and its trade number.
    pub async fn open(&self) -> (String, String) {
        let created = self.create(&self.four_fields(), &[]).await;
        assert_eq!(created.status, 201, "{}", created.text);
        let order = created.json();
        let text = |name: &str| order[name].as_str().unwrap().to_owned();
        (text("orderId"), text("merchantTradeNo"))
    }

    /// `GET /orders/{orderId}` with LeadsCalendar's key.
    pub async fn get(&self, order_id: &str) -> Answer {
        let key = [("x-mbx-apikey", self.sandbox.app_api_key())];
        self.send("GET", &format!("/orders/{order_id}"), &key, "")
            .await
    }

    /// Invokes a function as Lambda's own API does, with an event.
    pub async fn invoke(&self, function: &str, event: &Value) -> Answer {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let request = self.http.post(url).body(event.to_string());
        answered(request).await
    }

    /// Any request at all.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.url))
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answered(request).await
    }

    /// The order as DynamoDB holds it.
    pub fn item(&self, order_id: &str) -> Value {
        let item = self.sandbox.dynamodb().item(order_id).unwrap();
        item.unwrap_or_else(|| panic!("no item {order_id}"))
    }

    /// Waits until `done` holds; notifications and confirmations arrive in their own time.
    pub async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !done(self) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(waited.is_ok(), "waited in vain for {what}");
    }

    /// Keys, secrets, signatures, what Binance says of the payer, and bodies.
    fn assert_nothing_secret_is_logged(&self) {
        let log = self.functions.log();
        assert!(log.contains("create-order"), "this is no log: {log:?}");
        let mut secrets: Vec<String> = [
            "transactionType\"",
            "merchantTradeNo\"",
            "bizStatus",
            "passThroughInfo",
            "paymentInfo",
            "openUserId",
            "payerId",
            "certPublic",
            "checkoutUrl\"",
            "\"data\"",
        ]
        .map(str::to_owned)
        .to_vec();
        secrets.push(self.sandbox.app_api_key().to_owned());
        let credentials = self.sandbox.credentials();
        secrets.extend([credentials.api_key.clone(), credentials.api_secret.clone()]);
        for secret in self.sandbox.webhook_secrets() {
            secrets.push(secret.trim_start_matches("whsec_").to_owned());
        }
        for order in self.sandbox.binance().orders() {
            secrets.push(order.checkout_url);
            secrets.extend(order.payment.map(|payment| payment.open_user_id));
        }
        for delivery in self.sandbox.binance().deliveries() {
            let header = |(name, value): (String, String)| {
                (name == "BinancePay-Signature" || name == "BinancePay-Nonce").then_some(value)
            };
            secrets.extend(delivery.headers.into_iter().filter_map(header));
        }
        for secret in secrets {
            assert!(!log.contains(&secret), "{secret} is in the log");
        }
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

/// A port that is free at this moment; cargo-lambda opens it itself.
async fn free_port() -> Result<u16, String> {
    let listener = web::listen(0, "none").await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok(address.port())
}
