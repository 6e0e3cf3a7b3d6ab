//! Why a call has no answer, in words of our own: neither the address nor what a resolver or a server said is in them.

use std::error::Error;
use std::io::{self, ErrorKind};

use rustls::CertificateError;

use crate::callback_url::AddressRefused;

/// Whether the other side may have received the request.
#[must_use]
pub fn may_have_arrived(error: &reqwest::Error) -> bool {
    !(error.is_connect() || error.is_builder())
}

/// Whether the connection ended before an answer was there.
pub(super) fn ended_early(error: &reqwest::Error) -> bool {
    may_have_arrived(error) && !error.is_timeout() && causes(error).any(is_end)
}

fn is_end(cause: &(dyn Error + 'static)) -> bool {
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return error.is_incomplete_message();
    }
    let error = cause.downcast_ref::<io::Error>();
    error.is_some_and(|error| {
        matches!(
            error.kind(),
            ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted
                | ErrorKind::ConnectionReset
                | ErrorKind::UnexpectedEof
        )
    })
}

/// What went wrong on the way.
#[must_use]
pub fn reason(error: &reqwest::Error) -> &'static str {
    if !may_have_arrived(error) {
        causes(error)
            .find_map(connecting)
            .unwrap_or(if error.is_timeout() {
                "no connection in time"
            } else if error.is_dns() {
                "no connection: the name was not found"
            } else {
                "no connection"
            })
    } else if error.is_timeout() {
        "no answer in time"
    } else {
        "the connection broke before the answer"
    }
}

/// An error, what caused it, what caused that, and so on.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    std::iter::successors(Some(first), |&error| {
        // An I/O error leaves out the very error it was made of.
        match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}

fn connecting(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    if cause.is::<AddressRefused>() {
        return Some("no connection: an address that may not be called");
    }
    if let Some(error) = cause.downcast_ref::<rustls::Error>() {
        return Some(agreeing(error));
    }
    let error = cause.downcast_ref::<io::Error>()?;
    named(error.kind())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is open, and only these faults are worth a name"
)]
fn named(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::ConnectionRefused => Some("no connection: it was refused"),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            Some("no connection: there is no way to the host")
        }
        ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof => {
            Some("no connection: it ended before TLS was agreed")
        }
        _ => None,
    }
}

/// Why TLS was not agreed.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is open, and only these faults are worth a name"
)]
fn agreeing(error: &rustls::Error) -> &'static str {
    let rustls::Error::InvalidCertificate(fault) = error else {
        return "no connection: TLS was not agreed";
    };
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "no connection: the certificate has expired"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "no connection: the certificate is not valid yet"
        }
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            "no connection: the certificate names no host"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "no connection: the certificate is of another name"
        }
        CertificateError::UnknownIssuer => {
            "no connection: the certificate is of an unknown issuer, or its intermediate was not sent"
        }
        _ => "no connection: the certificate is not valid",
    }
}

#[cfg(test)]
mod tests;
