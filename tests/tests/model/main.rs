//! The payments explored exhaustively: every order in which requests, notifications, runs, answers, crashes and time can
//! come, within bounds. What each function does between two calls is its own code, and that of `shared`; what a call does
//! is played here. `make model` explores more.

mod alone;
mod binance;
mod calls;
mod explored;
mod explorer;
mod faults;
mod found;
mod functions;
mod lists;
mod normal;
mod orders;
mod promises;
mod run;
mod story;
mod world;
