//! Which URLs are admitted, rule by rule.

use super::*;

fn policy(hosts: &str, allow_local: bool) -> Policy {
    Policy {
        hosts: CallbackHosts::read(hosts, allow_local).unwrap(),
        allow_local,
    }
}

const HOSTS: &str = "app.example.com, app.example.com:8443, *.hooks.example.com,bücher.example,localhost,127.0.0.1,[::1]";

#[test]
fn url_on_the_list_is_admitted_in_its_normal_form() {
    for (text, normal) in [
        (
            "https://app.example.com/paid",
            "https://app.example.com/paid",
        ),
        ("https://app.example.com", "https://app.example.com/"),
        (
            "https://app.example.com:8443/a?b=c%20d",
            "https://app.example.com:8443/a?b=c%20d",
        ),
        ("https://app.example.com:443/", "https://app.example.com/"),
        (
            "HTTPS://APP.Example.COM/Paid",
            "https://app.example.com/Paid",
        ),
        (
            "https://a.hooks.example.com/",
            "https://a.hooks.example.com/",
        ),
        (
            "https://c.b.a.hooks.example.com/",
            "https://c.b.a.hooks.example.com/",
        ),
        (
            "https://BÜCHER.example/ü",
            "https://xn--bcher-kva.example/%C3%BC",
        ),
        (
            "https://xn--bcher-kva.example/",
            "https://xn--bcher-kva.example/",
        ),
        ("https://ａｐｐ.example。com/", "https://app.example.com/"),
        ("https://app.example.com/a@b", "https://app.example.com/a@b"),
        (
            "https://app.example.com\\@evil.example/",
            "https://app.example.com/@evil.example/",
        ),
    ] {
        let url = CallbackUrl::parse(text, &policy(HOSTS, false)).unwrap();
        assert_eq!(url.as_str(), normal);
        assert_eq!(url.to_string(), normal);
        assert_eq!(CallbackUrl::parse(normal, &policy(HOSTS, false)), Ok(url));
    }
}

#[test]
fn url_that_breaks_a_rule_is_refused_with_the_rule() {
    use CallbackUrlError::{Blank, Fragment, NotHttps, NotUrl, UserInfo};

    for (text, error) in [
        (" https://app.example.com/", Blank),
        ("https://app.example.com/\n", Blank),
        ("https://app.exam\tple.com/", Blank),
        ("https://app.example.com/a b", Blank),
        ("https://app.example.com/\0", Blank),
        ("https://app.example.com/\u{7f}", Blank),
        ("https://app.example.com/\u{85}", Blank),
        ("https://app.example.com/\u{a0}", Blank),
        ("https://app.example.com/\u{2028}", Blank),
        ("", NotUrl),
        ("app.example.com", NotUrl),
        ("/paid", NotUrl),
        ("//app.example.com/", NotUrl),
        ("https://", NotUrl),
        ("https://app.example.com:99999/", NotUrl),
        ("https://256.256.256.256/", NotUrl),
        ("https://[::1/", NotUrl),
        ("http://app.example.com/", NotHttps),
        ("ftp://app.example.com/", NotHttps),
        ("wss://app.example.com/", NotHttps),
        ("file:///etc/passwd", NotHttps),
        ("javascript:alert(1)", NotHttps),
        ("https://user@app.example.com/", UserInfo),
        ("https://user:password@app.example.com/", UserInfo),
        ("https://:@app.example.com/", UserInfo),
        ("https://@app.example.com/", UserInfo),
        ("https://app.example.com@evil.example/", UserInfo),
        ("https://app.example.com/#paid", Fragment),
        ("https://app.example.com/#", Fragment),
    ] {
        assert_eq!(
            CallbackUrl::parse(text, &policy(HOSTS, false)),
            Err(error),
            "{text}"
        );
    }
}

#[test]
fn host_that_is_no_allowed_name_is_refused_with_the_rule() {
    use CallbackUrlError::{HostNotAllowed, IpAddress, Localhost, TrailingDot};

    for (text, error) in [
        ("https://127.0.0.1/", IpAddress),
        ("https://127.1/", IpAddress),
        ("https://0x7f.1/", IpAddress),
        ("https://0177.0.0.1/", IpAddress),
        ("https://2130706433/", IpAddress),
        ("https://0x7f000001/", IpAddress),
        ("https://127.0.0.1./", IpAddress),
        ("https://１２７.０.０.１/", IpAddress),
        ("https://%31%32%37.0.0.1/", IpAddress),
        ("https://169.254.169.254/", IpAddress),
        ("https://93.184.215.14/", IpAddress),
        ("https://[::1]/", IpAddress),
        ("https://[::ffff:127.0.0.1]/", IpAddress),
        ("https://[2606:4700::1111]/", IpAddress),
        ("https://localhost/", Localhost),
        ("https://LocalHost:9001/", Localhost),
        ("https://app.localhost/", Localhost),
        ("https://app.example.com./", TrailingDot),
        ("https://localhost./", TrailingDot),
        ("https://a.hooks.example.com。/", TrailingDot),
        ("https://example.com/", HostNotAllowed),
        ("https://evil.example/", HostNotAllowed),
        ("https://evil.app.example.com/", HostNotAllowed),
        ("https://app.example.com.evil.example/", HostNotAllowed),
        ("https://hooks.example.com/", HostNotAllowed),
        ("https://.hooks.example.com/", HostNotAllowed),
        ("https://evilhooks.example.com/", HostNotAllowed),
        ("https://evil.example/app.example.com", HostNotAllowed),
        ("https://evil.example\\app.example.com", HostNotAllowed),
        ("https://evil.example?@app.example.com", HostNotAllowed),
        ("https://bucher.example/", HostNotAllowed),
        ("https://xn--80ak6aa92e.com/", HostNotAllowed),
    ] {
        assert_eq!(
            CallbackUrl::parse(text, &policy(HOSTS, false)),
            Err(error),
            "{text}"
        );
    }
}

