//! The way to AWS: the same HTTPS client as to Binance, and the region and credentials that Lambda puts into the environment.
//!
//! The SDK's own would bring a second crypto library and HTTP/2, and read the system's certificate bundle at each cold
//! start; AWS's endpoints chain to Amazon Trust Services, whose roots are compiled in.

mod connections;
mod failure;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::retry::{ReconnectMode, RetryConfig};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::dns::SharedDnsResolver;
use aws_types::SdkConfig;
use rustls::pki_types::CertificateDer;
use secrecy::ExposeSecret;

pub use failure::{Failure, credentials_expired};

use crate::config::Aws;
use crate::http_client::ClientError;
pub use connections::Connections;
use connections::Names;

/// Attempts of one call, the first included.
const ATTEMPTS: u32 = 3;

/// Up to so long is waited before the second attempt, and up to twice as long before the third.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Time limit of one attempt and of all together.
const TIMEOUTS: (Duration, Duration) = (Duration::from_millis(1_500), Duration::from_secs(3));

/// The clients of the two services, sharing one connection pool.
#[derive(Clone, Debug)]
pub struct Clients {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Secrets Manager.
    pub secrets_manager: aws_sdk_secretsmanager::Client,
    /// What both go through.
    pub connections: Connections,
}

impl Clients {
    /// Builds both, which trust Amazon's authorities and `local_root`; nothing is connected yet.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn new(
        aws: &Aws,
        local_root: Option<&CertificateDer<'static>>,
    ) -> Result<Self, ClientError> {
        let connections = Connections::new(SharedDnsResolver::new(Names), local_root)?;
        Ok(Self::through(connections, aws))
    }

    fn through(connections: Connections, aws: &Aws) -> Self {
        let credentials = Credentials::new(
            &aws.access_key_id,
            aws.secret_access_key.expose_secret(),
            aws.session_token
                .as_ref()
                .map(|token| token.expose_secret().to_owned()),
            None,
            "environment",
        );
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(TIMEOUTS.0)
            .operation_timeout(TIMEOUTS.1)
            .build();
        // Else the SDK looks for the connection of each attempt that failed, and says that it finds none. Ours are given up
        // without it.
        let kept =
            |retries: RetryConfig| retries.with_reconnect_mode(ReconnectMode::ReuseAllConnections);
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_initial_backoff(FIRST_WAIT);
        let common = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(aws.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(kept(retries))
            .timeout_config(timeouts)
            // Each call has its time limit anyway, and no answer is long.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(connections.clone())
            .build();
        let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(&common);
        dynamodb.set_endpoint_url(aws.dynamodb_url.clone());
        let mut secrets_manager = aws_sdk_secretsmanager::config::Builder::from(&common);
        secrets_manager.set_endpoint_url(aws.secrets_manager_url.clone());
        // Strangers can cause these calls, so how often each is made is decided by the store of secrets alone.
        secrets_manager.set_retry_config(Some(kept(RetryConfig::disabled())));
        secrets_manager.set_timeout_config(Some(
            TimeoutConfig::builder()
                .operation_timeout(TIMEOUTS.1)
                .build(),
        ));
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            secrets_manager: aws_sdk_secretsmanager::Client::from_conf(secrets_manager.build()),
            connections,
        }
    }
}
