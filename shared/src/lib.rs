//! What the functions share, from the bottom up; imports point from later lines to earlier ones.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`ambient`] | the clock and the random generator |
//! | [`metrics`] | what an invocation measures |
//! | [`log`] | the log: one JSON object a line |
//! | [`pace`] | what is done so often at most |
//! | [`money`] | amounts and currencies |
//! | [`signing`] | the three signatures; pure |
//! | [`json`] | what others wrote, read leniently |
//! | [`callback_url`] | which addresses may be called |
//! | [`config`] | settings and secrets |
//! | [`http_client`], [`aws`] | the ways out |
//! | [`secret_store`] | the secrets, and when they are read again |
//! | [`order`] | the order, its states and transitions; pure |
//! | [`store`] | orders in DynamoDB |
//! | [`binance`] | client: sign, send, retry, sort the ends |
//! | [`confirmation`] | telling LeadsCalendar |
//! | [`certificates`] | public keys by serial |
//! | [`webhook`] | a notification: verified first, read second |
//! | [`problem`] | error mapping: one error, one answer |
//! | [`app`] | what a function is made of |
//! | [`follow_up`] | log, alarm and confirmation after a transition |
//! | [`close`] | telling Binance to close a checkout |
//! | [`refunds`] | sending a refund |
//! | [`ask`] | the one road from a question of Binance to what follows |
//! | [`event`] | API Gateway's event as a request, however odd |
//! | [`input`] | what a caller sends, field by field |
//! | [`http_api`] | what the functions behind the HTTP API do alike |
//! | [`runtime`] | the life of a function under Lambda |

pub mod ambient;
pub mod log;
pub mod metrics;
pub mod money;
pub mod pace;
pub mod signing;

pub mod json;

pub mod callback_url;
pub mod config;

pub mod http_client;

pub mod aws;

pub mod secret_store;

pub mod order;

pub mod store;

pub mod binance;
pub mod confirmation;

pub mod certificates;

pub mod webhook;

pub mod problem;

pub mod app;
pub mod follow_up;

pub mod close;
pub mod refunds;

pub mod ask;

pub mod event;
pub mod http_api;
pub mod input;

pub mod runtime;

#[cfg(test)]
mod bent;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod served;
