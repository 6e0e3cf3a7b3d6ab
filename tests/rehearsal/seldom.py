"""Steps that operators take once: for a key that gives money back, and for a table of an older release."""

import json
import os

from world import expect


def refund_key_more(world):
    """a further key for refunds is put by the runbook's commands, and opens everything else, too"""
    key = world.shell(world.runbook.block("token_hex")).strip()
    store, secret = world.emulator.client("secretsmanager"), world.stack.outputs["CallerKeysId"]
    value = json.loads(store.get_secret_value(SecretId=secret)["SecretString"])
    value["refundApiKeys"].append(key)
    with open(os.path.join(world.checkout, "caller-keys.json"), "w", encoding="utf-8") as opened:
        json.dump(value, opened)
    world.shell(world.runbook.block("ops/secret.py CallerKeysId caller-keys.json"))
    world.shell(world.runbook.block("rm caller-keys.json"))
    world.cold("GetOrder")
    status, view = world.http("/orders/" + world.orders["first"]["orderId"], key=key)
    expect((status, view.get("status")), (200, "PAID"), view)


def index_made(world):
    """a table of an older release gets the index by the runbook's command, and the stack's own has it"""
    command = world.runbook.block("GlobalSecondaryIndexUpdates")
    printed = world.shell(command, ORDERS_TABLE=world.stack.outputs["OrdersTable"])
    expect(printed.strip(), "it is there", printed)
    tables, older = world.emulator.client("dynamodb"), "older"
    key = {"AttributeName": "orderId"}
    tables.create_table(
        TableName=older, BillingMode="PAY_PER_REQUEST",
        KeySchema=[key | {"KeyType": "HASH"}], AttributeDefinitions=[key | {"AttributeType": "S"}],
    )  # fmt: skip
    printed = world.shell(command, ORDERS_TABLE=older)
    expect(printed.strip(), "it is being made", printed)
    [made] = tables.describe_table(TableName=older)["Table"]["GlobalSecondaryIndexes"]
    own = tables.describe_table(TableName=world.stack.outputs["OrdersTable"])["Table"]["GlobalSecondaryIndexes"]
    alike = [{name: index[name] for name in ("IndexName", "KeySchema", "Projection")} for index in (made, *own)]
    expect(alike[0] in alike[1:], True, alike)
    tables.delete_table(TableName=older)
