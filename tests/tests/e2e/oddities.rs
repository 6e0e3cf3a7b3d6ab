//! Answers in HTTP as it is out there.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::odd::{Odd, Then, Wrapped, text};

/// How most of them begin.
pub const OK: &str = "HTTP/1.1 200 OK\r\n";
/// And end.
const LENGTH: &str = "content-length: {n}\r\n\r\n{body}";

pub type Pack = fn(&[u8]) -> Vec<u8>;

/// HTTP that an answer is put into: its text, how its body is packed before, and what becomes of the connection.
pub struct Http {
    pub text: String,
    pack: Pack,
    pub then: Then,
}

impl Http {
    pub fn of(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            pack: <[u8]>::to_vec,
            then: Then::Stays,
        }
    }

    fn with_header(line: &str) -> Self {
        Self::of(format!("{OK}{line}\r\n{LENGTH}"))
    }

    pub fn packed(line: &str, pack: Pack) -> Self {
        Self {
            pack,
            ..Self::with_header(line)
        }
    }

    pub fn ending(text: impl Into<String>) -> Self {
        Self {
            then: Then::Ends,
            ..Self::of(text)
        }
    }

    pub fn at(self, odd: &Odd) {
        odd.answer(move |body| Wrapped {
            bytes: text(&self.text, &(self.pack)(body)),
            then: self.then,
        });
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

fn gzip_without_its_end(body: &[u8]) -> Vec<u8> {
    let mut packed = gzip(body);
    packed.truncate(packed.len() - 8);
    packed
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

fn marked(body: &[u8]) -> Vec<u8> {
    ["\u{feff}".as_bytes(), body].concat()
}

fn marked_gzip(body: &[u8]) -> Vec<u8> {
    gzip(&marked(body))
}

pub fn headers(count: usize) -> Http {
    let lines: Vec<String> = (0..count).map(|at| format!("x-{at}: 1\r\n")).collect();
    Http::of(format!("{OK}{}{LENGTH}", lines.concat()))
}

/// Answers whose JSON is whole.
pub fn whole() -> Vec<Http> {
    let mut all = vec![headers(99), headers(120), headers(400), headers(2_000)];
    all.extend(
        [
            "Server : x",
            "Server\t: x",
            "X Powered By: x",
            "PHP Warning Unknown on line 0",
            "x-folded: a\r\n b\r\n\tc",
            " x-folded-from-nowhere: a",
            ": no name",
            "x-empty:",
            "x-letters: Größe",
            "x-control: a\u{1}b",
            "x@y: a",
            "\"x\": a",
        ]
        .map(Http::with_header),
    );
    all.extend([
        Http::of(format!("{OK}content-length : {{n}}\r\n\r\n{{body}}")),
        Http::of(format!("{OK}content-length:\r\n {{n}}\r\n\r\n{{body}}")),
        Http::packed("content-encoding: gzip", gzip),
        Http::packed("Content-Encoding : x-gzip", gzip),
        Http::packed("content-encoding: gzip", gzip_without_its_end),
        Http::packed("content-encoding: gzip", marked_gzip),
        Http::packed("x: no word of gzip", gzip),
        Http::packed("content-encoding: deflate", zlib),
        Http::with_header("content-encoding: gzip"),
        Http::packed("content-type: application/json", marked),
    ]);
    all.extend(
        [
            "content-length: 99999\r\n\r\n{body}",
            "\r\n{body}",
            "connection: keep-alive\r\n\r\n{body}",
            "transfer-encoding: chunked\r\n\r\nffff\r\n{body}",
        ]
        .map(|rest| Http::ending(format!("{OK}{rest}"))),
    );
    all.push(Http::ending("HTTP/1.0 200\r\n\r\n{body}"));
    all.push(Http::ending("HTTP/1.1 200 \r\n\n{body}"));
    all
}
