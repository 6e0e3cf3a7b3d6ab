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
mod table;
mod world;

mod alarms;
mod bent_answers;
mod bent_notifications;
mod callback_guard;
mod cases;
mod certificates;
mod confirmations;
mod due;
mod durable;
mod foreign;
mod forged;
mod get_order;
mod hints;
mod main_job;
mod money;
mod money_without_order;
mod newer_version;
mod notifications;
mod operator;
mod platform;
mod reconcile;
mod refunds;
mod repeats;
mod replays;
mod resumed;
mod steps;
mod unaccepted;
mod unanswered;
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
mod bent_create;
mod binance_failures;
mod changed_settings;
mod cost;
mod create_order;
mod idempotency;
mod in_time;
mod levels;
mod log;
mod logs;
mod lost_answers;
mod namespace;
mod no_proper_answer;
mod number_sent_twice;
mod number_taken;
mod odd_events;
mod problem;
mod problem_order;
mod restored;
mod run_again;
mod secrets;
mod store_away;
mod taken_over;
