//! The settings of the suites under faults: whole numbers in the environment.

/// One of them; one that is missing or empty has its default.
///
/// # Errors
/// A sentence that names the setting.
pub fn number(
    lookup: &dyn Fn(&str) -> Option<String>,
    name: &str,
    least: u64,
    default: u64,
) -> Result<u64, String> {
    match lookup(name) {
        Some(text) if !text.is_empty() => text
            .parse()
            .ok()
            .filter(|number| *number >= least)
            .ok_or_else(|| format!("{name} must be a whole number, {least} or more, not {text:?}")),
        _ => Ok(default),
    }
}
