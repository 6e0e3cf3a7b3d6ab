//! The arguments of the program, and the environment variables that stand in for them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::sandbox::Options;

/// What `--help` prints.
pub(crate) const HELP: &str = include_str!("help.txt");

/// For `up`, which cannot choose the port of functions that others start.
const NO_GATEWAY: &str = "up starts no functions, so that their port cannot be a free one: \
    --gateway-port or GATEWAY_PORT must say on which one they will listen";

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Up,
    Dev,
    Demo,
    Event,
    Advance,
    Help,
}

impl Command {
    fn named(name: &str) -> Result<Self, String> {
        match name {
            "up" => Ok(Self::Up),
            "dev" => Ok(Self::Dev),
            "demo" => Ok(Self::Demo),
            "event" => Ok(Self::Event),
            "advance" => Ok(Self::Advance),
            "help" => Ok(Self::Help),
            _ => Err(format!(
                "{name} is none of up, dev, demo, event, advance\n\n{HELP}"
            )),
        }
    }

    /// The options it takes; the environment variables of others are not looked at.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Up | Self::Dev => &[
                "--gateway-port",
                "--binance-port",
                "--leadscalendar-port",
                "--dynamodb-port",
                "--table",
            ],
            Self::Event => &["--binance-port", "--order"],
            Self::Advance => &["--binance-port"],
            Self::Demo | Self::Help => &[],
        }
    }
}

/// What the program was asked for.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) command: Command,
    /// What the command is about: a function for `event`, a length of time for `advance`.
    pub(crate) about: Option<String>,
    pub(crate) gateway_port: u16,
    pub(crate) binance_port: u16,
    pub(crate) leadscalendar_port: u16,
    pub(crate) dynamodb_port: u16,
    /// The file of the table; memory without it.
    pub(crate) table: Option<PathBuf>,
    /// The order that the event is about.
    pub(crate) order: Option<String>,
}

impl Arguments {
    /// Reads the arguments; what they leave open is taken from the environment, then from the defaults.
    pub(crate) fn read(
        arguments: impl Iterator<Item = String>,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let mut words: Vec<String> = arguments.collect();
        if words.iter().any(|word| word == "-h" || word == "--help") {
            words = vec!["help".to_owned()];
        }
        let mut words = words.into_iter();
        let name = words.next();
        let name = name.ok_or_else(|| format!("say what to run\n\n{HELP}"))?;
        let command = Command::named(&name)?;
        let (about, mut given) = behind(command, &name, words)?;
        let port = |option: &str, variable: &str, default: u16| match given.get(option) {
            Some(text) => port(option, text),
            None if command.options().contains(&option) => {
                lookup(variable).map_or(Ok(default), |text| port(variable, &text))
            }
            None => Ok(default),
        };
        let gateway_port = port("--gateway-port", "GATEWAY_PORT", 9000)?;
        if command == Command::Up && gateway_port == 0 {
            return Err(NO_GATEWAY.to_owned());
        }
        Ok(Self {
            command,
            about,
            gateway_port,
            binance_port: port("--binance-port", "BINANCE_PORT", 9100)?,
            leadscalendar_port: port("--leadscalendar-port", "LEADSCALENDAR_PORT", 9200)?,
            dynamodb_port: port("--dynamodb-port", "DYNAMODB_PORT", 8000)?,
            table: given.remove("--table").map(PathBuf::from),
            order: given.remove("--order"),
        })
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

/// Reads what stands behind the command: what it is about, and its options.
fn behind(
    command: Command,
    name: &str,
    mut words: impl Iterator<Item = String>,
) -> Result<(Option<String>, BTreeMap<String, String>), String> {
    let (mut about, mut given) = (None, BTreeMap::new());
    while let Some(word) = words.next() {
        let is_about = matches!(command, Command::Event | Command::Advance);
        if is_about && about.is_none() && !word.starts_with('-') {
            about = Some(word);
            continue;
        }
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        let known = command.options();
        if !known.contains(&option.as_str()) {
            let known = match known {
                [] => "options at all".to_owned(),
                known => format!("{option}, only {}", known.join(", ")),
            };
            return Err(format!("{name} takes no {known}"));
        }
        let value = value.or_else(|| words.next());
        let value = value.ok_or_else(|| format!("{option} needs a value"))?;
        given.insert(option, value);
    }
    Ok((about, given))
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
        assert_eq!(read.about.as_deref(), Some("get-order"));
        assert_eq!(read.order.as_deref(), Some("17"));
    }

    #[test]
    fn help_may_be_asked_for_anywhere() {
        for arguments in [
            &["help"][..],
            &["--help"],
            &["up", "--help"],
            &["event", "-h"],
            &["event", "get-order", "--help"],
            &["demo", "--port", "-h"],
        ] {
            let read = read(arguments, &[("GATEWAY_PORT", "none")]).unwrap();
            assert_eq!(read.command, Command::Help, "{arguments:?}");
        }
    }

    #[test]
    fn a_variable_that_a_command_does_not_use_is_not_read() {
        let environment = [("GATEWAY_PORT", "none"), ("DYNAMODB_PORT", "none")];
        for arguments in [&["demo"][..], &["event", "get-order"]] {
            read(arguments, &environment).unwrap();
        }
        let problem = read(&["up"], &environment).unwrap_err();
        assert!(problem.starts_with("GATEWAY_PORT is \"none\""), "{problem}");
        read(&["dev"], &[("GATEWAY_PORT", "0")]).unwrap();
        let problem = read(&["up"], &[("GATEWAY_PORT", "0")]).unwrap_err();
        assert!(problem.starts_with("up starts no functions"), "{problem}");
    }

    #[test]
    fn a_mistake_is_named() {
        for (arguments, named) in [
            (vec!["op"], "op is none of up, dev, demo, event, advance"),
            (vec![], "say what to run"),
            (vec!["up", "--port", "1"], "up takes no --port, only --gate"),
            (vec!["up", "--order", "17"], "up takes no --order"),
            (vec!["up", "down"], "up takes no down"),
            (
                vec!["event", "get-order", "x"],
                "event takes no x, only --b",
            ),
            (vec!["event", "--table", "x"], "event takes no --table"),
            (vec!["up", "--gateway-port"], "--gateway-port needs a value"),
            (vec!["up", "--gateway-port=0"], "up starts no functions"),
            (
                vec!["up", "--gateway-port", "70000"],
                "--gateway-port is \"70000\"",
            ),
            (vec!["up", "--table"], "--table needs a value"),
            (vec!["demo", "--table"], "demo takes no options at all"),
        ] {
            let problem = read(&arguments, &[]).unwrap_err();
            assert!(problem.starts_with(named), "{problem}");
        }
    }
}
