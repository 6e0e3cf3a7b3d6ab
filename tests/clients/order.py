"""Makes an order of the four fields and reads it, with what openapi-python-client makes of openapi.yaml.

Usage: order.py URL KEY CALLBACK_URL

Prints what came of it as JSON: the order's id, its status when it was made and when it was read, how often it has changed,
and the code and the first wrong field with which an order of a third decimal is refused.
"""

import json
import sys

import httpx
from leadscalendar_payments import AuthenticatedClient
from leadscalendar_payments.api.orders import create_order, get_order
from leadscalendar_payments.models import NewOrder, Order, OrderDetails, Problem
from leadscalendar_payments.types import Unset

if len(sys.argv) != 4:
    sys.exit(__doc__)
url, key, callback_url = sys.argv[1:]
client = AuthenticatedClient(url, key, auth_header_name="X-MBX-APIKEY", prefix="")
# What takes 30 s at most is waited for 35 s.
client = client.with_timeout(httpx.Timeout(35))


def four_fields(price: float) -> NewOrder:
    return NewOrder(transaction_type="PAY", fiat="USD", price=price, callback_url=callback_url)


created = create_order.sync(client=client, body=four_fields(1.00), idempotency_key=f"python-{url}")
if not isinstance(created, Order):
    sys.exit(f"no order: {created}")
read = get_order.sync(created.order_id, client=client)
if not isinstance(read, OrderDetails):
    sys.exit(f"no order: {read}")
refused = create_order.sync(client=client, body=four_fields(1.001))
if not isinstance(refused, Problem) or isinstance(refused.errors, Unset):
    sys.exit(f"no problem: {refused}")
print(
    json.dumps(
        {
            "orderId": created.order_id,
            "created": created.status.value,
            "read": read.status.value,
            "changes": len(read.history),
            "refused": [refused.code, refused.errors[0].pointer],
        }
    )
)
