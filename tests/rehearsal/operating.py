"""Steps that operators take with a running service: wishes, changes, and what the schedule does meanwhile."""

import concurrent.futures
import json
import os
import re
import time

from first_order import pay
from seldom import index_made, refund_key_more
from world import expect

# Programs that change nothing.
LOOKS = (".venv/bin/python ops/log.py", ".venv/bin/python ops/alarms.py", ".venv/bin/sam list")
# What the doctor looks at.
PARTS = (
    "secrets", "callerKeys", "binance", "clock", "table", "due", "untold", "reference", "callbackHost",
    "alias", "schedule", "OrderUrl", "CallbackUrl", "alarms",
)  # fmt: skip
# Two minutes after it was opened an order is asked about, by a run that comes once a minute; the emulator looks at its
# schedules every ten seconds.
SCHEDULED_SECONDS = 120 + 60 + 10 + 15


def lost_notification(world):
    """an order is paid, and Binance's notification is lost"""
    view = world.order(reference="lost")
    world.parties.play(view["merchantTradeNo"], "pay", notify=False)
    world.orders["lost"] = view
    world.lost_at = time.monotonic()


def doctor(world):
    """`make doctor` finds everything green; and the schedule red while its rule is disabled"""
    for document in (world.readme, world.runbook):
        document.block("make doctor")
    expect(colours(world.make("doctor")), dict.fromkeys(PARTS, True), {})
    rules, rule = world.emulator.client("events"), world.stack.physical("ReconcileOrdersEveryMinute")
    rules.disable_rule(Name=rule)
    try:
        expect(colours(world.make("doctor", passes=False)), {name: name != "schedule" for name in PARTS}, {})
    finally:
        rules.enable_rule(Name=rule)


def colours(printed):
    """Which parts the doctor finds green."""
    words = [line.split()[:2] for line in printed.splitlines()]
    return {word[1]: word[0] == "green" for word in words if len(word) == 2 and word[0] in ("green", "red")}


def ask_one(world):
    """the wish {"ask":ORDER_ID} finds a payment whose notification was lost, and LeadsCalendar accepts it"""
    view = world.order(reference="asked")
    world.parties.play(view["merchantTradeNo"], "pay", notify=False)
    answer = world.wish("ask", ORDER_ID=view["orderId"])
    expect(answer, {"done": 1, "left": False}, answer)
    world.parties.accepted(view["orderId"], "order.paid", 10)
    expect(world.stack.order(view["orderId"])["status"], {"S": "PAID"}, view)


def confirm_one(world):
    """the wish {"confirm":ORDER_ID} tells LeadsCalendar an order again"""
    order_id = world.orders["first"]["orderId"]
    told = len(world.parties.confirmations(order_id))
    answer = world.wish("confirm", "$ORDER_ID", ORDER_ID=order_id)
    expect(answer, {"done": 1, "left": False}, answer)
    again = world.parties.accepted(order_id, "order.paid", 10, more_than=told)
    expect(again["body"]["data"]["status"], "PAID", again)


def refuse(world):
    """LeadsCalendar is down, and does not accept that an order was paid"""
    world.parties.meet("down")
    view = world.order(reference="untold")
    world.parties.play(view["merchantTradeNo"], "pay")
    until = time.monotonic() + 10
    while not world.parties.confirmations(view["orderId"]):
        if time.monotonic() > until:
            raise AssertionError("expected that LeadsCalendar is told, and it was not after 10 s")
        time.sleep(0.2)
    world.parties.meet("up")
    world.orders["untold"] = view


def confirm_owed(world):
    """the wish {"confirm":"owed"} makes due what LeadsCalendar was told in vain"""
    until = time.monotonic() + 10
    while "untoldState" not in world.stack.order(world.orders["untold"]["orderId"]):
        if time.monotonic() > until:
            raise AssertionError(f"expected an order in the index untold, got {world.stack.order(world.orders['untold']['orderId'])}")
        time.sleep(0.2)
    answer = world.wish("owed")
    expect(answer, {"done": 1, "left": False}, answer)


def nothing_changed(world):
    """nothing has changed, and deploying it again is a success that leaves the secrets and versions as they are"""
    before = kept(world)
    world.deploy()
    expect(kept(world), before, {})


