//! The payment path end to end: an order over real HTTP into the functions, a signed request to the Binance Pay simulator,
//! a signed notification back, the order in a real DynamoDB engine, a confirmation at LeadsCalendar.
//!
//! The functions run in the process of the test, behind a gateway that makes API Gateway's event of each HTTP request.

mod crash;
mod gateway;
mod world;

mod get_order;
mod main_job;
mod reconcile;
