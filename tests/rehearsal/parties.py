"""The other parties: Binance Pay and LeadsCalendar, played by the sandbox's own simulator and stand-in (`sandbox up --stand-ins`)."""

import json
import os
import time
import urllib.error
import urllib.request

from emulator import Process, environment, free_port


def call(url, body=None):
    """GET, or POST of a JSON body; the answer as JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{url} answered {error.code}: {error.read(500)!r}") from error


class Parties:
    """The running sandbox; `gateway_port` is where binance-callback will be reached."""

    def __init__(self, program, folder, gateway_port):
        binance, leadscalendar, table = free_port(), free_port(), free_port()
        self.binance_url = f"http://127.0.0.1:{binance}"
        self.leadscalendar_host = f"127.0.0.1:{leadscalendar}"
        self.confirmation_url = f"http://{self.leadscalendar_host}/binance-pay/confirmation"
        self.log = os.path.join(folder, "sandbox.log")
        ports = [f"--gateway-port={gateway_port}", f"--binance-port={binance}", f"--leadscalendar-port={leadscalendar}"]
        self.command = [program, "up", "--stand-ins", *ports, f"--dynamodb-port={table}"]
        self.process = None

    def start(self):
        """Starts it."""
        self.process = Process("the sandbox", self.command, environment({}), self.log)
        return self.process

    def ready(self):
        """The secrets that it prints for the functions; nothing until then."""
        with open(self.log, encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("  export SECRETS='") and line.endswith("'\n"):
                    return json.loads(line.removeprefix("  export SECRETS='").removesuffix("'\n"))
        return None

    def play(self, trade_no, event, **options):
        """Has something happen to an order at Binance: `pay` with notify=False is a payment whose notification is lost."""
        return call(f"{self.binance_url}/sandbox/orders/{trade_no}/{event}", options)

    def meet(self, mode, **options):
        """How LeadsCalendar meets confirmations from now on: `up`, `down` …"""
        return call(f"{self.binance_url}/sandbox/mode", {"mode": mode} | options)

    def confirmations(self, order_id):
        """What LeadsCalendar received about an order, oldest first; each must have verified."""
        received = call(f"{self.binance_url}/sandbox/confirmations")
        about = [one for one in received if one["body"]["data"]["orderId"] == order_id]
        wrong = [one["objection"] for one in about if one["objection"]]
        if wrong:
            raise AssertionError(f"LeadsCalendar expected signed confirmations, and got {wrong}")
        return about

    def accepted(self, order_id, kind, seconds, more_than=0):
        """Waits until LeadsCalendar accepted more than so many confirmations of this kind, and gives the last."""
        until = time.monotonic() + seconds
        while True:
            received = self.confirmations(order_id)
            found = [one for one in received if one["accepted"] and one["body"]["type"] == kind]
            if len(found) > more_than:
                return found[-1]
            if time.monotonic() > until:
                told = [(one["body"]["type"], one["accepted"]) for one in received]
                raise AssertionError(f"expected a confirmation {kind} that is accepted, got {told} after {seconds} s")
            time.sleep(0.2)
