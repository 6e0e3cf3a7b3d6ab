"""Checks openapi.yaml and sandbox.openapi.yaml by those who have nothing else: a linter, generated clients, receivers, and a fuzzer.

Usage: check.py [--help] [STEP ...]

The steps are lint, readme, typescript, python, flask, express and schemathesis; all without an argument. They play against
one sandbox, started on free ports and ended afterwards. Each prints a line with its seconds; the last line is
`N passed, N failed`, and the exit code is 1 if one failed. What is made on the way is in target/api. FUZZ_MINUTES in the
environment keeps schemathesis going for so long.

Run by .venv-api/bin/python, with the packages of tests/clients/node installed: `make api` sees to both.
"""

import base64
import contextlib
import datetime
import json
import os
import pathlib
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import requests
import standardwebhooks
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIENTS = ROOT / "tests" / "clients"
NODE = CLIENTS / "node"
MADE = ROOT / "target" / "api"
OPENAPI = ROOT / "openapi.yaml"
SANDBOXS = ROOT / "sandbox.openapi.yaml"
VENV = pathlib.Path(sys.executable).parent
# Schemathesis plays the same each time: so many requests of its own for each operation, made from this seed.
EXAMPLES, SEED = 40, 20261127
PATIENCE = 30
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{VENV}{os.pathsep}{NODE / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}",
    "PYTHONPATH": str(MADE / "python"),
    "REDOCLY_TELEMETRY": "off",
    "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    "SCHEMATHESIS_REPORT": "0",
    "DO_NOT_TRACK": "1",
}


class Failed(Exception):
    """A check that failed, in the words of whoever found out."""


