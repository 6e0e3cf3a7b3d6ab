"""Steps from an empty account to the first paid order, and to one that is given back, by the README's section "Deploy"."""

import json
import os
import re
import time

from world import expect


def build(world):
    """SAM builds the template for this machine, which takes minutes where `make check` has not built it"""
    began = time.monotonic()
    world.stack.build()
    world.built_secs = time.monotonic() - began


def names(world):
    """moto knows each action that a policy names, and can read each policy"""
    world.stack.judge()


def deploy(world):
    """the stack is deployed into an empty account by what `make deploy` runs, which says how to go on: fill the secrets"""
    world.shell(world.readme.block("cp samconfig.example.toml"))
    world.readme.block("make deploy")
    printed = world.deploy()
    for output in ("SecretsId", "CallerKeysId"):
        expect(f"ops/secret.py {output}" in printed, True, printed[-1500:])
    shown = world.shell(world.readme.block("sam list stack-outputs"))
    missing = [name for name in world.stack.outputs if name not in shown]
    expect(missing, [], shown)


def own_domain(world):
    """the API gets the domain that PublicUrl names"""
    domains = world.emulator.client("apigatewayv2")
    certificate = f"arn:aws:acm:eu-central-1:{'0' * 12}:certificate/rehearsal"
    domain = "127.0.0.1"
    if domain not in [one["DomainName"] for one in domains.get_domain_names()["Items"]]:
        domains.create_domain_name(DomainName=domain, DomainNameConfigurations=[{"CertificateArn": certificate}])
    for mapping in domains.get_api_mappings(DomainName=domain)["Items"]:
        domains.delete_api_mapping(DomainName=domain, ApiMappingId=mapping["ApiMappingId"])
    domains.create_api_mapping(DomainName=domain, ApiId=world.stack.outputs["ApiId"], Stage="$default")


def not_set_up(world):
    """without secrets a request is answered 503 NOT_SET_UP"""
    status, problem = world.http("/orders/" + "0" * 30)
    expect((status, problem.get("code")), (503, "NOT_SET_UP"), problem)


def secrets(world):
    """both secrets are filled by the README's commands"""
    made = dict(line.split("=", 1) for line in world.shell(world.readme.block("openssl")).splitlines())
    known = world.parties.ready()
    values = {
        "secrets.json": {
            "binanceApiKey": known["binanceApiKey"],
            "binanceApiSecret": known["binanceApiSecret"],
            # LeadsCalendar's stand-in verifies by one of its own; a second one signs as well.
            "webhookSecrets": [*known["webhookSecrets"], made["WEBHOOK_SECRET"]],
        },
        "caller-keys.json": {"appApiKeys": [made["APP_KEY"]], "refundApiKeys": [made["REFUND_KEY"]]},
    }
    for name, value in values.items():
        with open(os.path.join(world.checkout, name), "w", encoding="utf-8") as file:
            json.dump(value, file)
    world.shell(world.readme.block("ops/secret.py", "rm secrets.json"))
    left = [name for name in values if os.path.exists(os.path.join(world.checkout, name))]
    expect(left, [], left)
    world.key, world.refund_key = made["APP_KEY"], made["REFUND_KEY"]
    # A function that has found no value looks again after five seconds.
    until = time.monotonic() + 10
    while (answer := world.http("/orders/" + "0" * 30))[0] == 503 and time.monotonic() < until:
        time.sleep(0.5)
    expect(answer[0], 404, answer[1])


def first_order(world):
    """the README's curl makes the first order, which is paid: PAID in the table, and LeadsCalendar accepts it"""
    answer = world.shell(world.readme.block("curl", "$ORDER_URL", "transactionType"))
    head, _, body = answer.replace("\r\n", "\n").partition("\n\n")
    if not re.match(r"HTTP/[0-9.]+ 201\b", head):
        raise AssertionError(f"expected 201, got {answer[:1500]}")
    view = json.loads(body)
    expect(view["status"], "PENDING", view)
    pay(world, view)
    shown = json.loads(world.shell(world.readme.block('curl -s "$ORDER_URL/$ORDER_ID" '), ORDER_ID=view["orderId"]))
    confirmed = shown["confirmation"]["confirmedRevision"]
    expect((shown["status"], confirmed), ("PAID", shown["revision"]), shown)
    world.orders["first"] = view


def pay(world, view):
    """Pays an order, and sees that everybody knows."""
    world.parties.play(view["merchantTradeNo"], "pay")
    world.parties.accepted(view["orderId"], "order.paid", 10)
    item = world.stack.order(view["orderId"])
    expect(item["status"], {"S": "PAID"}, item)
    status, shown = world.http("/orders/" + view["orderId"])
    expect((status, shown["status"]), (200, "PAID"), shown)


def refunded(world):
    """the README's curl gives the money of an order back, once however often it is sent"""
    view = world.order(reference="refunded")
    order_id = view["orderId"]
    command = world.readme.block("curl", "$ORDER_ID/refunds")
    problem = json.loads(world.shell(command, ORDER_ID=order_id))
    expect((problem["status"], problem.get("code")), (409, "NOT_PAID"), problem)
    problem = json.loads(world.shell(command, ORDER_ID=order_id, REFUND_KEY=world.key))
    expect((problem["status"], problem.get("code")), (403, "REFUND_NOT_ALLOWED"), problem)
    pay(world, view)
    refund = json.loads(world.shell(command, ORDER_ID=order_id))
    expect((refund["status"], refund.get("amount")), ("SUCCEEDED", view["totalFee"]), refund)
    expect(json.loads(world.shell(command, ORDER_ID=order_id)), refund, {"first": refund})
    _, shown = world.http("/orders/" + order_id)
    expect((shown["status"], shown["refundable"], shown["refunds"]), ("REFUNDED", "0", [refund]), shown)
    world.orders["refunded"] = view


def found(world):
    """the README's curl finds the first order by its reference"""
    shown = json.loads(world.shell(world.readme.block("curl", "?reference=")))
    ids = [view["orderId"] for view in shown.get("orders", [])]
    expect((ids, shown.get("more")), ([world.orders["first"]["orderId"]], False), shown)


def closed(world):
    """the README's curl closes an order that nobody has paid, and changes nothing of one that was paid"""
    command = world.readme.block("curl", "$ORDER_ID/close")
    order_id = world.order(reference="closed", expiresIn=600)["orderId"]
    view = json.loads(world.shell(command, ORDER_ID=order_id))
    expect((view["status"], view["checkoutUrl"]), ("CANCELED", None), view)
    world.orders["closed"] = view
    view = json.loads(world.shell(command, ORDER_ID=world.orders["first"]["orderId"]))
    expect((view["status"], view["closeRequestedAt"]), ("PAID", None), view)


STEPS = (build, names, deploy, own_domain, not_set_up, secrets, first_order, refunded, found, closed)
