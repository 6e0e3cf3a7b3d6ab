"""Steps that delete the stack, and make it again under the same name."""

import botocore.exceptions

import first_order
import stack as stacks
from world import expect


def deleted(world):
    """the stack is deleted; its tables, secrets and logs are kept"""
    kept = dict(world.stack.outputs)
    world.shell(world.runbook.block("sam delete"))
    world.stack.forget()
    try:
        found = world.emulator.client("cloudformation").describe_stacks(StackName=stacks.NAME)["Stacks"]
        raise AssertionError(f"expected no stack, got {found}")
    except botocore.exceptions.ClientError as error:
        expect("does not exist" in str(error), True, str(error))
    first = world.orders["first"]["orderId"]
    item = world.emulator.client("dynamodb").get_item(TableName=kept["OrdersTable"], Key={"orderId": {"S": first}})
    expect(item["Item"]["status"], {"S": "PAID"}, item)
    for name in ("SecretsId", "CallerKeysId"):
        world.emulator.client("secretsmanager").get_secret_value(SecretId=kept[name])
    groups = world.emulator.client("logs").describe_log_groups(logGroupNamePrefix=kept["LogGroup"])["logGroups"]
    expect([group["logGroupName"] for group in groups], [kept["LogGroup"]], groups)
    world.before = kept


def created_again(world):
    """it is created again under the same name, with a table, secrets and log groups of its own"""
    world.deployed = None
    first_order.deploy(world)
    for name in ("OrdersTable", "SecretsId", "CallerKeysId", "LogGroup", "ApiLogGroup"):
        expect(world.stack.outputs[name] != world.before[name], True, {name: world.before[name]})
    first_order.own_domain(world)


def order_again(world):
    """its secrets are filled, and its first order is paid"""
    first_order.not_set_up(world)
    first_order.secrets(world)
    first_order.first_order(world)


def for_good(world):
    """what the first stack left is deleted for good by the runbook's command"""
    known = {
        "ORDERS_TABLE": world.before["OrdersTable"],
        "SECRET_IDS": f"{world.before['SecretsId']} {world.before['CallerKeysId']}",
        "LOG_GROUPS": f"{world.before['LogGroup']} {world.before['ApiLogGroup']}",
    }
    world.shell(world.runbook.block("delete_table"), **known)
    tables = world.emulator.client("dynamodb").list_tables()["TableNames"]
    expect((world.before["OrdersTable"] in tables, world.stack.outputs["OrdersTable"] in tables), (False, True), tables)


def every_command(world):
    """each command of the README's section "Deploy" and of the runbook was played as it stands there"""
    # These two only say what the shell knows already.
    known = ("export AWS_REGION=eu-central-1", "export AWS_REGION=eu-central-1 STACK=leadscalendar-payments")
    left = [block for document in (world.readme, world.runbook) for block in document.unplayed() if block not in known]
    expect(left, [], left)


STEPS = (deleted, created_again, order_again, for_good, every_command)
