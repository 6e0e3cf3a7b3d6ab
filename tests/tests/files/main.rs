//! The files beside the code, held against each other and against the code.

mod alarms;
mod bill_of_materials;
mod contracts;
mod dependencies;
mod deploy;
mod log_filters;
mod outside_the_functions;
mod parameters;
mod pins;
mod routes;
mod runbook;
mod secrets;
mod stack;
mod template;
