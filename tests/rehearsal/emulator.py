"""The AWS emulator: ministack, mended, as a process of its own, with IAM enforced, and clients that speak to it."""

import http.client
import os
import signal
import socket
import subprocess
import time

import boto3
from botocore.config import Config

REGION = "eu-central-1"
ACCOUNT = "123456789012"
# The operator. The emulator takes an access key of twelve digits for the root user of that account.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": ACCOUNT,
    "AWS_SECRET_ACCESS_KEY": "rehearsal",
}
# What runs this may have settings of a real account: none of them may reach a program that is started here.
OPERATING_SYSTEM = ("PATH", "HOME", "LANG", "LC_ALL", "CARGO_HOME", "RUSTUP_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "TERM")


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(more):
    """Of a program that is started here: what the system needs and `more`, and no setting of a real account."""
    kept = {name: os.environ[name] for name in OPERATING_SYSTEM if name in os.environ}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    return kept | nowhere | more


class Process:
    """A program in the background, with its output in a file. It ends with all that it has started."""

    def __init__(self, name, command, env, log, cwd=None):
        self.name, self.log = name, log
        with open(log, "wb") as output:
            self.popen = subprocess.Popen(
                command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    def wait_until(self, ready, seconds):
        """Waits until `ready()`, or says that it did not come to that."""
        until = time.monotonic() + seconds
        while not ready():
            if self.popen.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.popen.returncode}, see {self.log}")
            if time.monotonic() > until:
                raise RuntimeError(f"{self.name} is not ready after {seconds} s, see {self.log}")
            time.sleep(0.05)

    def end(self):
        """Ends it and its children, politely first. What it has started is in its own process group."""
        for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.popen.pid, number)
            except ProcessLookupError:
                break
            try:
                self.popen.wait(patience)
            except subprocess.TimeoutExpired:
                continue


class Emulator:
    """A running ministack. Its API of AWS is at `localhost`, so that `127.0.0.1` is free as the API's own domain."""

    def __init__(self, python, folder):
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.python, self.folder, self.process = python, folder, None
        self.session = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        self.clients = {}

    def start(self):
        """Starts it."""
        temporary = os.path.join(self.folder, "emulator")
        os.makedirs(temporary)
        settings = CREDENTIALS | {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "localhost",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "TMPDIR": temporary,
            "STATE_DIR": os.path.join(temporary, "state"),
            "S3_DATA_DIR": os.path.join(temporary, "s3"),
            # Listeners of its that nobody here talks to.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # What the functions inherit: the emulator instead of AWS.
            "AWS_ENDPOINT_URL_DYNAMODB": self.url,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.url,
        }
        log = os.path.join(self.folder, "emulator.log")
        command = [self.python, os.path.join(os.path.dirname(os.path.abspath(__file__)), "mended.py")]
        self.process = Process("the emulator", command, environment(settings), log, self.folder)
        return self.process

    def ready(self):
        """Whether it answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def instances(self, function):
        """The processes that the emulator runs for a function; each is a child of its own."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
                with open(f"/proc/{pid}/environ", "rb") as file:
                    settings = file.read().split(b"\0")
            except (OSError, ValueError, IndexError):
                continue  # It has ended, or is another user's.
            if parent == self.process.popen.pid and f"AWS_LAMBDA_FUNCTION_NAME={function}".encode() in settings:
                found.append(int(pid))
        return found

    def client(self, service):
        """boto3's client of a service."""
        if service not in self.clients:
            patient = Config(retries={"max_attempts": 1}, read_timeout=70)
            self.clients[service] = self.session.client(service, endpoint_url=self.url, config=patient)
        return self.clients[service]

    def operator(self):
        """The environment of an operator's command: as for AWS, but that AWS is the emulator."""
        return environment(CREDENTIALS | {"AWS_REGION": REGION, "AWS_ENDPOINT_URL": self.url, "SAM_CLI_TELEMETRY": "0"})
