//! Everything the functions talk to, on one's own machine: DynamoDB, Binance Pay and LeadsCalendar.
//!
//! The sandbox speaks the wire protocols and shares no code with the functions, so that a mistake made there is not
//! made here a second time. Only [`gateway`] knows them, since it invokes them, and [`conformance`], which signs as they do.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`sandbox`] | the whole: starts the parts, gives the settings the functions need |
//! | [`dynamodb`] | the table, in memory or in a file |
//! | [`binance`] | the Binance Pay simulator: merchant API, checkout page, notifications, faults |
//! | [`conformance`] | what is believed of Binance, compared with what it answers |
//! | [`leadscalendar`] | the stand-in that receives confirmations and verifies them |
//! | [`lambda`] | AWS Lambda: starts a built function and gives it raw events by the Runtime API |
//! | [`journal`] | what passed between the four parties |
//! | [`gateway`] | API Gateway: the HTTP API of the template in front of the functions, in this process or under cargo-lambda |
//! | [`console`] | the pages that show and steer all of it |
//! | `admin` | what all calls of the admin API share |
//! | `door` | who is let in at any of the ports |
//! | `health` | whether everything answers |
//! | `openapi` | the admin API as it is described |
//! | [`program`] | the program `sandbox`: `up`, `dev`, `demo`, `trigger`, … |
//! | [`template`] | what `template.yaml` says, where the sandbox plays the same |
//! | [`trigger`] | an event of an order, played from end to end |
//! | [`verify`] | which step of a message's verification fails, and why |
//! | [`log_filters`] | its metric filters, played on a line of the log |
//! | [`web`], [`clock`], [`random`] | the accept loop and the HTTP client, the clock, the random generator |

mod admin;
pub mod binance;
pub mod clock;
pub mod conformance;
pub mod console;
mod door;
pub mod dynamodb;
pub mod gateway;
mod health;
pub mod journal;
pub mod lambda;
pub mod leadscalendar;
pub mod log_filters;
mod openapi;
pub mod program;
pub mod random;
pub mod sandbox;
pub mod template;
pub mod trigger;
pub mod verify;
pub mod web;

pub use binance::Binance;
pub use health::Health;
pub use leadscalendar::LeadsCalendar;
pub use sandbox::{Options, Sandbox};
