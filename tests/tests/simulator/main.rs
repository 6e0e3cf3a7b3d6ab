//! The simulator itself: a stand-in that forgets or forgives makes every other suite worthless.

mod admin;
mod bends;
mod bent_notifications;
mod calls;
mod closing;
mod doors;
mod faults;
mod merchant;
mod notifications;
mod refunds;
mod rules;
mod strangers;
mod under_way;
