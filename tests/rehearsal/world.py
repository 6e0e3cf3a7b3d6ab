"""What a step has at hand: the emulator, the other parties, the stack, and the commands that the documents tell an operator."""

import json
import os
import shlex
import signal
import urllib.error
import urllib.request

import stack as stacks
from emulator import REGION, Emulator
from parties import Parties
from readme import Document
from stack import Stack

# What an operator writes himself, and what is only there once it was built: not in his fresh checkout.
OWN = ("samconfig.toml", "secrets.json", "caller-keys.json", ".aws-sam")


class World:
    """Everything that runs. `root` is the project, `work` where builds are kept, `folder` where logs and files go."""

    def __init__(self, root, work, folder, readme):
        self.root, self.folder, self.checkout = root, folder, os.path.join(folder, "checkout")
        self.readme = Document(readme or os.path.join(root, "README.md"), "Deploy")
        self.runbook = Document(os.path.join(root, "RUNBOOK.md"))
        self.emulator = Emulator(f"{root}/.venv-rehearse/bin/python", folder)
        self.api_url = f"http://127.0.0.1:{self.emulator.port}"
        self.parties = Parties(f"{root}/target/debug/sandbox", folder, self.emulator.port)
        self.stack = Stack(self.emulator, root, work, folder)
        self.running, self.orders, self.deployed, self.key, self.refund_key = [], {}, None, None, None
        self.before, self.lost_at, self.built_secs = {}, 0, 0

    def start(self):
        """Starts the emulator and the sandbox, and makes the operator's checkout."""
        os.mkdir(self.checkout)
        for name in os.listdir(self.root):
            if name not in OWN:
                os.symlink(os.path.join(self.root, name), os.path.join(self.checkout, name))
        for party in (self.emulator, self.parties):
            self.running.append(party.start())
        for party in (self.emulator, self.parties):
            party.process.wait_until(party.ready, 30)

    def end(self):
        """Ends all that was started, last first."""
        for process in reversed(self.running):
            process.end()

    def parameters(self):
        """Of the stack, where Binance and LeadsCalendar are on this machine."""
        return {
            "CallbackHosts": self.parties.leadscalendar_host,
            "BinanceBaseUrl": self.parties.binance_url,
            "PublicUrl": self.api_url,
            "AllowLocal": "true",
            "AlarmEmail": "operator@example.com",
        }

    def deploy(self, **more):
        """`make deploy` with these parameters, beside those it was deployed with before; what it printed."""
        self.deployed = (self.deployed or self.parameters()) | more
        config = os.path.join(self.checkout, "samconfig.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("version = 0.1\n[default.deploy.parameters]\n[default.deploy.parameters.parameter_overrides]\n")
            file.writelines(f"{name} = {json.dumps(value)}\n" for name, value in self.deployed.items())
        printed = self.make("deploy", lambda line: self.built(line, config, self.stack.patch()))
        self.stack.read_outputs()
        return printed

    def creation_fails(self, name):
        """`make deploy` of another stack, of which a resource cannot be made; what it printed."""
        config = os.path.join(self.checkout, "samconfig.toml")
        try:
            self.make("deploy", lambda line: self.built(line, config, self.stack.patch(fails=True)), STACK=name)
        except stacks.Failed as failed:
            return str(failed)
        raise AssertionError("expected that `make deploy` fails where a resource cannot be made, and it did not")

    @staticmethod
    def built(line, config, template):
        """The command of `make deploy` that deploys, told that this template was built before."""
        told = f" --arch {stacks.ARCHITECTURE} --config {shlex.quote(config)} --built {shlex.quote(template)}"
        return line + told if "ops/deploy.py" in line else line

    def make(self, target, changed=lambda line: line, passes=True, **more):
        """Runs the programs that `make TARGET` runs; what they printed. What it would install or build is there already."""
        recipe = stacks.run(["make", "-n", target], self.environment(), self.checkout, self.log("commands"))
        lines = [changed(line) for line in recipe.splitlines() if line.startswith(".venv/bin/python ops/")]
        expect(len(lines) > 0, True, recipe)
        return self.shell("\n".join(lines), passes, **more)

    def shell(self, command, passes=True, **more):
        """Runs commands as an operator would paste them into his shell; what they printed."""
        return stacks.run(command, self.environment() | more, self.checkout, self.log("commands"), passes=passes)

    def environment(self):
        """What an operator's shell knows once the README was followed."""
        known = {"CALLBACK_URL": self.parties.confirmation_url, "ORDER_URL": self.stack.outputs.get("OrderUrl", "")}
        keys = {"APP_KEY": self.key, "REFUND_KEY": self.refund_key} if self.key else {}
        return self.stack.environment() | known | keys

    def log(self, name):
        """A log file."""
        return os.path.join(self.folder, f"{name}.log")

    def cold(self, function):
        """Ends the instances of a function, as Lambda does after some minutes, so that the next one starts anew."""
        for pid in self.emulator.instances(self.stack.physical(function)):
            os.kill(pid, signal.SIGKILL)

    def http(self, path, body=None, key=None):
        """A request of the API: `(status, JSON)`."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-MBX-APIKEY": key or self.key or "none", "Content-Type": "application/json"}
        request = urllib.request.Request(self.api_url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=35) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            try:
                return error.code, json.loads(text)
            except ValueError:
                return error.code, {"text": text[:500]}

    def order(self, price="1.00", **more):
        """A new order, opened at Binance; its view."""
        status, view = self.http("/orders", self.request(price) | more)
        expect((status, view.get("status")), (201, "PENDING"), view)
        return view

    def request(self, price):
        """The four fields of an order."""
        return {"transactionType": "PAY", "fiat": "USD", "price": price, "callbackUrl": self.parties.confirmation_url}

    def wish(self, *words, **known):
        """Sends reconcile-orders an operator's wish, by the runbook's command with these words; the answer."""
        printed = self.shell(self.runbook.block("sam remote invoke", *words), **known)
        return json.loads(printed.strip().splitlines()[-1])


def expect(got, wanted, about):
    """Fails with what was expected, what came instead, and what it came with."""
    if got != wanted:
        raise AssertionError(f"expected {wanted!r}, got {got!r} in {json.dumps(about, default=str)[:1500]}")
