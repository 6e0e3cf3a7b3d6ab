//! `sandbox trigger` and `sandbox deliveries`: what happens to an order is played, and LeadsCalendar's answer is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use super::{Up, sandbox};

/// Somebody's own server, which answers each confirmation with this status; its address.
fn receiver(status: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                let line = line.trim_end().to_ascii_lowercase();
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.is_empty() {
                    break;
                }
            }
            stream.read_exact(&mut vec![0; length]).unwrap();
            let answer = format!(
                "HTTP/1.1 {status} Answered\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    authority
}

impl Up {
    /// An order whose confirmations go to `callback_url`; its orderId.
    fn order(&self, callback_url: &str, reference: &str) -> String {
        let authority = self.authority("api");
        let body = json!({
            "transactionType": "PAY", "fiat": "USD", "price": "1.00",
            "callbackUrl": callback_url, "reference": reference,
        })
        .to_string();
        let request = format!(
            "POST /orders HTTP/1.1\r\nHost: {authority}\r\nX-MBX-APIKEY: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.addresses["apiKey"].as_str().unwrap(),
            body.len()
        );
        let mut stream = TcpStream::connect(&authority).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, view) = answer.split_once("\r\n\r\n").unwrap();
        let view: Value = serde_json::from_str(view).unwrap();
        view["orderId"].as_str().expect(&answer).to_owned()
    }

    /// The same with LeadsCalendar's stand-in.
    fn usual_order(&self, reference: &str) -> String {
        self.order(self.addresses["callbackUrl"].as_str().unwrap(), reference)
    }

    fn command(&self, words: &[&str]) -> std::process::Command {
        let mut command = sandbox(words);
        let console = self.authority("console");
        let (_, port) = console.rsplit_once(':').unwrap();
        command.env("BINANCE_PORT", port);
        command
    }

    /// What the command prints, and its exit status.
    fn says(&self, words: &[&str]) -> (String, Option<i32>) {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(words).output().unwrap();
        let text = [stdout, stderr].concat();
        (String::from_utf8(text).unwrap(), status.code())
    }

    /// What is printed of this trigger, which succeeds.
    fn plays(&self, what: &str, order: &str, status: &str) {
        let (said, code) = self.says(&["trigger", what, order]);
        let begin = format!("order {order} is {status}; ");
        assert!(
            said.starts_with(&begin) && said.contains(" answered 200 in "),
            "{what}: {said}"
        );
        assert_eq!(code, Some(0), "{what}: {said}");
    }
}

#[test]
fn payment_is_told_to_ones_own_server_whose_answer_is_the_exit_status() {
    let up = Up::start(&[]);
    for (status, code) in [(204, 0), (500, 1)] {
        let host = receiver(status);
        let order = up.order(&format!("http://{host}/payments"), "seat");
        let (said, ended) = up.says(&["trigger", "paid", "last"]);

        let expected = format!("order {order} is PAID; {host} answered {status} in ");
        assert!(said.starts_with(&expected), "{said}");
        assert_eq!(ended, Some(code), "{said}");
    }
}

#[test]
fn all_that_can_happen_before_a_payment_ends_in_the_order_and_at_leadscalendar() {
    let up = Up::start(&[]);
    for (what, status) in [
        ("unnotified", "PAID"),
        ("late", "PAID"),
        ("disputed", "DISPUTED"),
        ("expired", "EXPIRED"),
        ("closed", "CANCELED"),
    ] {
        up.plays(what, &up.usual_order("seat"), status);
    }
}

#[test]
fn money_goes_back_or_is_kept_back_and_only_of_a_paid_order() {
    let up = Up::start(&[]);
    let order = up.usual_order("seat");
    for what in ["refunded", "refund-failed"] {
        let (said, code) = up.says(&["trigger", what, &order]);
        assert!(said.contains("409"), "{said}");
        assert!(
            said.contains("the order is PENDING: only what was paid can go back"),
            "{said}"
        );
        assert_eq!(code, Some(1));
    }
    up.plays("paid", &order, "PAID");
    up.plays("refund-failed", &order, "PAID");
    up.plays("refunded", &order, "REFUNDED");
}

#[test]
fn order_is_named_by_its_id_or_by_a_reference_of_no_other_one() {
    let up = Up::start(&[]);
    let (said, code) = up.says(&["trigger", "paid", "last"]);
    assert!(said.contains("there is no order yet"), "{said}");
    assert_eq!(code, Some(1));

    let first = up.usual_order("seat 1");
    up.usual_order("seat 2");
    up.usual_order("seat 2");
    for (named, words) in [
        ("seat 2", "2 orders have the reference"),
        ("seat 3", "there is no order with the orderId or reference"),
    ] {
        let (said, code) = up.says(&["trigger", "paid", named]);
        assert!(said.contains(words), "{said}");
        assert_eq!(code, Some(1));
    }
    let (said, code) = up.says(&["trigger", "paid", "seat 1"]);
    assert!(said.contains(&first), "{said}");
    assert_eq!(code, Some(0), "{said}");

    let (said, code) = up.says(&["trigger", "paid", &first]);
    assert!(said.contains("the order is PAID"), "{said}");
    assert_eq!(code, Some(1));
}

#[test]
fn deliveries_are_listed_and_followed_line_by_line() {
    let up = Up::start(&[]);
    let order = up.usual_order("seat");
    let mut following = up.command(&["deliveries", "--follow"]);
    let mut following = following.stdout(Stdio::piped()).spawn().unwrap();
    up.plays("paid", &order, "PAID");

    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let heard = lines.next().unwrap().unwrap();
    let host = up.addresses["callbackUrl"].as_str().unwrap();
    let host = host.split('/').nth(2).unwrap();
    assert!(heard.contains(&format!("  {order}_")), "{heard}");
    assert!(
        heard.contains(&format!("{host} answered 200 in ")),
        "{heard}"
    );
    following.kill().unwrap();
    following.wait().unwrap();

    let listed = up.says(&["deliveries"]);
    assert_eq!(listed, (format!("{heard}\n"), Some(0)));
}
