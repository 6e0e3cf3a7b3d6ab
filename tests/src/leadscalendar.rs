//! The LeadsCalendar stand-in: receives confirmations, verifies them with a third-party library, can be away or odd.

mod receiver;

use std::io;

use axum::Router;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::web::Server;
use receiver::{PATH, Receiver};

pub(crate) use receiver::ROUTES;

/// How confirmations are met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "camelCase", deny_unknown_fields)]
pub enum Mode {
    /// Accepted with 200.
    #[default]
    Up,
    /// 503.
    Down,
    /// Accepted after `ms`.
    Slow {
        /// Milliseconds until the answer.
        ms: u64,
    },
    /// 307 to another address of this host.
    Redirect,
    /// 410.
    Gone,
    /// 429 with `Retry-After`.
    RetryAfter {
        /// Seconds in the header.
        secs: u64,
    },
    /// The connection is closed without an answer.
    Drop,
    /// The request is taken, and never answered.
    Hang,
}

/// A confirmation that arrived.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirmation {
    /// When it arrived, by the real clock, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The headers as they came.
    #[serde(skip)]
    pub headers: Vec<(String, String)>,
    /// `webhook-id`.
    pub webhook_id: Option<String>,
    /// `webhook-timestamp`.
    pub timestamp: Option<String>,
    /// The body, or null when it is no JSON.
    pub body: Value,
    /// The body as it came.
    #[serde(skip)]
    pub text: String,
    /// Why it is not what it should be; nothing when it is.
    pub objection: Option<String>,
    /// Whether it was answered 2xx.
    pub accepted: bool,
    /// The mode it met.
    pub mode: Mode,
}

impl Confirmation {
    /// What it was answered, in words.
    pub(crate) fn answer(&self) -> &'static str {
        match self.mode {
            Mode::Up | Mode::Slow { .. } if self.objection.is_some() => "401, refused",
            Mode::Up => "200, accepted",
            Mode::Slow { .. } => "200, accepted late",
            Mode::Down => "503",
            Mode::Redirect => "307, sent elsewhere",
            Mode::Gone => "410, gone",
            Mode::RetryAfter { .. } => "429, later",
            Mode::Drop => "no answer, hung up",
            Mode::Hang => "no answer, hanging",
        }
    }
}

/// A running stand-in; it ends when dropped.
pub struct LeadsCalendar {
    receiver: Receiver,
    server: Server,
}

impl LeadsCalendar {
    /// Serves the stand-in on `listener`; each of `secrets` has to verify.
    ///
    /// # Errors
    /// When the system does not tell the listener's address.
    pub fn start(listener: TcpListener, secrets: Vec<String>) -> io::Result<Self> {
        let receiver = Receiver::default();
        receiver.expect_secrets(secrets);
        Ok(Self {
            server: Server::start(listener, receiver.router())?,
            receiver,
        })
    }

    /// The admin routes, which the console's port serves too.
    pub(crate) fn admin(&self) -> Router {
        self.receiver.admin()
    }

    /// What gives the secrets that have to verify when it is called.
    pub(crate) fn expected(&self) -> impl Fn() -> Vec<String> + use<> {
        let receiver = self.receiver.clone();
        move || receiver.expected_secrets()
    }

    /// The port itself, to refuse connections for a while.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The address for `callbackUrl`.
    #[must_use]
    pub fn callback_url(&self) -> String {
        format!("{}{PATH}", self.server.url())
    }

    /// The address for `returnUrl`.
    #[must_use]
    pub fn return_url(&self) -> String {
        format!("{}/thanks", self.server.url())
    }

    /// Every confirmation that arrived, oldest first, accepted or not.
    #[must_use]
    pub fn confirmations(&self) -> Vec<Confirmation> {
        self.receiver.confirmations()
    }

    /// What gives the same when it is called.
    pub(crate) fn receipts(&self) -> impl Fn() -> Vec<Confirmation> + use<> {
        let receiver = self.receiver.clone();
        move || receiver.confirmations()
    }

    /// Meets the next `times` confirmations, or all further ones, in this mode.
    pub fn mode(&self, mode: Mode, times: Option<u32>) {
        self.receiver.set_mode(mode, times);
    }

    /// Changes the secrets that have to verify.
    pub fn secrets(&self, secrets: Vec<String>) {
        self.receiver.expect_secrets(secrets);
    }
}
