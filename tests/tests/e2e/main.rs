//! The payment path end to end: an order over real HTTP into the functions, a signed request to the Binance Pay simulator,
//! a signed notification back, the order in a real DynamoDB engine, a confirmation at LeadsCalendar.
//!
//! The functions run in the process of the test, behind a gateway that makes API Gateway's event of each HTTP request.

mod crash;
mod gateway;
mod inbox;
mod signed;
mod world;

mod callback_guard;
mod certificates;
mod confirmations;
mod durable;
mod forged;
mod get_order;
mod main_job;
mod money;
mod notifications;
mod reconcile;
mod refunds;
mod replays;
mod unaccepted;
mod unreadable;
mod unverified;