def kept(world):
    """What a deployment must leave as it is: the secrets' values, and the version of each alias where nothing changed."""
    secrets, functions = world.emulator.client("secretsmanager"), world.emulator.client("lambda")
    values = [secrets.get_secret_value(SecretId=world.stack.outputs[name])["VersionId"] for name in ("SecretsId", "CallerKeysId")]
    functions_of = ("CreateOrder", "BinanceCallback", "GetOrder", "CloseOrder", "RefundOrder", "ReconcileOrders")
    names = [world.stack.physical(name) for name in functions_of]
    return values, [functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"] for name in names]


def parameter_changed(world):
    """MaxPrice is lowered: new versions, the secrets as they were, and a higher price is refused"""
    values, versions = kept(world)
    status, view = world.http("/orders", world.request("31.00"))
    expect(status, 201, view)
    world.deploy(MaxPrice="30")
    new_values, new_versions = kept(world)
    expect(new_values, values, {})
    unchanged = [version for version, before in zip(new_versions, versions, strict=True) if version == before]
    expect(unchanged, [], {"before": versions, "after": new_versions})
    status, problem = world.http("/orders", world.request("31.00"))
    expect((status, [error["pointer"] for error in problem.get("errors", [])]), (400, ["/price"]), problem)
    status, view = world.http("/orders", world.request("30.00"))
    expect(status, 201, view)


def rolled_back(world):
    """the runbook's way back: every alias is on the version before, with its settings, in which the price is allowed"""
    values, versions = kept(world)
    world.shell(world.runbook.block("ops/rollback.py", ends="ops/rollback.py"))
    expect(kept(world), (values, versions), {})
    world.shell(world.runbook.block("ops/rollback.py --do"))
    expect(kept(world), (values, [str(int(version) - 1) for version in versions]), {"before": versions})
    status, view = world.http("/orders", world.request("31.00"))
    expect(status, 201, view)


def rotated(world):
    """a webhook secret is rotated by the runbook's commands"""
    file = os.path.join(world.checkout, "secrets.json")
    world.shell(world.runbook.block("PYTHONPATH=ops", "SecretsId"))
    with open(file, encoding="utf-8") as opened:
        value = json.load(opened)
    expect(len(value["webhookSecrets"]), 2, sorted(value))
    value["webhookSecrets"].pop()
    with open(file, "w", encoding="utf-8") as opened:
        json.dump(value, opened)
    world.shell(world.runbook.block("ops/secret.py SecretsId secrets.json"))
    world.shell(world.runbook.block("rm secrets.json"))
    stored = world.emulator.client("secretsmanager").get_secret_value(SecretId=world.stack.outputs["SecretsId"])
    expect(json.loads(stored["SecretString"]) == value, True, "the value is secret")


def shared_out(world):
    """two more runs share the work by the runbook's commands"""
    for shards in ("[0,1,2,3]", "[4,5,6,7]"):
        answer = world.wish(f'"shards":{shards}')
        expect("oldestDueSec" in answer, True, answer)


def action_taken(world):
    """the role of reconcile-orders may not query the table: its alarm line says so, and ends when it may again"""
    without(world, "ReconcileOrders", "dynamodb:Query", lambda: scheduled(world), "store.unusable")


def secret_taken(world):
    """the role of get-order may not read the callers' keys: 503 NOT_SET_UP, and the alarm line"""

    def ask():
        status, problem = world.http("/orders/" + world.orders["first"]["orderId"])
        expect((status, problem.get("code")), (503, "NOT_SET_UP"), problem)

    without(world, "GetOrder", "secretsmanager:GetSecretValue", ask, "secrets.unreadable", is_cold=True)


def without(world, function, action, use, alarm, is_cold=False):
    """Takes an action from a function's role, uses it, waits for the alarm line, and gives the action back."""
    iam, role = world.emulator.client("iam"), world.stack.physical(f"{function}Role")
    policy = iam.list_role_policies(RoleName=role)["PolicyNames"][0]
    whole = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    less = json.loads(json.dumps(whole))
    taken = False
    for statement in less["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        taken = taken or action in actions
        statement["Action"] = [one for one in actions if one != action]
    expect(taken, True, whole)
    less["Statement"] = [statement for statement in less["Statement"] if statement["Action"]]
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(less))
    since = time.time()
    try:
        if is_cold:
            world.cold(function)
        use()
        line = world.stack.line(lambda line: line.get("alarm") == alarm, since, 15)
        expect(line["level"], "ERROR", line)
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(whole))
        if is_cold:
            world.cold(function)


