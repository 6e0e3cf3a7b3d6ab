//! The console and the journal behind it: what passed is there, raw, live, and without a secret in it.

mod journal;
mod pages;
mod switches;
mod world;
