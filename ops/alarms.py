"""Shows every alarm of the deployed stack: its state, since when, and why. RUNBOOK.md has a section for each.

    .venv/bin/python ops/alarms.py
"""

import argparse

import stack


def main() -> int:
    """Prints a line for each alarm, those that ring first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    stack.add_options(parser)
    options = parser.parse_args()
    deployed = stack.Stack(options.stack, options.region)
    ids = {name: logical for logical, name in deployed.resources("AWS::CloudWatch::Alarm").items()}
    if not ids:
        raise stack.Unusable(f"the stack {deployed.name} has no alarms: deploy it first, `make deploy`")
    alarms = deployed.client("cloudwatch").describe_alarms(AlarmNames=list(ids), MaxRecords=100)["MetricAlarms"]
    alarms.sort(key=lambda alarm: (alarm["StateValue"] != "ALARM", ids[alarm["AlarmName"]]))
    for alarm in alarms:
        since, why = alarm.get("StateUpdatedTimestamp"), alarm.get("StateReason", "")
        # Missing data is what a quiet stack has.
        state = {"INSUFFICIENT_DATA": "NO DATA"}.get(alarm["StateValue"], alarm["StateValue"])
        print(f"{state:8}{ids[alarm['AlarmName']]:22}{f'since {since:%Y-%m-%d %H:%M} UTC ' if since else ''}{why}")
    return 0


if __name__ == "__main__":
    stack.run(main)
