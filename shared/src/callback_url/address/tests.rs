//! Which addresses are called, edge by edge, and that a name is resolved only if all of its addresses are.

use proptest::prelude::*;

use super::*;

/// The first and the last address of each forbidden range.
const FORBIDDEN: [[&str; 2]; 27] = [
    ["0.0.0.0", "0.255.255.255"],
    ["10.0.0.0", "10.255.255.255"],
    ["100.64.0.0", "100.127.255.255"],
    ["127.0.0.0", "127.255.255.255"],
    ["169.254.0.0", "169.254.255.255"],
    ["172.16.0.0", "172.31.255.255"],
    ["192.0.0.0", "192.0.0.255"],
    ["192.0.2.0", "192.0.2.255"],
    ["192.88.99.0", "192.88.99.255"],
    ["192.168.0.0", "192.168.255.255"],
    ["198.18.0.0", "198.19.255.255"],
    ["198.51.100.0", "198.51.100.255"],
    ["203.0.113.0", "203.0.113.255"],
    ["224.0.0.0", "239.255.255.255"],
    ["240.0.0.0", "255.255.255.255"],
    ["::", "::ffff:ffff"],
    ["64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"],
    ["100::", "100::ffff:ffff:ffff:ffff"],
    ["2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
];

/// What lies just outside them, unless it is the edge of the next; and some well-known hosts.
const PUBLIC: &str = "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 \
    169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.1.255 192.0.3.0 \
    192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 \
    203.0.112.255 203.0.114.0 223.255.255.255 1.1.1.1 8.8.8.8 \
    ::1:0:0 ::fffe:ffff:ffff ::1:0:0:0 ::ffff:8.8.8.8 64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff 64:ff9b::1:0:0 \
    64:ff9b:0:ffff:ffff:ffff:ffff:ffff 64:ff9b:2:: 64:ff9b::5db8:d822 ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 100:0:0:1:: \
    2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:1:: 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9:: \
    2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2003:: 3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff:1000:: \
    5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 5f01:: fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe00:: \
    fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2606:4700:4700::1111";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn mapped(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().into(),
        IpAddr::V6(_) => ip,
    }
}

/// As a network without v4 sees it.
fn translated(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => format!("64:ff9b::{v4}").parse().unwrap(),
        IpAddr::V6(_) => ip,
    }
}

#[test]
fn no_edge_of_a_forbidden_range_may_be_called() {
    for text in FORBIDDEN.into_iter().flatten() {
        assert!(!may_be_called(ip(text), false), "{text}");
        assert!(!may_be_called(mapped(ip(text)), false), "{text} mapped");
        let translated = translated(ip(text));
        assert!(!may_be_called(translated, false), "{translated}");
    }
}

#[test]
fn what_lies_just_outside_may_be_called() {
    for text in PUBLIC.split_whitespace() {
        for allow_local in [false, true] {
            assert!(may_be_called(ip(text), allow_local), "{text}");
            assert!(
                may_be_called(mapped(ip(text)), allow_local),
                "{text} mapped"
            );
            let translated = translated(ip(text));
            assert!(may_be_called(translated, allow_local), "{translated}");
        }
    }
}

/// Whether the sandbox's switch admits it: loopback, RFC 1918 and RFC 4193 but for a cloud's metadata.
fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => {
            let is_metadata = v6.segments()[..2] == [0xfd00, 0xec2];
            v6.is_loopback() || (v6.is_unique_local() && !is_metadata)
        }
    }
}