def run(*command, cwd=ROOT, timeout=120, **variables):
    """What a program prints; everything it says if it fails."""
    ended = subprocess.run(
        command,
        cwd=cwd,
        env={**ENVIRONMENT, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=timeout,
    )
    if ended.returncode:
        raise Failed(f"{' '.join(map(str, command))}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def expect(what, found, wanted):
    if found != wanted:
        raise Failed(f"{what} is {found!r}, and not {wanted!r}")


class Program:
    """A program that runs until the check is over, and what it has printed."""

    def __init__(self, *command, cwd=ROOT, **variables):
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**ENVIRONMENT, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self.lines = []
        self.fresh = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            self.fresh.put(line.rstrip())
        self.fresh.put(None)

    def find(self, pattern, patience):
        """The first group of the first line from now on that has the pattern."""
        until = time.monotonic() + patience
        while True:
            try:
                line = self.fresh.get(timeout=max(until - time.monotonic(), 0))
            except queue.Empty:
                line = None
            if line is None:
                raise Failed(f"there is no {pattern} in\n" + "\n".join(self.lines[-30:]))
            if found := re.search(pattern, line):
                return found.group(1)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Sandbox:
    """The functions and all that they talk to."""

    def __init__(self):
        ports = [f"--{name}-port=0" for name in ("gateway", "binance", "leadscalendar", "dynamodb")]
        self.program = Program("cargo", "run", "-q", "--locked", "--bin", "sandbox", "--", "dev", *ports)
        try:
            self.read_addresses()
        except BaseException:
            self.program.end()
            raise

    def read_addresses(self):
        # The functions may have to be compiled first.
        self.binance = self.program.find(r"^Console +(http://\S+)/$", 1800)
        self.callback_url = self.program.find(r"^LeadsCalendar +(http://\S+)", PATIENCE)
        self.key = self.program.find(r"^X-MBX-APIKEY +(\S+)", PATIENCE)
        self.refund_key = self.program.find(r"^Refund key +(\S+)", PATIENCE)
        self.secret = self.program.find(r"^Webhook secret +(whsec_\S+)", PATIENCE)
        self.url = self.program.find(r"^HTTP API +(http://\S+)", PATIENCE)

    def request(self, method, path, **more):
        headers = {"X-MBX-APIKEY": self.key}
        answer = requests.request(method, self.url + path, headers=headers, timeout=35, **more)
        if not answer.ok:
            raise Failed(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def pay(self, order):
        path = f"/sandbox/orders/{order['merchantTradeNo']}/pay"
        requests.post(self.binance + path, timeout=35).raise_for_status()

    def wish(self, event):
        """What an operator wishes of reconcile-orders."""
        path = "/2015-03-31/functions/reconcile-orders/invocations"
        return self.request("POST", path, json=event)


def lint(_):
    """openapi.yaml and the sandbox's by Redocly's strict rules and ours."""
    run("redocly", "lint", "--config", NODE / "redocly.yaml", OPENAPI, SANDBOXS)


def readme(_):
    """README shows the receivers as they are."""
    text = (ROOT / "README.md").read_text()
    for path, language in ((CLIENTS / "receiver.py", "python"), (NODE / "receiver.js", "js")):
        if f"```{language}\n{path.read_text()}```" not in text:
            raise Failed(f"README.md does not show {path.relative_to(ROOT)} as it is")


def of_clients(printed):
    """What a generated client has to print."""
    told = json.loads(printed)
    expect("the order's id", bool(re.fullmatch("[0-9a-f]{30}", told.pop("orderId"))), True)
    refused = ["INVALID_REQUEST", "/price"]
    wanted = {"created": "PENDING", "read": "PENDING", "changes": 2, "found": 1, "closed": "CANCELED", "refused": refused}
    expect("what was printed", told, wanted)


def steered(sandbox, *command):
    """A client of the sandbox's own API pays an order, plays a fault, and is refused."""
    fields = {"transactionType": "PAY", "fiat": "USD", "price": 1.00, "callbackUrl": sandbox.callback_url}
    order = sandbox.request("POST", "/orders", json=fields)
    told = json.loads(run(*command, sandbox.binance, order["orderId"]))
    expect("what was printed", told, {"paid": "PAID", "accepted": True, "waiting": 1, "refused": "the order is PAID"})


def typescript(sandbox):
    """openapi-typescript, tsc --strict: make an order, read it, find it, close it; pay one by the sandbox's own API."""
    made = NODE / "generated"
    # Not `api.d.ts`: what is declared in such a file goes unchecked, as that of others does.
    run("openapi-typescript", OPENAPI, "--output", made / "api.ts")
    run("openapi-typescript", SANDBOXS, "--output", made / "sandbox.ts")
    run("tsc", cwd=NODE)
    of_clients(run("node", made / "built" / "order.js", sandbox.url, sandbox.key, sandbox.callback_url))
    steered(sandbox, "node", made / "built" / "steer.js")


def python(sandbox):
    """openapi-python-client, mypy --strict: make an order, read it, find it, close it; pay one by the sandbox's own API."""
    MADE.mkdir(parents=True, exist_ok=True)
    config = MADE / "python.yaml"
    # The document tells of itself, too, as YAML.
    config.write_text("content_type_overrides: { application/yaml: text/plain }\n")
    for document, name in ((OPENAPI, "leadscalendar_payments"), (SANDBOXS, "sandbox_of_payments")):
        generate = ["generate", "--config", config, "--path", document, "--output-path", MADE / "python" / name]
        run("openapi-python-client", *generate, "--meta", "none", "--overwrite", "--fail-on-warning")
    order, steer = CLIENTS / "order.py", CLIENTS / "steer.py"
    # What is generated is taken for its types; its own faults are not ours.
    options = ["--strict", "--follow-imports", "silent", "--cache-dir", MADE / "mypy"]
    run("mypy", *options, order, steer, MYPYPATH=str(MADE / "python"))
    of_clients(run(sys.executable, order, sandbox.url, sandbox.key, sandbox.callback_url))
    steered(sandbox, sys.executable, steer)


def flask(sandbox):
    """tests/clients/receiver.py: takes what is signed, once."""
    port = free_port()
    command = [sys.executable, "-m", "flask", "--app", "receiver", "run", "--port", str(port)]
    with started(*command, cwd=CLIENTS, WEBHOOK_SECRET=sandbox.secret) as receiver:
        receives(sandbox, receiver, port)


def express(sandbox):
    """tests/clients/node/receiver.js: takes what is signed, once."""
    port = free_port()
    variables = {"WEBHOOK_SECRET": sandbox.secret, "PORT": str(port)}
    with started("node", "receiver.js", cwd=NODE, **variables) as receiver:
        receives(sandbox, receiver, port)


@contextlib.contextmanager
def started(*command, **more):
    program = Program(*command, **more)
    try:
        yield program
    finally:
        program.end()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def until(what, done):
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > PATIENCE:
            raise Failed(f"waited in vain for {what}")
        time.sleep(0.05)


def receives(sandbox, receiver, port):
    """A receiver takes what the service sends, and nothing else, and does by one revision once."""
    url = f"http://127.0.0.1:{port}/payments/confirmed"
    until("the receiver", lambda: listens(port))
    fields = {"transactionType": "PAY", "fiat": "USD", "price": 1.00, "callbackUrl": url}
    order = sandbox.request("POST", "/orders", json=fields)
    path = f"/orders/{order['orderId']}"

    # What is forged comes first: it must keep nothing from being taken afterwards.
    paid = {**order, "status": "PAID", "revision": order["revision"] + 1_000_000}
    for what, headers, body in forged(sandbox.secret, paid):
        status = requests.post(url, data=body, headers=headers, timeout=5).status_code
        expect(f"the answer to {what}", status, 401)

    sandbox.pay(order)
    expect("what was taken", receiver.find(r"^([0-9a-f]{30} \S+)$", PATIENCE), f"{order['orderId']} PAID")

    def accepted():
        shown = sandbox.request("GET", path)
        return shown["confirmation"]["confirmedRevision"] == shown["revision"]

    until("the confirmation to be accepted", accepted)
    shown = sandbox.request("GET", path)
    # The service repeats it at an operator's wish, with the same `webhook-id`.
    expect("the wish", sandbox.wish({"confirm": order["orderId"]}), {"done": 1, "left": False})
    until("the repeat to be accepted", accepted)
    for revision, status in ((shown["revision"], "PAID"), (shown["revision"] - 1, "PENDING")):
        data = {**shown, "revision": revision, "status": status}
        headers, body = signed(sandbox.secret, data)
        answer = requests.post(url, data=body, headers=headers, timeout=5)
        expect("the answer to a repeat", answer.status_code, 204)
    # A later one shows that everything before it has been printed.
    headers, body = signed(sandbox.secret, {**shown, "revision": shown["revision"] + 1, "status": "REFUNDED"})
    requests.post(url, data=body, headers=headers, timeout=5).raise_for_status()
    receiver.find(r"^([0-9a-f]{30} REFUNDED)$", PATIENCE)
    taken = [line.split()[1] for line in receiver.lines if line.startswith(order["orderId"])]
    expect("all that was done", taken, ["PAID", "REFUNDED"])


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def signed(secret, data, at=None):
    """A confirmation as the service would send it."""
    at = at or datetime.datetime.now(tz=datetime.timezone.utc)
    body = json.dumps({"type": f"order.{data['status'].lower()}", "timestamp": at.isoformat(), "data": data})
    webhook_id = f"{data['orderId']}_{data['revision']}"
    headers = {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": standardwebhooks.Webhook(secret).sign(webhook_id, at, body),
    }
    return headers, body


def forged(secret, data):
    """What a stranger may send, with headers and body."""
    headers, body = signed(secret, data)
    other = f"whsec_{base64.b64encode(bytes(32)).decode()}"
    yield "another secret", *signed(other, data)
    yield "another body", headers, body.replace("PAID", "paid")
    yield "a word more", headers, body + " "
    yield "another id", {**headers, "webhook-id": f"{data['orderId']}_1"}, body
    hour = datetime.timedelta(hours=1)
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    yield "an old one", *signed(secret, data, now - hour)
    yield "one from the future", *signed(secret, data, now + hour)
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        without = {known: value for known, value in headers.items() if known != name}
        yield f"none without {name}", without, body
    for signature in ("v1,", "v1", "v1,%%%", "v2," + headers["webhook-signature"][3:], ","):
        yield f"signature {signature}", {**headers, "webhook-signature": signature}, body
    yield "no time", {**headers, "webhook-timestamp": "now"}, body


def schemathesis(sandbox):
    """Schemathesis, every check, stateful too: once, or with one seed after the other for FUZZ_MINUTES."""
    MADE.mkdir(parents=True, exist_ok=True)
    described = MADE / "openapi.json"
    described.write_text(json.dumps(as_deployed(sandbox)))
    options = ["--url", sandbox.url, "--header", f"X-MBX-APIKEY: {sandbox.refund_key}", "--checks", "all"]
    options += ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(EXAMPLES)]
    options += ["--generation-database", "none", "--continue-on-failure"]
    config = ["--no-color", "--config-file", CLIENTS / "schemathesis.toml"]
    hooks = {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(CLIENTS)}
    end, seed = time.monotonic() + 60 * float(os.environ.get("FUZZ_MINUTES", 0)), SEED
    while seed == SEED or time.monotonic() < end:
        seeded = ["--seed", str(seed)]
        printed = run("schemathesis", *config, "run", *options, *seeded, described, cwd=MADE, timeout=300, **hooks)
        (MADE / "schemathesis.txt").write_text(printed)
        if end > time.monotonic():
            print(f"{'':14} seed {seed} passed, {(end - time.monotonic()) / 60:.0f} min left", flush=True)
        seed += 1


def as_deployed(sandbox):
    """openapi.yaml with what no schema says, since it is a setting of the deployment: hosts, fiats, the highest price."""
    described = yaml.safe_load(OPENAPI.read_text())
    fields = described["components"]["schemas"]["NewOrder"]["properties"]
    fields["callbackUrl"] = {"type": "string", "enum": [sandbox.callback_url]}
    fields["fiat"] = {"type": "string", "enum": ["USD"]}
    number, text = fields["price"]["oneOf"]
    number["maximum"] = 20000
    text["pattern"] = text["pattern"].replace("{0,16}", "{0,3}")
    # In its normal form an address has a slash behind its host, which may be the 257th character. (One with `{orderId}` is
    # longer with the id, and none that is made up has it.)
    for name in ("returnUrl", "cancelUrl"):
        fields[name]["maxLength"] = 255
    return described


STEPS = {step.__name__: step for step in (lint, readme, typescript, python, flask, express, schemathesis)}
WITHOUT_SANDBOX = {"lint", "readme"}


def main(names):
    if {"-h", "--help"} & set(names):
        print(__doc__)
        return 0
    if unknown := set(names) - set(STEPS):
        sys.exit(f"{', '.join(sorted(unknown))}: no such step\n\n{__doc__}")
    names = names or list(STEPS)
    sandbox, failures = None, []
    try:
        if set(names) - WITHOUT_SANDBOX:
            began = time.monotonic()
            sandbox = Sandbox()
            said("sandbox", began, "Started.")
        for name in names:
            began = time.monotonic()
            try:
                STEPS[name](sandbox)
                said(name, began, STEPS[name].__doc__)
            except (Failed, requests.RequestException, subprocess.TimeoutExpired) as failure:
                failures.append(name)
                said(name, began, f"FAILED: {failure}")
    finally:
        if sandbox:
            sandbox.program.end()
    print(f"{len(names) - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


def said(name, began, what):
    print(f"{name:<13}{time.monotonic() - began:6.1f} s  {what}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failed as failure:
        sys.exit(f"the sandbox does not run: {failure}")
