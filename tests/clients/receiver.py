"""LeadsCalendar's receiver of confirmations, in Flask.

Usage: WEBHOOK_SECRET=whsec_… flask --app receiver run --port 5000
"""

import os
import threading

from flask import Flask, request
from standardwebhooks import Webhook, WebhookVerificationError

app = Flask(__name__)
webhook = Webhook(os.environ["WEBHOOK_SECRET"])
orders = {}  # yours is a table: one conditional write, `revision < :revision`, does the work of the lock
lock = threading.Lock()


def take(order):
    """Takes a view of an order, whoever brought it: POST, GET or a confirmation."""
    with lock:
        known = orders.get(order["orderId"])
        if known and known["revision"] >= order["revision"]:
            return
        orders[order["orderId"]] = order
    # Yours sells, holds or frees the slot, as the table of statuses says.
    print(order["orderId"], order["status"], flush=True)


@app.post("/payments/confirmed")
def confirmed():
    try:
        # The bytes as they came: what was parsed and written again has another signature.
        message = webhook.verify(request.get_data(), dict(request.headers))
    except (WebhookVerificationError, ValueError):
        return "", 401
    take(message["data"])
    return "", 204
