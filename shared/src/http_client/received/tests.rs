use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use super::*;
use crate::http_client::stand_in::{post, tcp};

/// What is received of `answer`, which is sent as it stands before the connection ends.
async fn received(answer: impl AsRef<[u8]>, max_bytes: usize) -> Received {
    let url = format!(
        "http://127.0.0.1:{}/a/",
        tcp(answer.as_ref().to_vec()).await
    );
    let response = post(&url).await;
    Received::read(response, max_bytes, Duration::from_secs(5), 0).await
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

fn ok(body: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\n\r\n", body].concat()
}

#[tokio::test]
async fn what_came_before_a_break_is_kept() {
    for (framing, body) in [
        ("content-length: 99", "{}"),
        ("transfer-encoding: chunked", "2\r\n{}\r\n"),
        ("transfer-encoding: chunked", "9\r\n{}"),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{body}");
        let received = received(&answer, 100).await;
        assert_eq!((received.status, received.body), (200, b"{}".to_vec()));
        assert_eq!(received.cut, Some(BROKEN), "{answer}");
    }
    let whole = received(ok(b"{}"), 100).await;
    assert_eq!((whole.body, whole.cut), (b"{}".to_vec(), None));
}

#[tokio::test]
async fn body_that_does_not_end_is_waited_for_no_longer_than_allowed_and_a_whole_one_hardly() {
    for (body, within_ms) in [("{", 50), ("{}", 60_000)] {
        let received = from_one_that_stays_open(body, Duration::from_millis(within_ms)).await;
        assert_eq!((received.status, received.body), (200, body.into()));
        assert_eq!(received.cut, Some(TOO_SLOW));
    }
}

/// What is received of an answer that announces more than comes, on a connection that stays open.
async fn from_one_that_stays_open(body: &str, within: Duration) -> Received {
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{body}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let open = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // Answered before it has asked, a client takes the answer for another one's.
        let _ = stream.read(&mut [0; 2_048]).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        stream
    });
    let response = post(&url).await;
    let received = Received::read(response, 100, within, 0).await;
    drop(open.join().unwrap());
    received
}

#[tokio::test]
async fn body_is_read_to_its_limit_packed_or_not() {
    let long = vec![b' '; 1_000];
    for body in [long.clone(), gzip(&long), zlib(&long)] {
        let exact = received(ok(&body), 1_000).await;
        assert_eq!((exact.body.len(), exact.cut), (1_000, None));
        let cut = received(ok(&body), 999).await;
        assert_eq!((cut.body.len(), cut.cut), (999, Some(TOO_LONG)));
    }
}

#[test]
fn bomb_is_not_unpacked_beyond_the_limit() {
    let bomb = gzip(&vec![b'0'; 64 << 20]);
    assert!(bomb.len() < 512 << 10, "{}", bomb.len());
    let body = unpack(bomb, 4_096);
    assert_eq!(body.len(), 4_096);
    assert!(body.capacity() < 32 << 10, "{}", body.capacity());
}

#[test]
fn packed_body_gives_all_that_came_of_it() {
    let text = br#"{"status":"SUCCESS","code":"000000","data":{}}"#;
    let packed = gzip(text);
    // The checksum and the length at the end say nothing that whole JSON does not.
    for len in packed.len() - 8..=packed.len() {
        assert_eq!(unpack(packed[..len].to_vec(), 100), text, "{len}");
    }
    let mut wrong_sum = packed.clone();
    wrong_sum[packed.len() - 6] ^= 1;
    assert_eq!(unpack(wrong_sum, 100), text);
    assert_eq!(unpack([gzip(b"{"), gzip(b"}")].concat(), 100), b"{}");
    assert_eq!(unpack(zlib(text), 100), text);

    assert_eq!(unpack(packed[..11].to_vec(), 100), b"");
    assert_eq!(unpack(b"xml".to_vec(), 100), b"");
    assert_eq!(unpack(text.to_vec(), 100), text);
}

#[tokio::test]
async fn byte_order_mark_is_no_part_of_the_body() {
    let marked = b"\xef\xbb\xbf{}";
    for body in [marked.to_vec(), gzip(marked)] {
        assert_eq!(received(ok(&body), 100).await.body, b"{}");
    }
}

#[tokio::test]
async fn redirect_tells_host_and_port_and_nothing_else() {
    let long = format!("Location: https://{}.example.com/", "a".repeat(300));
    for (status, location, expected) in [
        (301, "location: https://example.com/a?b=c", "example.com"),
        (
            302,
            "Location: https://me:pw@example.com:8443/",
            "example.com:8443",
        ),
        (303, "location: //example.com", "example.com"),
        (307, "location: http://[::1]:80/a", "[::1]"),
        (308, "location: /x/", "127.0.0.1:PORT"),
        (308, "location: ", "127.0.0.1:PORT"),
        (308, "x-location: /x/", "nowhere"),
        (308, "location: https://", "an address that cannot be read"),
        (308, "location: mailto:me", "an address that cannot be read"),
        (308, &long, "an address that cannot be read"),
    ] {
        let head = format!("HTTP/1.1 {status} Moved\r\n{location}\r\ncontent-length: 0\r\n\r\n");
        let port = tcp(head.into_bytes()).await;
        let url = format!("http://127.0.0.1:{port}/a/");
        let response = post(&url).await;
        let received = Received::read(response, 100, Duration::from_secs(5), 0).await;

        let expected = expected.replace("PORT", &port.to_string());
        assert_eq!(received.status, status);
        assert_eq!(received.redirect_to, Some(expected), "{location}");
    }
    assert_eq!(received(ok(b""), 100).await.redirect_to, None);
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    // Sun, 06 Nov 1994 08:49:37 GMT, less 90.5 s.
    let now_ms = 784_111_777_000 - 90_500;
    for (text, expected) in [
        ("120", Some(120)),
        (" 0 ", Some(0)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(91)),
        ("Sun, 06 Nov 1994 08:48:00 GMT", Some(0)),
        ("Sun, 06 Nov 1994", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
    ] {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
        assert_eq!(retry_after_secs(&headers, now_ms), expected, "{text:?}");
    }
    assert_eq!(retry_after_secs(&HeaderMap::new(), now_ms), None);
}

#[test]
fn date_of_an_answer_is_read_where_it_is_one() {
    for (text, expected) in [
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777_000)),
        ("Sun, 06 Nov 1994", None),
        ("784111777", None),
        ("", None),
    ] {
        let headers = HeaderMap::from_iter([(DATE, text.parse().unwrap())]);
        assert_eq!(date_ms(&headers), expected, "{text:?}");
    }
    assert_eq!(date_ms(&HeaderMap::new()), None);
}
