//! The arguments of the program, and the environment variables that stand in for them.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

use super::{advance, conformance, deliveries, event, trigger, up, verify};
use crate::binance::Behaviour;
use crate::sandbox::Options;

/// Payments on one's own machine: the API, Binance Pay, LeadsCalendar and DynamoDB.
///
/// The console is the page at the simulator's port; GET /sandbox/ there lists the admin API: payments, refunds, other
/// merchants under our trade number, faults, bent answers.
///
/// The simulator and the LeadsCalendar stand-in keep everything in memory and forget it when the program ends. Orders in a
/// table that outlives them have checkouts that nobody knows any more.
#[derive(Debug, Parser)]
#[command(name = "sandbox", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs everything in this process, or does so for as long as COMMAND runs
    Up(up::Arguments),
    /// Runs everything, with the built functions under cargo-lambda
    Dev(Ports),
    /// Plays one order from POST /orders to the accepted confirmation, on free ports, and leaves
    Demo,
    /// Prints the event that a function is invoked with, for `cargo lambda invoke --data-file`
    Event(event::Arguments),
    /// Moves the time of the running sandbox on: orders expire, and what is due then is done
    Advance(advance::Arguments),
    /// Plays what happens to an order, waits for LeadsCalendar's answer, and says whether it accepted
    Trigger(trigger::Arguments),
    /// Lists the confirmations: where each went, what was answered, how long it took
    Deliveries(deliveries::Arguments),
    /// Says which step of a message's verification fails, and why
    Verify(verify::Arguments),
    /// Compares what is believed of Binance with what it answers, by orders that nobody pays
    ///
    /// Prints a table of what was tried, what is believed, and what was seen; what differs is marked, and repeated at its end.
    /// The exit status is 0 when nothing differs, 1 when something does or Binance cannot be asked, and 2 when arguments or
    /// secrets are wrong, or the question was not answered by y.
    Conformance(conformance::Arguments),
}

/// Where everything listens and what else a sandbox begins with; a port of 0 is a free one.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Ports {
    /// The functions' HTTP API [default: 9000]
    #[arg(long, value_name = "PORT", env = "GATEWAY_PORT")]
    pub(crate) gateway_port: Option<u16>,
    /// Simulator, checkout, admin API, console [default: 9100]
    #[arg(long, value_name = "PORT", env = "BINANCE_PORT")]
    pub(crate) binance_port: Option<u16>,
    /// Receiver of confirmations [default: 9200]
    #[arg(long, value_name = "PORT", env = "LEADSCALENDAR_PORT")]
    pub(crate) leadscalendar_port: Option<u16>,
    /// DynamoDB [default: 8000]
    #[arg(long, value_name = "PORT", env = "DYNAMODB_PORT")]
    pub(crate) dynamodb_port: Option<u16>,
    /// Keep DynamoDB's table in FILE instead of in memory
    #[arg(long, value_name = "FILE")]
    pub(crate) table: Option<PathBuf>,
    /// Give out the ways to pay in Binance's own forms, which lead nowhere from here, rather than to the checkout
    #[arg(long)]
    pub(crate) binance_links: bool,
    /// Give the same requests the same ids each time
    ///
    /// The same are orderId, merchantTradeNo, prepayId, checkoutUrl but for host and port, amounts, transactionId,
    /// openUserId, refundId and refundRequestId. Under an Idempotency-Key an order or a refund has its ids whatever comes
    /// beside it; orders without one, and refunds that are triggered, are counted as they come. With --stand-ins orders
    /// without a key have other ids each time. So have requests and certificates always; times are those of the day, and
    /// nonces, signatures and the keys that sign are new. API keys and webhook secrets are the same with any seed, and
    /// without one.
    #[arg(long, value_name = "N", conflicts_with = "table")]
    pub(crate) seed: Option<u64>,
}

impl Ports {
    /// The same, with free ports where none is named.
    pub(crate) fn or_free(self) -> Self {
        Self {
            gateway_port: self.gateway_port.or(Some(0)),
            binance_port: self.binance_port.or(Some(0)),
            leadscalendar_port: self.leadscalendar_port.or(Some(0)),
            dynamodb_port: self.dynamodb_port.or(Some(0)),
            table: self.table,
            binance_links: self.binance_links,
            seed: self.seed,
        }
    }

