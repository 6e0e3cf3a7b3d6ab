"""Restores the table of orders to an earlier moment, as a new table, and gives that what a restore leaves out.

    .venv/bin/python ops/restore.py 2026-11-27T09:00:00Z
    .venv/bin/python ops/restore.py latest

The new table gets point-in-time recovery and deletion protection. The old one, and the stack, stay as they are until
the parameter OrdersTable names the new one.
"""

import argparse
import datetime
import time

import stack

INDEXES = {"due", "untold"}
POLL_SECS = 10


def moment(text: str) -> datetime.datetime | None:
    """A moment, or none for the latest that there is."""
    if text == "latest":
        return None
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("give latest, or a time such as 2026-11-27T09:00:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)


def is_ready(client, table: str) -> bool:
    """Whether the table and its indexes can be used."""
    described = client.describe_table(TableName=table)["Table"]
    indexes = {index["IndexName"]: index.get("IndexStatus", "ACTIVE") for index in described.get("GlobalSecondaryIndexes", [])}
    is_active = described["TableStatus"] == "ACTIVE"
    if is_active and not INDEXES <= indexes.keys():
        raise stack.Unusable(f"the table {table} lacks an index: it has {sorted(indexes)}")
    return is_active and set(indexes.values()) == {"ACTIVE"}


def main() -> int:
    """Restores, waits, and completes the new table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("moment", type=moment, help="latest, or a time in RFC 3339 within the last 35 days")
    parser.add_argument("--table", help="the table to restore from; default: the one the stack uses")
    parser.add_argument("--name", help="the new table's name; default: the stack's, and the present time")
    stack.add_options(parser)
    options = parser.parse_args()
    deployed = stack.Stack(options.stack, options.region)
    source = options.table or deployed.output("OrdersTable")
    if source is None:
        raise stack.Unusable(f"the stack {deployed.name} has no output OrdersTable: name the table with --table")
    name = options.name or f"{deployed.name}-orders-{datetime.datetime.now(datetime.timezone.utc):%Y%m%d%H%M%S}"
    client = deployed.client("dynamodb")
    when = {"RestoreDateTime": options.moment} if options.moment else {"UseLatestRestorableTime": True}
    client.restore_table_to_point_in_time(SourceTableName=source, TargetTableName=name, **when)
    print(f"{name} is being made of {source}; that takes from minutes to hours, whatever becomes of this program.", flush=True)
    while not is_ready(client, name):
        time.sleep(POLL_SECS)
    recovery = {"PointInTimeRecoveryEnabled": True}
    client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    client.update_table(TableName=name, DeletionProtectionEnabled=True)
    print(f"{name} is there, with recovery and protection. Now deploy with the parameter OrdersTable={name}.")
    return 0


if __name__ == "__main__":
    stack.run(main)
