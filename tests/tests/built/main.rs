//! The functions as they are built, under `cargo lambda watch`, spoken to over HTTP; the sandbox is all around them.
//!
//! One cargo-lambda serves all tests but the one that kills a function. It is started by the first test, and ended by a
//! process that outlives this one, however this one ends.

mod cargo_lambda;
mod client;
mod events;
mod killed;
mod main_job;
mod orders;
mod program;
mod reconcile;
mod settings;
mod world;
