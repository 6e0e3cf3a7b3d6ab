//! The paths of the merchant API: what is played, in which version, and what is documented but not played.

use super::answer::{Answer, Envelope};
use super::faults::On;

/// Before every path of the merchant API.
const ROOT: &str = "/binancepay/openapi/";

/// Which of the API's versions a path belongs to, where it has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
    V3,
}

/// What is behind a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Played(On, Version),
    /// Documented, and answered by a sentence that says so.
    NotPlayed,
}

const PLAYED: [(&str, On, Version); 8] = [
    ("v2/order", On::Create, Version::V2),
    ("v3/order", On::Create, Version::V3),
    ("order/query", On::Query, Version::V1),
    ("v2/order/query", On::Query, Version::V2),
    ("order/close", On::Close, Version::V1),
    ("order/refund", On::Refund, Version::V1),
    ("order/refund/query", On::RefundQuery, Version::V1),
    ("certificates", On::Certificates, Version::V1),
];

/// A path that ends in `/` stands for all that begin with it.
const NOT_PLAYED: [&str; 23] = [
    // Create order v1, which the documentation calls deprecated, and none of the published clients sends.
    "order",
    "order/payer/verification",
    "balance",
    "balance-report",
    "balance-report/query",
    "report/get-file",
    "wallet/transfer",
    "wallet/transfer/query",
    "payout/transfer",
    "payout/query",
    "payout/receiver/check",
    "submerchant/add",
    "submerchant/modify",
    "submerchant/query",
    "direct-debit/contract",
    "direct-debit/contract/query",
    "direct-debit/contract/termination",
    "pay/notify",
    "pay/apply",
    "profitsharing/v1/",
    "otc-portal/",
    "shareinfo/accountId",
    "service/provider/create",
];

impl Endpoint {
    /// What is behind `path`; nothing for one that the documentation does not have.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let path = path.strip_prefix(ROOT)?;
        if let Some((_, on, version)) = PLAYED.iter().find(|(played, ..)| *played == path) {
            return Some(Self::Played(*on, *version));
        }
        let is_it =
            |known: &&str| *known == path || (known.ends_with('/') && path.starts_with(known));
        NOT_PLAYED.iter().any(is_it).then_some(Self::NotPlayed)
    }
}

/// The failure that a documented path meets here. Its code is the real one of a key without access to a product, so that no
/// client repeats the call; the HTTP status is the sandbox's own.
pub(crate) fn not_played(path: &str) -> Answer {
    let played = PLAYED.map(|(path, ..)| format!("{ROOT}{path}"));
    let words = format!(
        "The sandbox does not play {path}, which the documentation has. It plays {}.",
        played.join(", ")
    );
    Answer::failure(501, Envelope::Normal, "400606", &words)
}
