//! The program `sandbox` as a test suite starts it: one process, free ports, its addresses and its exit status.

mod conformance;
mod described;
mod seed;
mod triggers;

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};

use std::io::{Read as _, Write as _};

use serde_json::Value;

const PORTS: [&str; 4] = [
    "--gateway-port=0",
    "--binance-port=0",
    "--leadscalendar-port=0",
    "--dynamodb-port=0",
];

fn sandbox(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox"));
    for variable in ["GATEWAY", "BINANCE", "LEADSCALENDAR", "DYNAMODB"] {
        command.env_remove(format!("{variable}_PORT"));
    }
    command.args(arguments);
    command
}

fn output(arguments: &[&str]) -> Output {
    sandbox(arguments).output().unwrap()
}

/// A running `sandbox up --json`, and what it printed.
struct Up {
    child: Child,
    addresses: Value,
}

impl Up {
    fn start(more: &[&str]) -> Self {
        let arguments = [&["up", "--json"], &PORTS[..], more].concat();
        let mut child = sandbox(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let addresses = serde_json::from_str(&line).unwrap();
        Self { child, addresses }
    }

    /// The status line of `GET path` at the address of this name, asked for as `host`.
    fn get(&self, name: &str, path: &str, host: &str) -> String {
        let authority = self.authority(name);
        let (_, port) = authority.rsplit_once(':').unwrap();
        let mut stream = TcpStream::connect(&authority).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap().to_owned()
    }

    fn authority(&self, name: &str) -> String {
        let url = self.addresses[name].as_str().unwrap();
        url.strip_prefix("http://").unwrap().to_owned()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_is_ready_when_it_prints_its_addresses_and_ends_with_a_signal() {
    let mut up = Up::start(&[]);
    let health = up.get("console", "/sandbox/health", "localhost");
    assert_eq!(health, "HTTP/1.1 200 OK");
    let order = up.get("api", "/orders/none", "localhost");
    assert_eq!(order, "HTTP/1.1 401 Unauthorized");

    let pid = up.child.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(up.child.wait().unwrap().success());
    assert!(TcpStream::connect(up.authority("api")).is_err());
}

/// By the processor's time, which others on a busy machine take nothing of.
#[test]
#[cfg(target_os = "linux")]
fn it_is_ready_after_less_than_a_second_of_work() {
    let up = Up::start(&[]);
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", up.child.id())).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = fields.split(' ').collect();

    // proc_pid_stat(5): utime and stime, which every Linux counts in hundredths of a second.
    let [user, system] = [11, 12].map(|field: usize| fields[field].parse::<u32>().unwrap());
    assert!(user + system < 100, "{user} + {system} hundredths");
}

#[test]
fn a_host_is_let_in_only_when_it_is_allowed() {
    let up = Up::start(&["--allow-host", "payments"]);
    for (name, path, fine) in [
        ("console", "/sandbox/health", "HTTP/1.1 200 OK"),
        ("api", "/orders/none", "HTTP/1.1 401 Unauthorized"),
    ] {
        assert_eq!(up.get(name, path, "payments"), fine);
        assert_eq!(up.get(name, path, "others"), "HTTP/1.1 403 Forbidden");
    }
}

#[test]
fn a_command_gets_the_addresses_and_its_exit_status_is_the_programs() {
    let script = "printf '%s ' \"$PAYMENTS_URL\" \"$PAYMENTS_API_KEY\" \"$PAYMENTS_REFUND_KEY\" \
        \"$PAYMENTS_WEBHOOK_SECRET\" \"$SANDBOX_URL\"; exit 7";
    let ran = output(&["up", "--", "sh", "-c", script]);
    let said = String::from_utf8(ran.stdout).unwrap();
    let words: Vec<&str> = said.split_whitespace().collect();

    assert_eq!(ran.status.code(), Some(7));
    let [api, key, refund_key, secret, console] = words[..] else {
        panic!("{said}");
    };
    assert!(api.starts_with("http://127.0.0.1:") && console.starts_with("http://127.0.0.1:"));
    assert!(secret.starts_with("whsec_") && key != refund_key, "{said}");
}

#[test]
fn a_command_that_is_not_there_and_a_port_in_use_are_named() {
    let ran = output(&["up", "--", "no-such-command-here"]);
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(
        said.contains("no-such-command-here cannot be started"),
        "{said}"
    );

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ran = output(&["up", "--gateway-port", &port.to_string(), "--", "true"]);
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1));
    let named = format!("port {port} is in use: choose another one with GATEWAY_PORT");
    assert!(said.contains(&named), "{said}");
}

#[test]
fn wrong_arguments_are_told_from_what_did_not_work_by_the_exit_status() {
    assert_eq!(output(&["sideways"]).status.code(), Some(2));
    assert_eq!(output(&["up", "--help"]).status.code(), Some(0));
}
