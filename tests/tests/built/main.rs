//! The functions as they are built, under `cargo lambda watch`, spoken to over HTTP; the sandbox is all around them.
//!
//! One cargo-lambda serves all tests but the one that kills a function. It is started by the first test, and ended by a
//! process that outlives this one, however this one ends.

#[path = "../e2e/answer.rs"]
#[expect(
    dead_code,
    reason = "the end-to-end suite looks at single fields as well"
)]
mod answer;
mod cargo_lambda;
mod client;
mod doctor;
mod ender;
mod events;
mod journey;
mod killed;
mod main_job;
mod orders;
mod program;
mod reconcile;
mod settings;
mod world;
