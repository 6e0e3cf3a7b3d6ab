"""The deployed stack as the programs beside this one find it: by its name, in a region, through boto3."""

import argparse
import os
import sys

NAME = "leadscalendar-payments"


class Unusable(Exception):
    """Why nothing can be done, as one sentence with its mend."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The two options that name a stack; without them the environment does, as for `make deploy`."""
    parser.add_argument("--stack", default=os.environ.get("STACK") or NAME, help=f"its name; default: STACK, else {NAME}")
    parser.add_argument("--region", default=os.environ.get("AWS_REGION"), help="where it is; default: AWS_REGION")


class Stack:
    """A deployed stack; AWS_ENDPOINT_URL is obeyed, as by every tool of AWS."""

    def __init__(self, name: str, region: str | None) -> None:
        if not region:
            raise Unusable("no region is given: set AWS_REGION, for example AWS_REGION=eu-central-1, or give --region")
        # Only here, since it takes a while, and not everything needs it.
        import boto3
        import botocore.config

        self.name = name
        self.region = region
        self._session = boto3.session.Session(region_name=region)
        # A check of the deployed service waits for 30 seconds at most; a call that hangs is not worth more.
        self._config = botocore.config.Config(connect_timeout=5, read_timeout=65, retries={"max_attempts": 3, "mode": "standard"})
        self._outputs: dict[str, str] | None = None

    def client(self, service: str):
        """A client of one of AWS's services."""
        return self._session.client(service, config=self._config)

    def output(self, name: str) -> str | None:
        """The output of that name, if the stack has it."""
        if self._outputs is None:
            stacks = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
            self._outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}
        return self._outputs.get(name)


def run(main) -> None:
    """Runs a program, and ends it with what it returns; what AWS or the caller's machine refuses is said in one line."""
    try:
        sys.exit(main())
    except Unusable as unusable:
        sys.exit(f"{unusable}.")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("boto3", "botocore"):
            raise
        sys.exit(f"AWS: {said(error)}")


def said(error: Exception) -> str:
    """What an error of boto3 says, in one line. None of them quotes a value that was sent."""
    answer = getattr(error, "response", {}).get("Error", {})
    text = f"{answer['Code']}: {answer.get('Message', '')}" if "Code" in answer else str(error)
    return " ".join(text.split())