#[test]
fn sandbox_admits_loopback_and_private_networks_and_nothing_else_that_is_forbidden() {
    for text in [
        "127.0.0.0",
        "127.0.0.1",
        "127.255.255.255",
        "::1",
        "::ffff:127.0.0.1",
        "10.0.0.0",
        "10.255.255.255",
        "172.16.0.0",
        "172.18.0.2",
        "172.31.255.255",
        "192.168.0.0",
        "192.168.255.255",
        "::ffff:172.18.0.2",
        "fc00::",
        "fd00:ec1:ffff:ffff:ffff:ffff:ffff:ffff",
        "fd00:ec3::",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ] {
        assert!(may_be_called(ip(text), true), "{text}");
        assert!(!may_be_called(ip(text), false), "{text}");
    }
    for text in FORBIDDEN
        .into_iter()
        .flatten()
        .filter(|text| !is_local(ip(text)))
    {
        assert!(!may_be_called(ip(text), true), "{text}");
    }
    for text in [
        "0.0.0.0",
        "100.64.0.1",
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "fd00:ec2::254",
        "fe80::1",
        "::127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
    ] {
        assert!(!may_be_called(ip(text), true), "{text}");
    }
}

fn forbidden() -> impl Strategy<Value = IpAddr> {
    prop::sample::select(&FORBIDDEN[..]).prop_flat_map(|[first, last]| {
        match (ip(first), ip(last)) {
            (IpAddr::V4(first), IpAddr::V4(last)) => (first.to_bits()..=last.to_bits())
                .prop_map(|bits| Ipv4Addr::from_bits(bits).into())
                .boxed(),
            (IpAddr::V6(first), IpAddr::V6(last)) => (first.to_bits()..=last.to_bits())
                .prop_map(|bits| Ipv6Addr::from_bits(bits).into())
                .boxed(),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => unreachable!(),
        }
    })
}

proptest! {
    #[test]
    fn no_forbidden_address_passes_in_any_form(ip in forbidden()) {
        prop_assert!(!may_be_called(ip, false));
        prop_assert!(!may_be_called(mapped(ip), false));
        prop_assert!(!may_be_called(translated(ip), false));
        prop_assert_eq!(may_be_called(ip, true), is_local(ip));
        prop_assert_eq!(may_be_called(mapped(ip), true), is_local(ip));
        if let IpAddr::V4(v4) = ip {
            prop_assert!(!may_be_called(Ipv6Addr::from_bits(v4.to_bits().into()).into(), false));
        }
    }

    #[test]
    fn one_forbidden_address_among_many_refuses_the_name(ip in forbidden(), at in 0..4_usize) {
        let public = |_| SocketAddr::from(([8, 8, 8, 8], 0));
        let mut found: Vec<SocketAddr> = (0..3).map(public).collect();
        prop_assert_eq!(admit(found.clone().into_iter(), false), Ok(found.clone()));

        found.insert(at, (ip, 0).into());
        prop_assert_eq!(admit(found.into_iter(), false), Err(AddressRefused));
    }
}

async fn resolve(name: &str, allow_local: bool) -> Result<Vec<IpAddr>, Option<AddressRefused>> {
    match (GuardedResolver { allow_local })
        .resolve(name.parse().unwrap())
        .await
    {
        Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
        Err(error) => Err(error.downcast_ref().copied()),
    }
}

/// Addresses stand for names here, so that no look-up leaves the machine.
#[tokio::test]
async fn resolver_answers_with_the_addresses_it_checked() {
    assert_eq!(resolve("8.8.8.8", false).await, Ok(vec![ip("8.8.8.8")]));
    assert_eq!(
        resolve("169.254.169.254", false).await,
        Err(Some(AddressRefused))
    );
    assert_eq!(
        resolve("169.254.169.254", true).await,
        Err(Some(AddressRefused))
    );
    assert_eq!(resolve("127.0.0.1", true).await, Ok(vec![ip("127.0.0.1")]));
    assert_eq!(resolve("localhost", false).await, Err(Some(AddressRefused)));
    assert!(
        resolve("localhost", true)
            .await
            .unwrap()
            .iter()
            .all(IpAddr::is_loopback)
    );
}

#[test]
fn refusal_states_the_rule_without_the_address() {
    assert_eq!(
        AddressRefused.to_string(),
        "every address of a callback host must be public, or with ALLOW_LOCAL private or loopback"
    );
}
