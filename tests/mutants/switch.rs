
/// Whether this mutant is the one that is played; or notes that it was reached, and by which test.
#[doc(hidden)]
pub fn switched_on(number: u32) -> bool {
    use std::collections::HashSet;
    use std::io::Write;
    use std::sync::{LazyLock, Mutex};

    static ON: LazyLock<Option<u32>> =
        LazyLock::new(|| std::env::var("MUTANT").ok()?.parse().ok());
    static LOG: LazyLock<Option<Mutex<(std::fs::File, HashSet<(u32, String)>)>>> = LazyLock::new(|| {
        let path = std::env::var_os("MUTANTS_REACHED")?;
        let file = std::fs::File::options().append(true).create(true).open(path).ok()?;
        Some(Mutex::new((file, HashSet::new())))
    });
    if let Some(on) = *ON {
        return on == number;
    }
    if let Some(log) = LOG.as_ref()
        && let Ok(mut log) = log.lock()
    {
        // libtest names the thread of a test by the test.
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        if log.1.insert((number, test.clone())) {
            let _ = log.0.write_all(format!("{number} {test}\n").as_bytes());
        }
    }
    false
}
