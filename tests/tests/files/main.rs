//! The files beside the code, held against each other and against the code.

mod bill_of_materials;
mod dependencies;
mod log_filters;
mod pins;
mod secrets;
mod template;
