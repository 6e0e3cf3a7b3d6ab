use shared::app::App;
use shared::aws::Failure;
use shared::config::{Needs, SecretFault};

use super::*;
use crate::sample;

/// Why there is no secret, as the function is told.
pub(crate) async fn secret_error(cause: Missing) -> SecretError {
    let lookup = |name: &str| match name {
        "CALLER_KEYS_ID" => Some("secret".to_owned()),
        "SECRETS" | "ALLOW_LOCAL" => None,
        _ => sample::lookup(name),
    };
    let app = App::new(Needs::CallerKeys, lookup).unwrap();
    let mut error = app.secrets.secrets(0).await.unwrap_err();
    error.cause = cause;
    error
}

fn check(ok: bool, unfilled: bool, says: &str) -> Check {
    Check {
        check: "part",
        ok,
        says: says.to_owned(),
        unfilled,
    }
}

#[tokio::test]
async fn secret_is_green_or_says_what_mends_it() {
    let green = "it can be read, and each field keeps its rule";
    assert_eq!(secret("part", "SecretsId", None), check(true, false, green));

    let fill = "fill it, by `.venv/bin/python ops/secret.py SecretsId FILE`";
    let role = format!("let the role of reconcile-orders read it; else {fill}");
    let not_set_up = |text: &str| Missing::Unread(Failure::NotSetUp(text.to_owned()));
    let away = Failure::Away("away".to_owned());
    let expired = Failure::CredentialsExpired("expired".to_owned());
    for (cause, mend, unfilled) in [
        (Missing::Unread(away), AGAIN, false),
        (Missing::Unread(expired), AGAIN, false),
        (
            not_set_up("ResourceNotFoundException: no value"),
            fill,
            true,
        ),
        (
            not_set_up("AccessDeniedException: no"),
            role.as_str(),
            false,
        ),
        (Missing::NoValue, fill, true),
        (Missing::Malformed(SecretFault::Shape("{}")), fill, false),
        (Missing::NotNeeded, fill, false),
    ] {
        let error = secret_error(cause).await;
        let says = format!("{error}. To mend it: {mend}");
        let found = secret("part", "SecretsId", Some(error));
        assert_eq!(found, check(false, unfilled, &says));
    }
}

#[test]
fn table_is_green_or_says_what_mends_it() {
    let green = || "it can be read".to_owned();
    let found = stored("part", green(), None);
    assert_eq!(found, check(true, false, "it can be read"));

    let set_up = "see that the stack's table has all its indexes, that ORDERS_TABLE names it, and that the role of reconcile-orders may use it";
    let failed = |failure: fn(String) -> Failure| StoreError::Unavailable(failure("no".to_owned()));
    for (error, mend) in [
        (failed(Failure::NotSetUp), set_up),
        (StoreError::Namespace, set_up),
        (failed(Failure::Away), AGAIN),
        (StoreError::Raced, AGAIN),
    ] {
        let says = format!("{error}. To mend it: {mend}");
        let found = stored("part", green(), Some(error));
        assert_eq!(found, check(false, false, &says));
    }
}

#[tokio::test]
async fn host_is_green_if_each_of_its_addresses_may_be_called() {
    let no_name = "x".repeat(300);
    let not_public = "localhost has an address that is not public, and is never called. \
        To mend it: have LeadsCalendar's DNS give public addresses only, or correct CallbackHosts";
    let not_found = format!(
        "the name {no_name} is not found. To mend it: correct CallbackHosts, or have LeadsCalendar's DNS mended"
    );
    let green = "localhost has addresses, and each may be called";
    for (allow_local, host, ok, says) in [
        (true, "localhost", true, green),
        (false, "localhost", false, not_public),
        (true, &no_name, false, &not_found),
    ] {
        let expected = Check {
            check: "callbackHost",
            ..check(ok, false, says)
        };
        let found = host_check(GuardedResolver { allow_local }, host).await;
        assert_eq!(found, expected);
    }
}

#[test]
fn red_parts_are_named() {
    let part = |name, ok| Check {
        check: name,
        ..check(ok, false, "")
    };
    assert_eq!(red(&[part("a", true), part("b", true)]), "");
    let some = [part("a", false), part("b", true), part("c", false)];
    assert_eq!(red(&some), "a c");
}
