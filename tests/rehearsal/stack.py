"""The deployed stack: built and deployed by SAM as `make deploy` does it, looked into by boto3."""

import json
import os
import platform
import secrets
import subprocess
import time

import yaml

import patches
from emulator import REGION

NAME = "leadscalendar-payments"
# The functions run here, so that they are built for this machine.
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine())


class Failed(AssertionError):
    """A command that failed, with the end of what it printed."""


def run(command, env, cwd, log, seconds=180, passes=True):
    """Runs a command with its output in `log`; gives the output, or fails with its end unless it need not pass."""
    with open(log, "ab") as output:
        output.write(f"\n$ {command if isinstance(command, str) else ' '.join(command)}\n".encode())
        output.flush()
        shell = isinstance(command, str)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command] if shell else command,
            env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=seconds, check=False,
        )  # fmt: skip
        output.write(done.stdout + done.stderr)
    if done.returncode and passes:
        end = (done.stdout + done.stderr)[-1500:].decode(errors="replace")
        raise Failed(f"{command} left with {done.returncode}, see {log}:\n{end}")
    return done.stdout.decode()


class Stack:
    """The stack in the emulator. `root` is the project, `work` where builds are kept, `folder` where logs go."""

    def __init__(self, emulator, root, work, folder):
        self.emulator, self.root, self.work, self.folder = emulator, root, work, folder
        self.outputs, self.patched, self.word = {}, [], secrets.token_hex(3)

    def environment(self):
        """Of the commands of an operator, in a checkout with its `.venv`."""
        own = self.emulator.operator()
        path = f"{self.root}/.venv/bin:{own['PATH']}"
        own["__SAM_CLI_APP_DIR"] = self.folder
        return own | {"PATH": path, "STACK": NAME, "AWS_REGION": REGION, "SAM_CLI_POLL_DELAY": "1", "TMPDIR": self.folder}

    def build(self):
        """Has SAM build the real template, with the functions as `make build` leaves them."""
        command = ["sam", "build", "--build-dir", f"{self.work}/build", "--cache-dir", f"{self.work}/cache"]
        command += ["--parameter-overrides", f"Architecture={ARCHITECTURE}"]
        env = self.environment() | {"AWS_DEFAULT_REGION": REGION}
        run(command, env, self.root, f"{self.folder}/build.log", seconds=1800)

    def patch(self, fails=False):
        """Patches the built template, and adds a resource whose creation fails if that is wanted; where that is."""
        with open(f"{self.work}/build/template.yaml", encoding="utf-8") as file:
            built = yaml.safe_load(file)
        template, self.patched = patches.patched(built, self.word)
        if fails:
            template["Resources"] |= patches.FAILURE
        path = f"{self.work}/build/{'failing' if fails else 'patched'}.yaml"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(template, file, indent=1)
        return path

    def judge(self):
        """Has moto judge the built template's policies; what it says."""
        command = [f"{self.root}/.venv-rehearse/bin/python", f"{self.root}/tests/rehearsal/judge.py", f"{self.work}/build/template.yaml"]
        return run(command, self.environment(), self.root, f"{self.folder}/commands.log")

    def forget(self):
        """The stack was deleted: the next one under its name gets other names for what is retained."""
        self.outputs, self.word = {}, secrets.token_hex(3)

    def read_outputs(self):
        """Reads the stack's outputs."""
        described = self.emulator.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}

    def physical(self, logical):
        """The name in AWS of a resource of the template."""
        found = self.emulator.client("cloudformation").describe_stack_resource(StackName=NAME, LogicalResourceId=logical)
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def order(self, order_id):
        """An order as it stands in the table; nothing if there is none."""
        key = {"orderId": {"S": order_id}}
        table = self.outputs["OrdersTable"]
        found = self.emulator.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)
        return found.get("Item")

    def lines(self, since=0):
        """The functions' own log lines, which are JSON."""
        logs = self.emulator.client("logs")
        group = self.outputs.get("LogGroup") or self.physical("Logs")
        events = logs.filter_log_events(logGroupName=group, startTime=int(since * 1000))["events"]
        lines = []
        for event in events:
            try:
                lines.append(json.loads(event["message"]))
            except ValueError:
                continue  # START, END and REPORT, which the emulator writes as text.
        return lines

    def line(self, wanted, since, seconds):
        """Waits for a line that is as `wanted` says."""
        until = time.monotonic() + seconds
        while True:
            lines = self.lines(since)
            for line in lines:
                if wanted(line):
                    return line
            if time.monotonic() > until:
                levels = [(line.get("level"), line.get("alarm"), line.get("message")) for line in lines]
                raise AssertionError(f"expected another line in the log than, after {seconds} s, {levels[-20:]}")
            time.sleep(0.5)
