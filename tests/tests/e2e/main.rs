//! The payment path end to end: an order over real HTTP into the functions, a signed request to the Binance Pay simulator,
//! a signed notification back, the order in a real DynamoDB engine, a confirmation at LeadsCalendar.
//!
//! The functions run in the process of the test, behind a gateway that makes API Gateway's event of each HTTP request.

mod answer;
mod crash;
mod gateway;
mod inbox;
mod mortal;
mod odd;
mod oddities;
mod signed;
mod world;

mod alarms;
mod callback_guard;
mod certificates;
mod confirmations;
mod due;
mod durable;
mod forged;
mod get_order;
mod main_job;
mod money;
mod notifications;
mod platform;
mod reconcile;
mod refunds;
mod repeats;
mod replays;
mod unaccepted;
mod unreadable;
mod unverified;

mod at_once;
mod authentication;
mod backing_off;
mod bad_callback_url;
mod bad_fields;
mod bad_input;
mod bad_price;
mod bad_text;
mod binance_failures;
mod changed_settings;
mod create_order;
mod idempotency;
mod log;
mod logs;
mod lost_answers;
mod no_proper_answer;
mod problem;
mod problem_order;
mod run_again;
mod secrets;
mod store_away;
mod taken_over;
