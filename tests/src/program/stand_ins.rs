//! `sandbox up --stand-ins`: what the functions talk to, and the settings for functions that others start beside it.

use super::up::{Arguments, print_addresses};

use super::dev;

/// For functions of others, whose port cannot be chosen here.
const NO_GATEWAY: &str = "--stand-ins starts no functions, so that their port cannot be a free one: \
    --gateway-port or GATEWAY_PORT must say on which one they will listen";

/// Runs until interrupted.
pub(crate) async fn run(
    arguments: &Arguments,
    interrupted: impl Future<Output = ()>,
) -> Result<(), String> {
    let port = arguments.ports.gateway();
    if port == 0 {
        return Err(NO_GATEWAY.to_owned());
    }
    let callback_url = dev::callback_url(port);
    let sandbox = dev::sandbox(arguments.options(&arguments.ports), callback_url.clone()).await?;
    print_addresses(&sandbox);
    println!("\nSettings for the functions:");
    for (name, value) in sandbox.settings(&callback_url) {
        println!("  export {name}='{value}'");
    }
    println!("\nCtrl-C ends it.");
    interrupted.await;
    Ok(())
}
