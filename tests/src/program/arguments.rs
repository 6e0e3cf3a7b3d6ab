//! The arguments of the program, and the environment variables that stand in for them.

use std::path::{Path, PathBuf};

use crate::sandbox::Options;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Usage: sandbox up|dev|demo|event [options]

  up    runs DynamoDB, the Binance Pay simulator with its console, and the LeadsCalendar stand-in
  dev   the same, and the functions under cargo-lambda; invokes reconcile-orders every few seconds
  demo  plays one order from POST /orders to the accepted confirmation, on free ports, and leaves
  event binance-callback --order MERCHANT_TRADE_NO
        lets the payer pay at the running sandbox, without a notification, and prints the event that brings the signed
        notification, for `cargo lambda invoke binance-callback --data-file`
  event get-order --order ORDER_ID
        prints the event of GET /orders/ORDER_ID

Options of up, dev and event, with the environment variable that may be set instead:
  --gateway-port N         GATEWAY_PORT        the functions' HTTP API (default 9000)
  --binance-port N         BINANCE_PORT        simulator, checkout, admin API, console (default 9100)
  --leadscalendar-port N   LEADSCALENDAR_PORT  receiver of confirmations (default 9200)
  --dynamodb-port N        DYNAMODB_PORT       DynamoDB (default 8000)
  --table FILE                                 keep DynamoDB's table in FILE (up and dev; default: in memory)
A port of 0 is a free one.

The simulator and the LeadsCalendar stand-in keep everything in memory and forget it when the program ends. Orders in a
table that outlives them have checkouts that nobody knows any more.";

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Up,
    Dev,
    Demo,
    Event,
    Help,
}

/// What the program was asked for.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) command: Command,
    pub(crate) gateway_port: u16,
    pub(crate) binance_port: u16,
    pub(crate) leadscalendar_port: u16,
    pub(crate) dynamodb_port: u16,
    /// The file of the table; memory without it.
    pub(crate) table: Option<PathBuf>,
    /// The function whose event is asked for.
    pub(crate) function: Option<String>,
    /// The order that the event is about.
    pub(crate) order: Option<String>,
}

impl Arguments {
    /// Reads the arguments; what they leave open is taken from the environment, then from the defaults.
    pub(crate) fn read(
        mut arguments: impl Iterator<Item = String>,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let from_environment =
            |name: &str, default| lookup(name).map_or(Ok(default), |text| port(name, &text));
        let mut read = Self {
            command: Command::Help,
            gateway_port: from_environment("GATEWAY_PORT", 9000)?,
            binance_port: from_environment("BINANCE_PORT", 9100)?,
            leadscalendar_port: from_environment("LEADSCALENDAR_PORT", 9200)?,
            dynamodb_port: from_environment("DYNAMODB_PORT", 8000)?,
            table: None,
            function: None,
            order: None,
        };
        read.command = match arguments.next().as_deref() {
            None => return Err(format!("say what to run\n\n{HELP}")),
            Some("up") => Command::Up,
            Some("dev") => Command::Dev,
            Some("demo") => Command::Demo,
            Some("event") => {
                read.function = arguments.next();
                Command::Event
            }
            Some("-h" | "--help" | "help") => return Ok(read),
            Some(other) => {
                return Err(format!("{other} is none of up, dev, demo, event\n\n{HELP}"));
            }
        };
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            let wanted = match name.as_str() {
                "-h" | "--help" => {
                    read.command = Command::Help;
                    continue;
                }
                _ if read.command == Command::Demo => {
                    return Err(format!("demo takes no {name}: its ports are free ones"));
                }
                "--table" if read.command != Command::Event => {
                    let file = value.or_else(|| arguments.next());
                    read.table = Some(file.ok_or("--table needs a file")?.into());
                    continue;
                }
                "--order" if read.command == Command::Event => {
                    read.order = value.or_else(|| arguments.next());
                    continue;
                }
                "--gateway-port" => &mut read.gateway_port,
                "--binance-port" => &mut read.binance_port,
                "--leadscalendar-port" => &mut read.leadscalendar_port,
                "--dynamodb-port" => &mut read.dynamodb_port,
                _ => return Err(format!("{name} is not known\n\n{HELP}")),
            };
            let value = value
                .or_else(|| arguments.next())
                .ok_or_else(|| format!("{name} needs a port"))?;
            *wanted = port(&name, &value)?;
        }
        Ok(read)
    }

    /// How to start the sandbox.
    pub(crate) fn options(&self) -> Options {
        Options {
            binance_port: self.binance_port,
            leadscalendar_port: self.leadscalendar_port,
            dynamodb_port: self.dynamodb_port,
            dynamodb_file: self.table.clone(),
            ..Options::default()
        }
    }
}

/// The root of the workspace, where `CargoLambda.toml` and the functions are.
pub(crate) fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn port(name: &str, text: &str) -> Result<u16, String> {
    text.parse()
        .map_err(|_| format!("{name} is {text:?}, which is no port (0 to 65535)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Arguments, String> {
        let lookup = |name: &str| {
            environment
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Arguments::read(
            arguments.iter().map(|argument| (*argument).to_owned()),
            &lookup,
        )
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_default() {
        let environment = [("BINANCE_PORT", "1"), ("GATEWAY_PORT", "2")];
        let read = read(
            &["dev", "--binance-port=3", "--dynamodb-port", "4"],
            &environment,
        )
        .unwrap();
        let ports = (
            read.gateway_port,
            read.binance_port,
            read.leadscalendar_port,
            read.dynamodb_port,
        );
        assert_eq!((read.command, ports), (Command::Dev, (2, 3, 9200, 4)));
    }

    #[test]
    fn the_table_is_in_memory_unless_a_file_is_named() {
        for (arguments, file) in [
            (&["dev"][..], None),
            (&["up"], None),
            (&["dev", "--table", "orders.db"], Some("orders.db")),
            (&["up", "--table=orders.db"], Some("orders.db")),
        ] {
            let read = read(arguments, &[]).unwrap();
            assert_eq!(read.options().dynamodb_file, file.map(PathBuf::from));
        }
    }

    #[test]
    fn an_event_is_asked_for_by_function_and_order() {
        let read = read(&["event", "get-order", "--order", "17"], &[]).unwrap();
        assert_eq!(read.command, Command::Event);
        assert_eq!(read.function.as_deref(), Some("get-order"));
        assert_eq!(read.order.as_deref(), Some("17"));
    }

    #[test]
    fn a_mistake_is_named() {
        for (arguments, named) in [
            (vec!["op"], "op is none of up, dev, demo, event"),
            (vec![], "say what to run"),
            (vec!["up", "--port", "1"], "--port is not known"),
            (vec!["up", "--order", "17"], "--order is not known"),
            (vec!["up", "--gateway-port"], "--gateway-port needs a port"),
            (
                vec!["up", "--gateway-port", "70000"],
                "--gateway-port is \"70000\"",
            ),
            (vec!["up", "--table"], "--table needs a file"),
            (vec!["demo", "--table"], "demo takes no --table"),
        ] {
            let problem = read(&arguments, &[]).unwrap_err();
            assert!(problem.starts_with(named), "{problem}");
        }
    }
}
