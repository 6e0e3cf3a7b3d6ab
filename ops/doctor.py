"""Looks whether the deployed service can do its work: one line for each part, green, or red with what mends it.

    make doctor                            the stack, in the region of AWS_REGION
    make doctor ALARM=1                    raises an alarm for a moment as well, so that its mail comes
    make doctor LOCAL=1                    the service that `make dev` runs

What only the function can see it is asked by the wish {"check":true}. No secret is read and no order is touched. Ends with
1 if a part is red.
"""

import argparse
import json
import os
import sys
import time

import requests
import stack

CHECK = {"check": True}
RECONCILE = "ReconcileOrders"
SHARDS = set(range(8))
# A state that a deployment does not look at.
TEST_ALARM = "UntoldAlarm"
# What is red as long as the first secret is not filled.
NEED_SECRETS = {"binance", "clock"}
SECRETS = {"secrets": "SecretsId secrets.json", "callerKeys": "CallerKeysId caller-keys.json"}


class Report:
    """What is printed, and whether anything in it is red."""

    def __init__(self) -> None:
        self.red: list[str] = []
        self.unfilled: list[str] = []
        self._is_coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def line(self, name: str, is_green: bool, says: str) -> None:
        """One part."""
        if not is_green:
            self.red.append(name)
        word, colour = ("green", 32) if is_green else ("red", 31)
        shown = f"{word:5}"
        shown = f"\033[{colour}m{shown}\033[0m" if self._is_coloured else shown
        print(f"{shown}  {name:14} {says}", flush=True)

    def is_only_unfilled(self) -> bool:
        """Whether what is red is so only because a secret was never filled."""
        explained = set(self.unfilled) | (NEED_SECRETS if "secrets" in self.unfilled else set())
        return bool(self.unfilled) and explained.issuperset(self.red)

    def part(self, name: str, look, *arguments) -> None:
        """A part that `look` looks at; it gives whether it is green, and what it says."""
        try:
            is_green, says = look(*arguments)
        except Exception as error:
            if not stack.is_of_aws(error):
                raise
            is_green, says = False, f"it cannot be looked at. {stack.said(error)}"
        self.line(name, is_green, says)

    def function(self, checked: object) -> None:
        """What the function answered to its wish."""
        checks = checked.get("checks") if isinstance(checked, dict) else None
        if not isinstance(checks, list):
            says = "the function does not know the wish. To mend it: deploy this version"
            self.line("function", False, f"{says}; it answered {json.dumps(checked)[:300]}")
            return
        for check in checks:
            self.line(check["check"], check["ok"], check["says"])
            if check.get("unfilled"):
                self.unfilled.append(check["check"])


def invoke(deployed: stack.Stack, name: str, version: str) -> object:
    """What the function answers to the wish, as that version or alias."""
    answer = deployed.client("lambda").invoke(FunctionName=name, Qualifier=version, Payload=json.dumps(CHECK))
    checked = json.loads(answer["Payload"].read())
    return {"failed": checked} if answer.get("FunctionError") else checked


def newest(deployed: stack.Stack, name: str) -> str:
    """The number of the version that was published last."""
    numbers = deployed.versions(name)
    if not numbers:
        raise stack.Unusable(f"{name} has no version: deploy it, `make deploy`")
    return str(max(numbers))


def look_into(deployed: stack.Stack, version: str, report: Report) -> None:
    """What the deployed function sees."""
    name = deployed.resources("AWS::Lambda::Function").get(RECONCILE)
    if name is None:
        raise stack.Unusable(f"the stack {deployed.name} has no {RECONCILE}: deploy it, `make deploy`")
    try:
        report.function(invoke(deployed, name, newest(deployed, name) if version == "newest" else version))
    except Exception as error:
        if not stack.is_of_aws(error):
            raise
        report.line("function", False, f"it cannot be asked. {stack.said(error)}")


