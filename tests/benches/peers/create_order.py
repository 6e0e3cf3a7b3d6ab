#!/usr/bin/env python3
"""The work of create-order in Python, by boto3 and requests: `make bench PEERS=1` measures it beside the function.

It does what the function does for the order that the bench makes, and no more: of all that can go wrong, only that it is seen.
"""

import hashlib
import hmac
import json
import os
import secrets
import time
from datetime import datetime, timezone
from http.client import HTTPConnection

import boto3
import requests
from boto3.dynamodb.conditions import Attr

WAYS_TO_PAY = ("checkoutUrl", "qrcodeLink", "qrContent", "deeplink", "universalUrl")


def secret(setting):
    answer = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ[setting])
    return json.loads(answer["SecretString"])


table = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])
credentials, callers = secret("SECRETS_ID"), secret("CALLER_KEYS_ID")
binance = requests.Session()


def is_caller(key):
    return any(hmac.compare_digest(key.encode(), known.encode()) for known in callers["appApiKeys"])


def read(body):
    asked = json.loads(body)
    if asked["transactionType"] != "PAY" or asked["fiat"] != "USD" or not 0 < asked["price"] <= 10_000:
        raise ValueError("not an order")
    if not asked["callbackUrl"].startswith("https://") or len(asked.get("description", "")) > 256:
        raise ValueError("not an order")
    return {**asked, "price": f"{asked['price']:.2f}", "terminalType": "WEB"}


def open_checkout(order_id, request):
    order = {
        "env": {"terminalType": request["terminalType"]},
        "merchantTradeNo": f"{order_id}01",
        "fiatAmount": float(request["price"]),
        "fiatCurrency": request["fiat"],
        "description": request["description"],
        "goodsDetails": [
            {
                "goodsType": "02",
                "goodsCategory": "Z000",
                "referenceGoodsId": order_id,
                "goodsName": "LeadsCalendar",
            }
        ],
        "returnUrl": request["returnUrl"],
        "webhookUrl": os.environ["CALLBACK_URL"],
        "passThroughInfo": json.dumps({"orderId": order_id, "reference": request["reference"]}),
    }
    body, timestamp, nonce = json.dumps(order), str(time.time_ns() // 1_000_000), secrets.token_hex(16)
    message = f"{timestamp}\n{nonce}\n{body}\n"
    signature = hmac.digest(credentials["binanceApiSecret"].encode(), message.encode(), hashlib.sha512)
    headers = {
        "Content-Type": "application/json",
        "BinancePay-Timestamp": timestamp,
        "BinancePay-Nonce": nonce,
        "BinancePay-Certificate-SN": credentials["binanceApiKey"],
        "BinancePay-Signature": signature.hex().upper(),
    }
    url = os.environ["BINANCE_BASE_URL"] + "/binancepay/openapi/v3/order"
    answer = binance.post(url, data=body, headers=headers, timeout=8)
    answer.raise_for_status()
    answer = answer.json()
    if answer["status"] != "SUCCESS":
        raise RuntimeError(f"Binance refuses the order: {answer['code']}")
    return answer["data"]


def rfc3339(at_ms):
    time = datetime.fromtimestamp(at_ms / 1000, timezone.utc)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def view(order):
    request, attempt = order["request"], order["attempts"][0]
    return {
        "orderId": order["orderId"],
        "revision": order["confirmation"]["revision"],
        "status": order["status"],
        "livemode": order["livemode"],
        "transactionType": request["transactionType"],
        "fiat": request["fiat"],
        "price": request["price"],
        "merchantTradeNo": f"{order['orderId']}01",
        **attempt["terms"],
        **{way: attempt["checkout"].get(way) for way in WAYS_TO_PAY},
        "callbackUrl": request["callbackUrl"],
        "reference": request["reference"],
        "createdAt": rfc3339(order["createdAtMs"]),
        "expiresAt": rfc3339(attempt["checkout"]["expireTime"]),
        "paidAt": None,
        "payments": [],
        "refunds": [],
    }


def create_order(event):
    if not is_caller(event["headers"].get("x-mbx-apikey", "")):
        return answer(401, {"code": "INVALID_API_KEY"})
    try:
        request = read(event["body"])
    except (ValueError, KeyError, TypeError):
        return answer(400, {"code": "INVALID_PARAMETER"})

    order_id, now_ms = secrets.token_hex(15), time.time_ns() // 1_000_000
    due_at = now_ms + 120_000
    order = {
        "orderId": order_id,
        "version": 1,
        "status": "CREATED",
        "livemode": False,
        "reference": request["reference"],
        "request": request,
        "attempts": [{"startedAtMs": now_ms}],
        "confirmation": {"revision": now_ms // 1000, "confirmedRevision": now_ms // 1000, "attempts": 0},
        "history": [{"atMs": now_ms, "cause": "request", "status": "CREATED"}],
        "createdAtMs": now_ms,
        "askAtMs": due_at,
        "dueAt": due_at,
        "dueShard": int(order_id[-1], 16) % 8,
    }
    # Before Binance hears of it.
    table.put_item(Item=order, ConditionExpression=Attr("orderId").not_exists())

    created = open_checkout(order_id, request)
    terms = {name: created[name] for name in ("prepayId", "totalFee", "currency")}
    checkout = {name: created[name] for name in (*WAYS_TO_PAY, "expireTime") if name in created}
    order["attempts"] = [{"startedAtMs": now_ms, "terms": terms, "checkout": checkout}]
    order["history"].append({"atMs": now_ms, "cause": "checkout opened", "status": "PENDING"})
    order |= {"version": 2, "status": "PENDING"}
    table.put_item(Item=order, ConditionExpression=Attr("version").eq(1))

    print(json.dumps({"level": "INFO", "message": f"order {order_id} answered", "order.id": order_id}), flush=True)
    return answer(201, view(order), location=f"/orders/{order_id}")


def answer(status, body, **headers):
    headers |= {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}


def main():
    """What Lambda's own runtime does for a handler."""
    api = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    invocations = "/2018-06-01/runtime/invocation"
    while True:
        api.request("GET", f"{invocations}/next")
        invocation = api.getresponse()
        event = json.loads(invocation.read())
        end, headers = "response", {}
        try:
            ended = create_order(event)
        except Exception as error:
            end, headers = "error", {"Lambda-Runtime-Function-Error-Type": type(error).__name__}
            ended = {"errorType": type(error).__name__, "errorMessage": str(error)}
        request_id = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
        api.request("POST", f"{invocations}/{request_id}/{end}", json.dumps(ended), headers)
        api.getresponse().read()


main()
