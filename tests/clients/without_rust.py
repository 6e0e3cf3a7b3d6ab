"""Plays what README says to somebody without Rust: the static sandbox, and an order confirmed to his own Flask server.

Usage: without_rust.py SANDBOX

SANDBOX is the static program, for this machine. First it is started where there is nothing but itself, as in a container
`FROM scratch`; then README's two commands are run as they stand there, but for the ports, in an empty folder, with no Rust on
the search path. Run by .venv-api/bin/python, which has Flask: `make anywhere` sees to both.
"""

import contextlib
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import check

# Where the Python with Flask is, then what any system has.
PATH = f"{check.VENV}{os.pathsep}/usr/bin{os.pathsep}/bin"
FREE_PORTS = {f"{name}_PORT": "0" for name in ("GATEWAY", "BINANCE", "LEADSCALENDAR", "DYNAMODB")}

# What the first command prints, in its order.
PRINTED = {
    "console": r"^Console +(http://\S+)",
    "key": r"^X-MBX-APIKEY +(\S+)",
    "secret": r"^Webhook secret +(whsec_\S+)",
    "url": r"^HTTP API +(http://\S+)",
}


def commands():
    """The two commands of README's section."""
    readme = (check.ROOT / "README.md").read_text()
    section = readme.split("\n## The sandbox, without Rust\n")[1].split("\n## ")[0]
    found = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    check.expect("the number of README's commands", len(found), 2)
    return found


def alone(program):
    """It starts in a folder that holds nothing else, with an empty environment: it is static, and reads no file."""
    if os.geteuid() != 0:
        print("skipped: only root can start a program in an empty root folder")
        return
    with tempfile.TemporaryDirectory() as root:
        shutil.copy(program, f"{root}/sandbox")
        ports = [f"--{name.lower().replace('_', '-')}=0" for name in FREE_PORTS]
        command = ["/sandbox", "up", "--json", *ports]
        sandbox = subprocess.Popen(
            command, env={}, stdout=subprocess.PIPE, text=True, cwd="/", preexec_fn=lambda: os.chroot(root)
        )
        try:
            said = json.loads(sandbox.stdout.readline())
            with urllib.request.urlopen(f"{said['console']}/sandbox/health", timeout=5) as answer:
                check.expect("its health", answer.status, 200)
        finally:
            sandbox.send_signal(signal.SIGTERM)
            check.expect("how it ended", sandbox.wait(20), 0)


def two_commands(program):
    """README's two commands, in an environment without Rust, with his own Flask server."""
    for tool in ("cargo", "rustc", "rustup", "cargo-lambda"):
        check.expect(f"where {tool} is", shutil.which(tool, path=PATH), None)
    first, second = commands()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        shutil.copy(program, f"{folder}/sandbox")
        shutil.copy(check.CLIENTS / "receiver.py", folder)
        environment = {"PATH": PATH, "HOME": folder}

        sandbox = started(running, f"exec {first}", folder, {**environment, **FREE_PORTS})
        said = {name: sandbox.find(pattern, check.PATIENCE) for name, pattern in PRINTED.items()}

        port = check.free_port()
        flask = f"exec flask --app receiver run --port {port}"
        server = started(running, flask, folder, {**environment, "WEBHOOK_SECRET": said["secret"]})
        check.until("the Flask server", lambda: check.listens(port))

        # What was printed, in place of what README says it is on the usual ports.
        usual = {"http://127.0.0.1:9000": said["url"], "localhost:5000": f"localhost:{port}"}
        check.expect("the key in README", said["key"] in second, True)
        for before, now in usual.items():
            check.expect(f"{before} in README", before in second, True)
            second = second.replace(before, now)
        binance_port = said["console"].rstrip("/").rsplit(":", 1)[1]
        played = started(running, second, folder, {**environment, "BINANCE_PORT": binance_port})
        if played.process.wait(check.PATIENCE):
            raise check.Failed("the second command failed\n" + "\n".join(played.lines))
        server.find(r"^([0-9a-f]{30} PAID)$", check.PATIENCE)


def started(running, command, folder, environment):
    """A shell that runs the command, and nothing else, in this environment."""
    shell = ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in environment.items())]
    return running.enter_context(check.started(*shell, "/bin/sh", "-c", command, cwd=folder))


def main(arguments):
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.exit(__doc__)
    if platform.system() != "Linux":
        print("skipped: the static sandbox is a program for Linux")
        return
    program = pathlib.Path(arguments[0]).resolve()
    for step in (alone, two_commands):
        began = time.monotonic()
        step(program)
        check.said(step.__name__, began, step.__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except check.Failed as failure:
        sys.exit(f"FAILED: {failure}")