def aliases(deployed: stack.Stack) -> tuple[bool, str]:
    """Whether each function can be called by its alias."""
    found, missing = [], []
    client = deployed.client("lambda")
    for function, name in sorted(deployed.resources("AWS::Lambda::Function").items()):
        try:
            alias = client.get_alias(FunctionName=name, Name=stack.ALIAS)
            found.append(f"{function} {alias['FunctionVersion']}")
        except client.exceptions.ResourceNotFoundException:
            missing.append(function)
    if missing or not found:
        return False, f"there is no alias {stack.ALIAS} of {', '.join(missing)}. To mend it: `make deploy`"
    return True, f"{stack.ALIAS} is {', '.join(found)}"


def schedule(deployed: stack.Stack) -> tuple[bool, str]:
    """Whether reconcile-orders is woken for all of its work."""
    client = deployed.client("events")
    enabled, shards = 0, set()
    for name in deployed.resources("AWS::Events::Rule").values():
        if client.describe_rule(Name=name)["State"] != "ENABLED":
            continue
        for target in client.list_targets_by_rule(Rule=name)["Targets"]:
            if target["Arn"].endswith(f":{stack.ALIAS}"):
                enabled += 1
                shards |= set(json.loads(target.get("Input") or "{}").get("shards", SHARDS))
    if shards == SHARDS:
        return True, f"{enabled} a minute, for every shard"
    left = ", ".join(map(str, sorted(SHARDS - shards)))
    mend = "enable its rules in EventBridge, or `make deploy`"
    return False, f"nothing wakes {RECONCILE} for the shards {left}. To mend it: {mend}"


def address(url: str | None, body: dict, is_local: bool, what: str, refuses) -> tuple[bool, str]:
    """Whether an address of the API is there, and refuses who has no key or signature."""
    if not url:
        return False, "the stack has no such output. To mend it: `make deploy`"
    session = requests.Session()
    # What is on this machine is not behind a proxy.
    session.trust_env = not is_local
    try:
        answer = session.post(url, json=body, timeout=35, allow_redirects=False)
    except requests.RequestException as error:
        mend = "see its domain and DNS, and this network"
        return False, f"{url} cannot be reached: {type(error).__name__}. To mend it: {mend}"
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    problem = problem if isinstance(problem, dict) else {}
    if refuses(answer.status_code, problem):
        return True, f"{url} refuses {what}"
    words = [problem[name] for name in ("detail", "returnMessage", "message") if problem.get(name)]
    said = " ".join([str(answer.status_code), *words[:1]])
    is_unfilled = problem.get("code") == "NOT_SET_UP"
    mend = "fill CallerKeysId" if is_unfilled else "see the logs of the API and of the functions"
    return False, f"{url} answers {said}. To mend it: {mend}"


def addresses(order_url: str | None, callback_url: str | None, is_local: bool, report: Report) -> None:
    """The two that others call, and the one beside the first."""

    def without_key(status: int, problem: dict) -> bool:
        return status == 401 and problem.get("code") == "INVALID_API_KEY"

    def unsigned(status: int, answer: dict) -> bool:
        return 400 <= status < 500 and answer.get("returnCode") == "FAIL"

    report.part("OrderUrl", address, order_url, {}, is_local, "a request without a key", without_key)
    report.part("CallbackUrl", address, callback_url, {}, is_local, "a notification without a signature", unsigned)


def topics(deployed: stack.Stack) -> list[str]:
    """The topics that hear the alarms."""
    own = list(deployed.resources("AWS::SNS::Topic").values())
    return own + [arn for arn in [deployed.parameter("AlarmTopicArn")] if arn]


def mail(deployed: stack.Stack) -> tuple[bool, str]:
    """Whether somebody hears the alarms."""
    heard = topics(deployed)
    if not heard:
        return False, "nobody hears an alarm. To mend it: `make deploy` with AlarmEmail, or with AlarmTopicArn"
    pages = deployed.client("sns").get_paginator("list_subscriptions_by_topic")
    found = [each for topic in heard for page in pages.paginate(TopicArn=topic) for each in page["Subscriptions"]]
    if not found:
        mend = "subscribe, or `make deploy` with AlarmEmail"
        return False, f"nobody has subscribed to {', '.join(heard)}. To mend it: {mend}"
    pending = [each["Endpoint"] for each in found if not each["SubscriptionArn"].startswith("arn:")]
    if pending:
        mend = "open the link in the mail from AWS Notifications"
        return False, f"{', '.join(pending)} has not confirmed. To mend it: {mend}"
    return True, f"confirmed by {', '.join(each['Endpoint'] for each in found)}"


