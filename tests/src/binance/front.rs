//! Where the simulator is seen from outside.

/// Where others reach the simulator, and where it reaches the merchant.
#[derive(Clone, Debug, Default)]
pub struct Front {
    /// The one address that an admin call may name.
    pub callback_url: Option<String>,
    /// The base of the links that a payer opens, without a slash at the end; the listener's address without it.
    pub public_url: Option<String>,
    /// The names, beside this machine's own, for which requests are let in.
    pub allow_hosts: Vec<String>,
}
