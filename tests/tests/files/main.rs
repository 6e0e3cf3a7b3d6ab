//! The files beside the code, held against each other and against the code.

mod log_filters;
mod template;
