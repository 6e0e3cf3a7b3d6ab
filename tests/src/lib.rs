//! Everything the functions talk to, on one's own machine: DynamoDB, Binance Pay and LeadsCalendar.
//!
//! The sandbox speaks the wire protocols and shares no code with the functions, so that a mistake made there is not
//! made here a second time. Only [`gateway`] knows them, since it invokes them.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`sandbox`] | the whole: starts the parts, gives the settings the functions need |
//! | [`dynamodb`] | the table, in memory or in a file |
//! | [`binance`] | the Binance Pay simulator: merchant API, checkout page, notifications, faults |
//! | [`leadscalendar`] | the stand-in that receives confirmations and verifies them |
//! | [`lambda`] | AWS Lambda: starts a built function and gives it raw events by the Runtime API |
//! | [`journal`] | what passed between the four parties |
//! | [`gateway`] | API Gateway: the HTTP API in front of the functions, which run in this process |
//! | [`console`] | the page that shows and steers all of it |
//! | `admin` | what all calls of the admin API share |
//! | `door` | who is let in at any of the ports |
//! | [`program`] | the program `sandbox`: `up`, `dev`, `demo`, `event`, `advance` |
//! | [`template`] | what `template.yaml` says, where the sandbox plays the same |
//! | [`log_filters`] | its metric filters, played on a line of the log |
//! | [`web`], [`clock`], [`random`] | the accept loop and the HTTP client, the clock, the random generator |

mod admin;
pub mod binance;
pub mod clock;
pub mod console;
mod door;
pub mod dynamodb;
pub mod gateway;
pub mod journal;
pub mod lambda;
pub mod leadscalendar;
pub mod log_filters;
pub mod program;
pub mod random;
pub mod sandbox;
pub mod template;
pub mod web;

pub use binance::Binance;
pub use leadscalendar::LeadsCalendar;
pub use sandbox::{Options, Sandbox};
