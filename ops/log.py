"""Asks the log of the deployed stack (CloudWatch Logs Insights), and prints what is found, oldest first.

    .venv/bin/python ops/log.py alarm                    what an operator must act on
    .venv/bin/python ops/log.py alarm order.disputed     the same of one alarm
    .venv/bin/python ops/log.py about ORDER_ID           all that was said of an order, a trade number or a request
    .venv/bin/python ops/log.py runs                     what each run of reconcile-orders said
    .venv/bin/python ops/log.py notifications            each notification that was taken in, or not
    .venv/bin/python ops/log.py crashes                  invocations that crashed or ran out of time
    .venv/bin/python ops/log.py failures                 requests that the API answered with 5xx
    .venv/bin/python ops/log.py numbers                  trade numbers, each with whether the table has its order
"""

import argparse
import datetime
import json
import re
import sys
import time

import stack

# Insights answers no more than this.
ROWS = 10_000
WAIT_SECS = 120
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
# What is in a line for machines.
UNSAID = ("timestamp", "time", "level", "message", "type", "_aws")

# Each is looked for in the text of a line. `{}` is what the caller gave.
PATTERNS = {
    "alarm": r'"level":"ERROR"',
    "one alarm": r'"alarm":"{}"',
    "about": r"{}",
    "runs": r'"message":"reconciled"',
    "notifications": r'"message":"[^"]*notification',
    "crashes": r'"type":"platform.report".*"status":"(error|timeout|failure)"',
    "failures": r'"status":"5',
    "numbers": r'"trade_no":"[0-9a-f]',
}


def since(text: str) -> datetime.datetime:
    """A time, or how long ago it is."""
    if match := re.fullmatch(r"(\d+)([mhd])", text):
        ago = datetime.timedelta(**{UNITS[match[2]]: int(match[1])})
        return datetime.datetime.now(datetime.timezone.utc) - ago
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("give 30m, 24h, 7d or a time such as 2026-11-27T09:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)


def found(client, group: str, pattern: str, begin: datetime.datetime) -> list[str]:
    """The lines of a log group in which the pattern is found."""
    query = f"fields @timestamp, @message | filter @message like /{pattern}/ | sort @timestamp asc | limit {ROWS}"
    asked = client.start_query(
        logGroupName=group, startTime=int(begin.timestamp()), endTime=int(time.time()) + 60, queryString=query
    )
    end = time.monotonic() + WAIT_SECS
    while time.monotonic() < end:
        answer = client.get_query_results(queryId=asked["queryId"])
        if answer["status"] == "Complete":
            rows = [{column["field"]: column["value"] for column in row} for row in answer["results"]]
            if len(rows) == ROWS:
                print(f"Only the first {ROWS} lines were looked at: ask again with a later --since.", file=sys.stderr)
            return [row["@message"].strip() for row in rows]
        if answer["status"] not in ("Scheduled", "Running"):
            raise stack.Unusable(f"the log could not be searched: {answer['status']}")
        time.sleep(0.5)
    raise stack.Unusable("the log could not be searched in time: ask for less, with a later --since")


def told(line: str) -> str:
    """A line for people: when, how loud, what, and what else stands in it."""
    try:
        fields = json.loads(line)
    except ValueError:
        return line
    head = [fields.get("timestamp") or fields.get("time"), fields.get("level"), fields.get("message") or fields.get("type")]
    if not any(head):
        return line
    said = " ".join(str(part) for part in head if part)
    rest = {name: value for name, value in fields.items() if name not in UNSAID and value is not None}
    return said + "".join(f"\n    {name}: {json.dumps(value) if isinstance(value, dict) else value}" for name, value in rest.items())


def numbers(deployed: stack.Stack, lines: list[str]) -> int:
    """Each trade number of ours, and whether the stack's table has its order."""
    orders: dict[str, str] = {}
    for line in lines:
        fields = json.loads(line)
        # A number without an order is a stranger's.
        if fields.get("order.id"):
            orders.setdefault(fields["trade_no"], fields["order.id"])
    table, client = output(deployed, "OrdersTable"), deployed.client("dynamodb")
    missing = 0
    for number, order in sorted(orders.items()):
        key = {"orderId": {"S": order}}
        item = client.get_item(TableName=table, Key=key, ProjectionExpression="orderId", ConsistentRead=True)
        missing += "Item" not in item
        print(f"{number} {'known' if 'Item' in item else 'NOT IN THE TABLE'}")
    print(f"{len(orders)} trade numbers, {missing} of them of orders that the table does not have.")
    return 0


def output(deployed: stack.Stack, name: str) -> str:
    """An output that the stack must have."""
    value = deployed.output(name)
    if value is None:
        raise stack.Unusable(f"the stack {deployed.name} has no output {name}: deploy it first, `make deploy`")
    return value


def main() -> int:
    """Asks, and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("query", choices=[name for name in PATTERNS if " " not in name])
    parser.add_argument("what", nargs="?", help="of alarm: its name; of about: an order's id, a trade number or a request's id")
    parser.add_argument("--since", type=since, default="24h", help="30m, 24h, 7d or a time in RFC 3339; default: 24h")
    stack.add_options(parser)
    options = parser.parse_args()
    if options.query == "about" and options.what is None:
        parser.error("about needs an id to look for")
    if options.what is not None and options.query not in ("about", "alarm"):
        parser.error(f"{options.query} takes nothing more")
    if options.what is not None and not re.fullmatch(r"[A-Za-z0-9._-]+", options.what):
        parser.error(f"{options.what} is neither the name of an alarm nor an id")
    name = "one alarm" if options.query == "alarm" and options.what else options.query
    pattern = PATTERNS[name].replace("{}", re.escape(options.what or ""))
    deployed = stack.Stack(options.stack, options.region)
    group = output(deployed, "ApiLogGroup" if options.query == "failures" else "LogGroup")
    lines = found(deployed.client("logs"), group, pattern, options.since)
    if options.query == "numbers":
        return numbers(deployed, lines)
    for line in lines:
        print(told(line))
    print(f"{len(lines)} lines since {options.since:%Y-%m-%dT%H:%M:%SZ}.")
    return 0


if __name__ == "__main__":
    stack.run(main)
