//! A program that runs as long as the test: its lines of output are read, and it ends whatever happens.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::ender::ender;

/// How long a program may take until it says that it is ready.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running program, and the ender that stands ready.
pub struct Program {
    child: Child,
    ender: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Program {
    /// Starts it in a process group of its own.
    pub fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn().unwrap();
        let ender = Some(ender(child.id()).unwrap());
        let output = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        // It reads on when nobody listens any more, so that the program is never stopped by a full pipe.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self {
            child,
            ender,
            lines,
        }
    }

    /// What the next line says that has something to say.
    pub fn find<T>(&self, says: impl Fn(&str) -> Option<T>) -> T {
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => match says(&line) {
                    Some(found) => return found,
                    None => seen.push(line),
                },
                Err(error) => panic!("waited in vain ({error}) after {seen:#?}"),
            }
        }
    }
}

impl Drop for Program {
    /// Waits until it has ended, so that nothing of it is left for the next test.
    fn drop(&mut self) {
        drop(self.ender.take());
        let _ = self.child.wait();
    }
}
