use super::*;
use crate::callback_url::{CallbackUrl, CallbackUrlError, Policy};

/// How a URL ends, by the list and the local switch.
fn ended(url: &str, hosts: &str, allow_local: bool) -> Result<(), CallbackUrlError> {
    let policy = Policy {
        hosts: hosts.parse().unwrap(),
        allow_local,
    };
    CallbackUrl::parse(url, &policy).map(|_| ())
}

#[test]
fn port_is_443_or_the_one_that_the_entry_names() {
    let refused = Err(CallbackUrlError::PortNotAllowed);
    let unknown = Err(CallbackUrlError::HostNotAllowed);
    let (plain, named) = ("app.example.com", "app.example.com:8443");
    let (below, below_named) = ("*.example.com", "*.example.com:8443");
    let both = "app.example.com,app.example.com:8443";
    for (url, hosts, expected) in [
        ("https://app.example.com/", plain, Ok(())),
        ("https://app.example.com:443/", plain, Ok(())),
        ("https://app.example.com:0443/", plain, Ok(())),
        ("https://app.example.com:8443/", plain, refused),
        ("https://app.example.com:80/", plain, refused),
        ("https://app.example.com:0/", plain, refused),
        ("https://app.example.com:22/", plain, refused),
        ("https://app.example.com:8443/", named, Ok(())),
        ("https://app.example.com/", named, refused),
        ("https://app.example.com:443/", named, refused),
        ("https://app.example.com:8444/", named, refused),
        ("https://app.example.com/", "app.example.com:443", Ok(())),
        ("https://app.example.com/", both, Ok(())),
        ("https://app.example.com:8443/", both, Ok(())),
        ("https://app.example.com:9/", both, refused),
        ("https://app.example.com/", below, Ok(())),
        ("https://app.example.com:8443/", below, refused),
        ("https://app.example.com:8443/", below_named, Ok(())),
        ("https://app.example.com/", below_named, refused),
        ("https://app.example.com:8443/", "example.com:8443", unknown),
        ("https://example.com:8443/", below_named, unknown),
    ] {
        assert_eq!(ended(url, hosts, false), expected, "{url} by {hosts}");
    }
}

#[test]
fn any_port_of_a_listed_host_is_allowed_in_the_sandbox_alone() {
    for (url, hosts, elsewhere) in [
        (
            "https://app.example.com:9200/",
            "app.example.com",
            CallbackUrlError::PortNotAllowed,
        ),
        (
            "http://127.0.0.1:9200/",
            "127.0.0.1:80",
            CallbackUrlError::NotHttps,
        ),
        ("https://[::1]:9200/", "[::1]", CallbackUrlError::IpAddress),
        (
            "https://[::1]:9200/",
            "[::1]:443",
            CallbackUrlError::IpAddress,
        ),
    ] {
        assert_eq!(ended(url, hosts, true), Ok(()), "{url} by {hosts}");
        assert_eq!(ended(url, hosts, false), Err(elsewhere), "{url} by {hosts}");
    }
    let unlisted = Err(CallbackUrlError::HostNotAllowed);
    assert_eq!(ended("http://localhost:80/", "127.0.0.1", true), unlisted);
}

#[test]
fn bad_entry_of_the_list_is_named() {
    for (list, entry) in [
        ("", ""),
        ("app.example.com,", ""),
        ("app.example.com,,b.example.com", ""),
        ("*", "*"),
        ("*.", "*."),
        ("app.example.com, *.*.example.com", "*.*.example.com"),
        ("a*.example.com", "a*.example.com"),
        ("*example.com", "*example.com"),
        ("https://app.example.com", "https://app.example.com"),
        ("app.example.com:", "app.example.com:"),
        ("app.example.com:0", "app.example.com:0"),
        ("app.example.com:+443", "app.example.com:+443"),
        ("app.example.com:65536", "app.example.com:65536"),
        ("app.example.com:443:443", "app.example.com:443:443"),
        ("app.example.com:*", "app.example.com:*"),
        (":443", ":443"),
        ("*:443", "*:443"),
        ("10.0.0.1:443", "10.0.0.1:443"),
        ("[::1", "[::1"),
        ("::1", "::1"),
        ("app.example.com/", "app.example.com/"),
        ("app.example.com.", "app.example.com."),
        (".example.com", ".example.com"),
        ("a b.example.com", "a b.example.com"),
        ("user@app.example.com", "user@app.example.com"),
        ("10.0.0.1", "10.0.0.1"),
        ("8.8.8.8", "8.8.8.8"),
        ("*.127.0.0.1", "*.127.0.0.1"),
        ("[fe80::1]", "[fe80::1]"),
    ] {
        let refused = list.parse::<CallbackHosts>().unwrap_err();
        assert_eq!(refused.entry, entry, "{list}");
        assert!(
            refused.to_string().ends_with(&format!("not {entry:?}")),
            "{refused}"
        );
    }
}

#[test]
fn private_address_is_an_entry_of_the_sandboxs_list_alone() {
    for entry in ["10.0.0.1", "192.168.1.5:8000", "[fd00::5]", "172.16.0.1"] {
        assert!(CallbackHosts::read(entry, true).is_ok(), "{entry}");
        assert!(CallbackHosts::read(entry, false).is_err(), "{entry}");
    }
    for entry in [
        "8.8.8.8",
        "0.0.0.0",
        "169.254.169.254",
        "100.64.0.1",
        "*.10.0.0.1",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[::ffff:10.0.0.1]",
    ] {
        assert!(CallbackHosts::read(entry, true).is_err(), "{entry}");
    }
}

#[test]
fn hosts_that_are_named_themselves_are_looked_up_each_once() {
    let list = "b.example.com:8443,*.example.com, a.example.com,b.example.com,127.0.0.1,[::1]:8443";
    let hosts: CallbackHosts = list.parse().unwrap();
    let expected = ["127.0.0.1", "::1", "a.example.com", "b.example.com"];
    assert!(hosts.exact().into_iter().eq(expected));
    let expected = [
        "https://b.example.com:8443/",
        "https://a.example.com:443/",
        "https://b.example.com:443/",
        "http://127.0.0.1:443/",
        "http://[::1]:8443/",
    ];
    assert_eq!(hosts.addresses(), expected);
}