    /// Where the HTTP API listens.
    pub(crate) fn gateway(&self) -> u16 {
        self.gateway_port.unwrap_or(9000)
    }

    /// How to start the sandbox.
    pub(crate) fn options(&self) -> Options {
        Options {
            binance_port: self.binance_port.unwrap_or(9100),
            leadscalendar_port: self.leadscalendar_port.unwrap_or(9200),
            dynamodb_port: self.dynamodb_port.unwrap_or(8000),
            dynamodb_file: self.table.clone(),
            behaviour: Behaviour {
                binance_links: self.binance_links,
                ..Behaviour::default()
            },
            seed: self.seed,
            ..Options::default()
        }
    }
}

/// Where the sandbox runs that a command asks.
#[derive(Args, Debug)]
pub(crate) struct Running {
    /// The simulator's port
    #[arg(
        long,
        value_name = "PORT",
        env = "BINANCE_PORT",
        default_value_t = 9100
    )]
    pub(crate) binance_port: u16,
}

/// The root of the workspace, where `CargoLambda.toml` and the functions are.
pub(crate) fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn read(arguments: &[&str]) -> Result<Command, String> {
        let arguments = ["sandbox"].iter().chain(arguments);
        let read = Arguments::try_parse_from(arguments);
        read.map(|read| read.command)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_declared_arguments_contradict_nothing() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_table_is_in_memory_unless_a_file_is_named() {
        for (arguments, file) in [
            (&["dev"][..], None),
            (&["dev", "--table", "orders.db"], Some("orders.db")),
        ] {
            let Command::Dev(ports) = read(arguments).unwrap() else {
                panic!("{arguments:?} is not dev");
            };
            assert_eq!(ports.options().dynamodb_file, file.map(PathBuf::from));
        }
    }

    #[test]
    fn the_ways_to_pay_lead_to_the_checkout_unless_binances_own_are_asked_for() {
        for (arguments, binance_links) in [
            (&["up"][..], false),
            (&["up", "--binance-links"], true),
            (&["up", "--binance-links", "--", "true"], true),
            (&["dev"], false),
            (&["dev", "--binance-links"], true),
        ] {
            let options = match read(arguments).unwrap() {
                Command::Up(up) => up.options(&up.ports.clone().or_free()),
                Command::Dev(ports) => ports.options(),
                other => panic!("{arguments:?} is {other:?}"),
            };
            let expected = Behaviour {
                binance_links,
                ..Behaviour::default()
            };
            assert_eq!(options.behaviour, expected, "{arguments:?}");
        }
    }

    #[test]
    fn what_follows_two_dashes_is_a_command_with_options_of_its_own() {
        let Command::Up(up) = read(&["up", "--", "sh", "-c", "exit 7", "--json"]).unwrap() else {
            panic!("not up");
        };
        assert_eq!(up.command, ["sh", "-c", "exit 7", "--json"]);
        assert!(!up.json);
        let ports = up.ports.or_free();
        assert_eq!((ports.gateway(), ports.options().binance_port), (0, 0));
    }

    #[test]
    fn a_wrong_argument_is_named() {
        for (arguments, named) in [
            (&["sideways"][..], "unrecognized subcommand 'sideways'"),
            (&["up", "--port", "1"], "unexpected argument '--port'"),
            (&["demo", "--table", "x"], "unexpected argument '--table'"),
            (&["dev", "--gateway-port", "70000"], "70000 is not in 0..="),
            (&["up", "--listen", "8.8.8.8"], "127.0.0.1 or 0.0.0.0"),
            (&["up", "--public-url", "pay"], "http:// or https://"),
            (&["up", "--json", "--", "true"], "cannot be used with"),
            (
                &["up", "--seed", "7", "--table", "x"],
                "cannot be used with",
            ),
            (&["dev", "--seed", "seven"], "invalid digit"),
            (&["advance", "1x"], "\"1x\" is no length"),
            (&["event", "foo"], "[possible values: "),
            (&["event", "get-order"], "--order <"),
        ] {
            let problem = read(arguments).unwrap_err();
            assert!(problem.contains(named), "{arguments:?}: {problem}");
        }
    }

    #[test]
    fn every_command_and_option_is_explained() {
        for command in Arguments::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                let name = argument.get_id();
                assert!(argument.get_help().is_some(), "{name}");
            }
        }
    }
}