def test_alarm(deployed: stack.Stack) -> tuple[bool, str]:
    """Raises an alarm and ends it, by hand; whether AWS says that it told its topic."""
    client = deployed.client("cloudwatch")
    name = deployed.resources("AWS::CloudWatch::Alarm").get(TEST_ALARM)
    if name is None:
        return False, f"the stack has no {TEST_ALARM}. To mend it: `make deploy`"
    state = client.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]
    if state == "ALARM":
        return False, f"{name} is raised already, and no test. To mend it: see RUNBOOK.md"
    began = time.time()
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="A test, by make doctor. Nothing is wrong.")
    acted = []
    while not acted and time.time() < began + 15:
        time.sleep(1)
        history = client.describe_alarm_history(AlarmName=name, HistoryItemType="Action", MaxRecords=5)
        acted = [item for item in history["AlarmHistoryItems"] if item["Timestamp"].timestamp() >= began - 1]
    client.set_alarm_state(AlarmName=name, StateValue=state, StateReason="The end of the test by make doctor.")
    if not acted:
        return False, f"{name} was raised, and AWS does not say that it told anybody. To mend it: see the line above"
    summary = acted[0]["HistorySummary"]
    return summary.startswith("Successfully"), f"{name} was raised and ended: {summary}. A mail must have come"


def doctor_deployed(options: argparse.Namespace, report: Report) -> None:
    """Everything about the stack."""
    deployed = stack.Stack(options.stack, options.region)
    look_into(deployed, options.version, report)
    if options.check_only:
        return
    report.part("alias", aliases, deployed)
    report.part("schedule", schedule, deployed)
    addresses(deployed.output("OrderUrl"), deployed.output("CallbackUrl"), False, report)
    report.part("alarms", mail, deployed)
    if options.alarm:
        report.part("test alarm", test_alarm, deployed)


def doctor_local(url: str, check_only: bool, report: Report) -> None:
    """Everything about the service that `make dev` runs."""
    session = requests.Session()
    session.trust_env = False
    try:
        answer = session.post(f"{url}/2015-03-31/functions/reconcile-orders/invocations", json=CHECK, timeout=120)
        report.function(answer.json())
    except (requests.RequestException, ValueError) as error:
        raise stack.Unusable(f"nothing answers at {url}: {type(error).__name__}. Is `make dev` running?") from None
    if not check_only:
        addresses(f"{url}/orders", f"{url}/binance-callback", True, report)


def main() -> int:
    """Looks, prints, and says whether all is green."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    stack.add_options(parser)
    option = parser.add_argument
    only = "only what the function sees, as after a deployment; that a secret never had a value is no failure then"
    option("--check-only", action="store_true", help=only)
    option("--version", default=stack.ALIAS, help=f"the version or alias that is asked, or newest; default: {stack.ALIAS}")
    option("--alarm", action="store_true", help=f"raise {TEST_ALARM} for a moment")
    option("--local", metavar="URL", help="the service at this address, which `make dev` shows as HTTP API")
    options = parser.parse_args()
    report = Report()
    if options.local:
        doctor_local(options.local.rstrip("/"), options.check_only, report)
    else:
        doctor_deployed(options, report)
    if options.check_only and report.is_only_unfilled():
        print("\nDeployed. What is left: fill the secrets, then `make doctor`.")
        for secret in report.unfilled:
            print(f"  .venv/bin/python ops/secret.py {SECRETS[secret]}")
        return 0
    print(f"\n{len(report.red)} red: {', '.join(report.red)}." if report.red else "\nAll is green.")
    return 1 if report.red else 0


if __name__ == "__main__":
    stack.run(main)
