//! The sandbox as people see it, driven through a real browser. Skipped where there is none.

mod browser;
#[path = "../built/ender.rs"]
mod ender;
mod misbehaving;
mod orders;
mod phone;
mod program;
mod world;
