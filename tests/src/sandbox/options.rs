//! How a sandbox is started, and the secrets it begins with.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::binance::Behaviour;

/// How to start the sandbox; port 0 is a free one.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the simulator listens, with its console, and whoever starts the HTTP API lets that listen. The LeadsCalendar
    /// stand-in and DynamoDB stay at the loopback address: nobody but the functions, which are beside them, calls these.
    pub listen: IpAddr,
    /// The base of the links that a payer opens, without a slash at the end; the simulator's own address without it.
    pub public_url: Option<String>,
    /// The names, beside this machine's own, for which the simulator and the HTTP API are there.
    pub allow_hosts: Vec<String>,
    /// The hosts to which confirmations may go.
    pub callback_hosts: Vec<String>,
    /// The simulator, its admin API and the console.
    pub binance_port: u16,
    /// The LeadsCalendar stand-in.
    pub leadscalendar_port: u16,
    /// DynamoDB.
    pub dynamodb_port: u16,
    /// Where the table is kept; memory without it.
    pub dynamodb_file: Option<PathBuf>,
    /// The address of binance-callback: no other one can be named in an admin call that sends a notification.
    pub callback_url: Option<String>,
    /// How the simulator behaves where the documentation leaves it open.
    pub behaviour: Behaviour,
    /// The key that LeadsCalendar sends in `X-MBX-APIKEY`.
    pub app_api_key: String,
    /// The key that whoever may give money back sends instead.
    pub refund_api_key: String,
    /// The secrets that sign confirmations, each of which has to verify.
    pub webhook_secrets: Vec<String>,
    /// With the same one the same requests get the same ids; without one each time others.
    pub seed: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: Ipv4Addr::LOCALHOST.into(),
            public_url: None,
            allow_hosts: Vec::new(),
            callback_hosts: vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
            binance_port: 0,
            leadscalendar_port: 0,
            dynamodb_port: 0,
            dynamodb_file: None,
            callback_url: None,
            behaviour: Behaviour::default(),
            app_api_key: "sandbox-leadscalendar-key-00000001".to_owned(),
            refund_api_key: "sandbox-leadscalendar-refunds-00001".to_owned(),
            webhook_secrets: vec![webhook_secret("first")],
            seed: None,
        }
    }
}

/// A secret for confirmations, the same for the same word, so that a restarted sandbox fits running functions.
#[must_use]
pub fn webhook_secret(word: &str) -> String {
    let bytes: Vec<u8> = word.bytes().cycle().take(32).collect();
    format!("whsec_{}", STANDARD.encode(bytes))
}
