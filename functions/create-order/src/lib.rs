//! Placeholder until the function is written.