#[test]
fn url_has_at_most_2048_characters() {
    let of_length = |length: usize, fill: &str| {
        let start = "https://app.example.com/";
        format!("{start}{}", fill.repeat(length - start.len()))
    };
    let parse =
        |text: &str| CallbackUrl::parse(text, &policy(HOSTS, false)).map(|url| url.as_str().len());

    assert_eq!(parse(&of_length(2048, "a")), Ok(2048));
    assert_eq!(parse(&of_length(2049, "a")), Err(CallbackUrlError::TooLong));
    assert_eq!(parse(&of_length(2048, "é")), Err(CallbackUrlError::TooLong));
    assert_eq!(
        parse(&of_length(100_000, "../")),
        Err(CallbackUrlError::TooLong)
    );
}

#[test]
fn sandbox_also_admits_http_and_this_machine_but_only_what_is_on_the_list() {
    let sandbox = policy(HOSTS, true);
    for text in [
        "http://localhost:9001/paid",
        "http://127.0.0.1:9001/paid",
        "https://[::1]:9001/paid",
        "http://app.example.com/",
        "https://app.example.com/",
    ] {
        assert!(CallbackUrl::parse(text, &sandbox).is_ok(), "{text}");
    }
    for (text, error) in [
        ("http://127.0.0.2/", CallbackUrlError::HostNotAllowed),
        ("http://app.localhost/", CallbackUrlError::HostNotAllowed),
        ("http://10.0.0.1/", CallbackUrlError::HostNotAllowed),
        ("http://8.8.8.8/", CallbackUrlError::IpAddress),
        ("http://0.0.0.0/", CallbackUrlError::IpAddress),
        ("http://169.254.169.254/", CallbackUrlError::IpAddress),
        ("http://[::ffff:127.0.0.1]/", CallbackUrlError::IpAddress),
        ("http://[fe80::1]/", CallbackUrlError::IpAddress),
        ("ftp://localhost/", CallbackUrlError::NotHttps),
        ("http://a@localhost/", CallbackUrlError::UserInfo),
    ] {
        assert_eq!(CallbackUrl::parse(text, &sandbox), Err(error), "{text}");
    }
}

#[test]
fn private_address_on_the_list_is_admitted_in_the_sandbox_alone() {
    use CallbackUrlError::{HostNotAllowed, IpAddress};

    let sandbox = policy("192.168.1.5,[fd00::5],192.168.1.6:8000", true);
    for text in [
        "http://192.168.1.5:8000/paid",
        "http://192.168.1.5/paid",
        "http://0xc0.168.1.5/paid",
        "https://192.168.1.6/paid",
        "http://[fd00::5]:8000/paid",
    ] {
        assert!(CallbackUrl::parse(text, &sandbox).is_ok(), "{text}");
        let text = text.replace("http:", "https:");
        let elsewhere = CallableUrl::parse(&text, false);
        assert_eq!(elsewhere, Err(IpAddress), "{text}");
    }
    for (text, error) in [
        ("http://192.168.1.7/", HostNotAllowed),
        ("http://[fd00::6]/", HostNotAllowed),
        ("http://[fd00:ec2::254]/", IpAddress),
        ("http://[::ffff:192.168.1.5]/", IpAddress),
        ("http://[64:ff9b::c0a8:105]/", IpAddress),
    ] {
        assert_eq!(CallbackUrl::parse(text, &sandbox), Err(error), "{text}");
    }
}

#[test]
fn url_that_could_be_called_waits_for_the_list_that_has_its_host() {
    let url = CallableUrl::parse("https://APP.example.com/paid", false).unwrap();

    assert_eq!(url.as_str(), "https://app.example.com/paid");
    for (hosts, refused) in [
        ("hooks.example.com", CallbackUrlError::HostNotAllowed),
        ("app.example.com:8443", CallbackUrlError::PortNotAllowed),
    ] {
        assert_eq!(url.clone().admit(&policy(hosts, false)), Err(refused));
    }
    let admitted = url.clone().admit(&policy("app.example.com", false));
    assert_eq!(admitted.unwrap().as_str(), url.as_str());

    // No list makes these callable outside the sandbox.
    for (text, error) in [
        ("http://app.example.com/", CallbackUrlError::NotHttps),
        ("https://localhost/", CallbackUrlError::Localhost),
        ("https://127.0.0.1/", CallbackUrlError::IpAddress),
    ] {
        assert_eq!(CallableUrl::parse(text, false), Err(error), "{text}");
        assert!(CallableUrl::parse(text, true).is_ok(), "{text}");
    }
}

#[test]
fn message_states_the_rule_and_never_the_url() {
    for text in [
        "https://secret.example/",
        "https://secret@app.example.com/",
        "http://secret/",
        "secret",
    ] {
        let refused = CallbackUrl::parse(text, &policy(HOSTS, false)).unwrap_err();
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}
