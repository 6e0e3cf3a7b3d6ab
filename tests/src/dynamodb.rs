//! DynamoDB: an engine on a local database behind its wire protocol, with the orders table made.

mod failure;
mod front;
mod recorded;
mod table;
mod units;

use std::path::Path;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dynoxide::Database;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) use front::ROUTES;
pub use front::{StoreCall, StoreFault, WaitingStoreFault};
pub(crate) use table::Table;
pub use units::Units;

use crate::journal::Journal;
use crate::template;
use crate::web::{self, Server};
use front::Front;

/// The name of the orders table.
pub const TABLE: &str = "orders";
/// The key of the item that is no order, and the name of what it holds.
const NAMESPACE: &str = "namespace";
/// The region that the functions are told; any would do.
pub const REGION: &str = "eu-central-1";
/// The key id and the secret key that the functions sign with; the engine checks their form, not their value.
pub const ACCESS_KEY: &str = "sandbox";

/// The running engine; it ends when dropped.
pub struct DynamoDb {
    server: Server,
    front: Front,
    database: Database,
    serving: JoinHandle<()>,
}

impl DynamoDb {
    /// Opens the file, or memory without one, makes the table unless it is there, and serves it on `listener`; `journal`
    /// gets every write.
    ///
    /// # Errors
    /// A sentence saying what could not be opened or made.
    pub async fn start(
        listener: TcpListener,
        file: Option<&Path>,
        journal: Journal,
    ) -> Result<Self, String> {
        let database = match file {
            None => Database::memory(),
            Some(path) => Database::new(&path.to_string_lossy()),
        };
        let database =
            database.map_err(|error| format!("the DynamoDB file cannot be opened: {error}"))?;
        create_table(&database)?;
        let engine = web::listen_hidden().await?;
        let address = engine
            .local_addr()
            .map_err(|error| format!("DynamoDB has no address: {error}"))?;
        let serving = tokio::spawn(dynoxide::server::serve_on(engine, database.clone()));
        let front = Front::new(format!("http://{address}/"), journal);
        let server = Server::start(listener, front.router())
            .map_err(|error| format!("DynamoDB has no address: {error}"))?;
        Ok(Self {
            server,
            front,
            database,
            serving,
        })
    }

    /// The port itself, to refuse connections for a while.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Every request, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<StoreCall> {
        self.front.calls()
    }

    /// Plays `fault` for the next `times` requests of an operation such as `PutItem`, or of any.
    pub fn fault(&self, operation: Option<&str>, times: u32, fault: StoreFault) {
        self.front.add(WaitingStoreFault {
            operation: operation.map(str::to_owned),
            times: Some(times),
            fault,
            within: None,
        });
    }

    /// Plays `fault` for each request of an operation in whose body `within` stands, until the faults are cleared.
    pub fn fault_within(&self, operation: &str, within: &str, fault: StoreFault) {
        self.front.add(WaitingStoreFault {
            operation: Some(operation.to_owned()),
            times: None,
            fault,
            within: Some(within.to_owned()),
        });
    }

    /// The faults that still wait for their requests.
    #[must_use]
    pub fn faults(&self) -> Vec<WaitingStoreFault> {
        self.front.faults()
    }

    /// Forgets the waiting faults.
    pub fn clear_faults(&self) {
        self.front.clear();
    }

    /// Gives the table the namespace from which its orders' ids follow, unless it has one.
    pub(crate) fn begin_with(&self, namespace: &[u8; 32]) -> Result<(), String> {
        if self.item(NAMESPACE)?.is_some() {
            return Ok(());
        }
        let item =
            json!({"orderId": {"S": NAMESPACE}, NAMESPACE: {"B": STANDARD.encode(namespace)}});
        let put = typed(json!({"TableName": TABLE, "Item": item}))?;
        let put = self.database.put_item(put);
        put.map(drop)
            .map_err(|error| format!("the table's namespace cannot be written: {error}"))
    }

    /// The admin routes, which the simulator's port serves.
    pub(crate) fn admin(&self) -> Router {
        self.front.admin()
    }

    /// The endpoint, as in `AWS_ENDPOINT_URL_DYNAMODB`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The AWS SDK's client for this engine.
    #[must_use]
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(self.url())
            .credentials_provider(Credentials::new(
                ACCESS_KEY, ACCESS_KEY, None, None, "sandbox",
            ))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .timeout_config(
                aws_sdk_dynamodb::config::timeout::TimeoutConfig::builder()
                    .operation_timeout(Duration::from_secs(10))
                    .build(),
            )
            .build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }

    /// One order's item as plain JSON, read with strong consistency.
    ///
    /// # Errors
    /// The engine's own words.
    pub fn item(&self, order_id: &str) -> Result<Option<Value>, String> {
        self.table().item(order_id)
    }

    /// Every item as plain JSON.
    ///
    /// # Errors
    /// The engine's own words.
    pub fn items(&self) -> Result<Vec<Value>, String> {
        self.table().items()
    }

    /// What reads the table past the front.
    pub(crate) fn table(&self) -> Table {
        Table(self.database.clone())
    }
}

impl Drop for DynamoDb {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn typed<T: serde::de::DeserializeOwned>(request: Value) -> Result<T, String> {
    serde_json::from_value(request).map_err(|error| error.to_string())
}

/// Makes the table of `template.yaml`, and in a file of an earlier version the indexes that it lacks.
fn create_table(database: &Database) -> Result<(), String> {
    let explain = |error| format!("the orders table cannot be made: {error}");
    let orders = template::resource("Orders")?;
    let (attributes, indexes) = (
        &orders["AttributeDefinitions"],
        &orders["GlobalSecondaryIndexes"],
    );
    let Ok(made) = database.describe_table(typed(json!({"TableName": TABLE}))?) else {
        let request = json!({
            "TableName": TABLE,
            "BillingMode": orders["BillingMode"],
            "AttributeDefinitions": attributes,
            "KeySchema": orders["KeySchema"],
            "GlobalSecondaryIndexes": indexes,
        });
        let made = database.create_table(typed(request)?);
        return made.map(|_| ()).map_err(explain);
    };
    let made = serde_json::to_value(made).map_err(|error| error.to_string())?;
    let known = list(&made["Table"]["GlobalSecondaryIndexes"]);
    let is_known = |index: &&Value| known.iter().any(|it| it["IndexName"] == index["IndexName"]);
    for index in list(indexes).iter().filter(|index| !is_known(index)) {
        let request = json!({
            "TableName": TABLE,
            "AttributeDefinitions": attributes,
            "GlobalSecondaryIndexUpdates": [{"Create": index}],
        });
        database.update_table(typed(request)?).map_err(explain)?;
    }
    Ok(())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