def scheduled(world):
    """Invokes reconcile-orders with what its schedule sends."""
    rules = world.emulator.client("events")
    rule = world.stack.physical("ReconcileOrdersEveryMinute")
    target = rules.list_targets_by_rule(Rule=rule)["Targets"][0]
    functions = world.emulator.client("lambda")
    return functions.invoke(FunctionName=target["Arn"], Payload=target["Input"].encode())


def looked(world):
    """every command of the runbook that looks, each in turn: none fails, and the story of the first order is told"""
    known = {"ORDER_ID": world.orders["first"]["orderId"], "MOMENT": "2026-01-01T00:00:00Z"}
    looks = [block for block in world.runbook.unplayed() if block.startswith(LOOKS) and "\n" not in block]
    expect(len(looks) > 10, True, looks)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for block, printed in zip(looks, pool.map(lambda block: world.shell(block, **known), looks), strict=True):
            world.runbook.played.add(block)
            if "$ORDER_ID" in block:
                expect(world.orders["first"]["merchantTradeNo"] in printed, True, printed)


def creation_fails(world):
    """a first creation that fails says so, and leaves no stack, secret or log group of its name behind"""
    name = "failing"
    printed = world.creation_fails(name)
    expect(f"Failed to create/update the stack: {name}" in printed, True, printed)
    stacks = world.emulator.client("cloudformation").describe_stacks()["Stacks"]
    expect([stack["StackName"] for stack in stacks if stack["StackName"] == name], [], printed)
    listed = world.emulator.client("secretsmanager").list_secrets()["SecretList"]
    left = [secret["Name"] for secret in listed if secret["Name"].startswith(f"{name}-")]
    for kind in ("lambda", "vendedlogs"):
        groups = world.emulator.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/{kind}/{name}-")["logGroups"]
        left += [group["logGroupName"] for group in groups]
    expect(left, [], printed)


def told_by_schedule(world):
    """the schedule tells LeadsCalendar what was owed, and what was refunded and closed"""
    for name, kind in (("refunded", "order.refunded"), ("closed", "order.canceled")):
        world.parties.accepted(world.orders[name]["orderId"], kind, 60 + 10 + 15)
    world.parties.accepted(world.orders["untold"]["orderId"], "order.paid", 60 + 10 + 15)


def settled_by_schedule(world):
    """the schedule finds the payment whose notification was lost, and LeadsCalendar accepts it"""
    lost = world.orders["lost"]
    left = SCHEDULED_SECONDS - (time.monotonic() - world.lost_at)
    world.parties.accepted(lost["orderId"], "order.paid", max(left, 10))
    expect(world.stack.order(lost["orderId"])["status"], {"S": "PAID"}, lost)


def restored(world):
    """the table is restored into a new one, OrdersTable adopts it, and it has what was there before"""
    old = world.stack.outputs["OrdersTable"]
    printed = world.shell(world.runbook.block("ops/restore.py"), MOMENT="latest")
    named = re.search(r"OrdersTable=([A-Za-z0-9_.-]+)\.$", printed, re.MULTILINE)
    expect(bool(named), True, printed)
    new = named[1]
    world.runbook.block("make deploy")
    world.deploy(OrdersTable=new)
    expect(world.stack.outputs["OrdersTable"], new, world.stack.outputs)
    status, view = world.http("/orders/" + world.orders["first"]["orderId"])
    expect((status, view.get("status")), (200, "PAID"), view)
    view = world.order(reference="after the restore")
    pay(world, view)
    found = world.emulator.client("dynamodb").get_item(TableName=old, Key={"orderId": {"S": view["orderId"]}})
    expect("Item" in found, False, view)


def one_deleted(world):
    """one order is deleted by the runbook's command"""
    order_id = world.order(reference="to be deleted")["orderId"]
    printed = world.shell(world.runbook.block("delete_item"), ORDER_ID=order_id)
    expect((printed.strip(), world.stack.order(order_id)), ("deleted", None), printed)


# What is done by hand comes first, so that only the schedule can find what is lost after it.
STEPS = (
    shared_out, lost_notification, doctor, ask_one, confirm_one, refuse, confirm_owed, nothing_changed, parameter_changed,
    rolled_back, rotated, refund_key_more, index_made, action_taken, secret_taken, looked, creation_fails,
    told_by_schedule, settled_by_schedule, restored, one_deleted,
)  # fmt: skip
