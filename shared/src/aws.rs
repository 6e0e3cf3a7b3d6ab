//! The way to AWS: one HTTPS client, and the region and credentials that Lambda puts into the environment.
//!
//! The SDK's own defaults would bring a second crypto library and read the system's certificate bundle at each cold
//! start; AWS's endpoints chain to Amazon Trust Services, whose roots are compiled in.

mod failure;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_types::SdkConfig;
use secrecy::ExposeSecret;

pub use failure::{Failure, credentials_expired};

use crate::config::Aws;

/// Amazon Root CA 1–4 and the Starfield root that cross-signs them, from <https://www.amazontrust.com/repository/>.
const ROOTS: &str = include_str!("aws/amazon-trust-services.pem");

/// Attempts of one call, the first included.
const ATTEMPTS: u32 = 3;

/// Time limit of one attempt and of all together.
const TIMEOUTS: (Duration, Duration) = (Duration::from_millis(1_500), Duration::from_secs(3));

/// The clients of the two services, sharing one connection pool.
#[derive(Clone, Debug)]
pub struct Clients {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Secrets Manager.
    pub secrets_manager: aws_sdk_secretsmanager::Client,
}

impl Clients {
    /// Builds both; nothing is connected yet.
    #[must_use]
    pub fn new(aws: &Aws) -> Self {
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
        let common = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(aws.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(timeouts)
            .http_client(https_client())
            .build();
        let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(&common);
        dynamodb.set_endpoint_url(aws.dynamodb_url.clone());
        let mut secrets_manager = aws_sdk_secretsmanager::config::Builder::from(&common);
        secrets_manager.set_endpoint_url(aws.secrets_manager_url.clone());
        // Strangers can cause these calls, so how often each is made is decided by the store of secrets alone.
        secrets_manager.set_retry_config(Some(RetryConfig::disabled()));
        secrets_manager.set_timeout_config(Some(
            TimeoutConfig::builder()
                .operation_timeout(TIMEOUTS.1)
                .build(),
        ));
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            secrets_manager: aws_sdk_secretsmanager::Client::from_conf(secrets_manager.build()),
        }
    }
}

fn https_client() -> SharedHttpClient {
    let tls = TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(ROOTS))
        .build();
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls.unwrap_or_default())
        .build_https()
}
