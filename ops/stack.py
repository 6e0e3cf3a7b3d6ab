"""The deployed stack as the programs beside this one find it: by its name, in a region, through boto3."""

import argparse
import os
import sys

NAME = "leadscalendar-payments"
# By which everything calls a function; it is on the version that is in use.
ALIAS = "live"


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
        self._session = boto3.session.Session(region_name=region)
        # A check of the deployed service takes 30 seconds at most; a call that hangs is not worth more.
        self._config = botocore.config.Config(
            connect_timeout=5, read_timeout=40, retries={"max_attempts": 2, "mode": "standard"}
        )
        self._clients: dict = {}
        self._described: dict | None = None
        self._resources: list | None = None

    def client(self, service: str):
        """A client of one of AWS's services."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=self._config)
        return self._clients[service]

    def output(self, name: str) -> str | None:
        """The output of that name, if the stack has it."""
        return self._member("Outputs", "OutputKey", "OutputValue", name)

    def parameter(self, name: str) -> str | None:
        """The value of that parameter, if the stack has it."""
        return self._member("Parameters", "ParameterKey", "ParameterValue", name)

    def _member(self, part: str, key: str, value: str, name: str) -> str | None:
        if self._described is None:
            self._described = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        found = [member[value] for member in self._described.get(part, []) if member[key] == name]
        return found[0] if found else None

    def resources(self, kind: str) -> dict[str, str]:
        """The resources of a type: what each is called in the template, and in the account."""
        if self._resources is None:
            pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
            self._resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in self._resources
            if resource["ResourceType"] == kind and resource.get("PhysicalResourceId")
        }

    def versions(self, function: str) -> list[int]:
        """The numbers of a function's versions."""
        pages = self.client("lambda").get_paginator("list_versions_by_function").paginate(FunctionName=function)
        numbers = [version["Version"] for page in pages for version in page["Versions"]]
        # The one that is no number is $LATEST.
        return [int(number) for number in numbers if number.isdigit()]


def is_of_aws(error: Exception) -> bool:
    """Whether AWS, or the way to it, refused."""
    return type(error).__module__.split(".")[0] in ("boto3", "botocore")


def said(error: Exception) -> str:
    """What an error of boto3 says, in one line. None of them quotes a value that was sent."""
    answer = getattr(error, "response", {}).get("Error", {})
    text = f"{answer['Code']}: {answer.get('Message', '')}" if "Code" in answer else str(error)
    return " ".join(text.split())


def run(main) -> None:
    """Runs a program, and ends it with what it returns; what AWS or the caller's machine refuses is said in one line."""
    try:
        sys.exit(main())
    except Unusable as unusable:
        sys.exit(f"{unusable}" if f"{unusable}".endswith("?") else f"{unusable}.")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if not is_of_aws(error):
            raise
        sys.exit(f"AWS: {said(error)}")
