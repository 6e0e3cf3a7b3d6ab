//! The simulator itself: a stand-in that forgets or forgives makes every other suite worthless.

mod admin;
mod bends;
mod bent_notifications;
mod calls;
mod checkout;
mod closing;
mod closing_later;
mod conformance;
mod doors;
mod expire_time;
mod faults;
mod merchant;
mod notifications;
mod pending_refunds;
mod refund_faults;
mod refund_query;
mod refund_rules;
mod refunds;
mod rules;
mod strangers;
mod under_way;
mod verify;
mod versions;
