"""Makes an order of the four fields and a reference, reads it, finds it and closes it, with what openapi-python-client makes of
openapi.yaml.

Usage: order.py URL KEY CALLBACK_URL

Prints what came of it as JSON: the order's id, its status when it was made and when it was read, how often it has changed,
how many orders have its reference, its status once it was closed, and the code and the first wrong field with which an order
of a third decimal is refused.
"""

import json
import sys

import httpx
from leadscalendar_payments import AuthenticatedClient
from leadscalendar_payments.api.orders import close_order, create_order, find_orders, get_order
from leadscalendar_payments.models import NewOrder, Order, OrderDetails, Orders, Problem
from leadscalendar_payments.types import Unset

if len(sys.argv) != 4:
    sys.exit(__doc__)
url, key, callback_url = sys.argv[1:]
client = AuthenticatedClient(url, key, auth_header_name="X-MBX-APIKEY", prefix="")
# What takes 30 s at most is waited for 35 s.
client = client.with_timeout(httpx.Timeout(35))


booking = f"python-{url}"


def asked_for(price: float) -> NewOrder:
    return NewOrder(transaction_type="PAY", fiat="USD", price=price, callback_url=callback_url, reference=booking)


created = create_order.sync(client=client, body=asked_for(1.00), idempotency_key=booking)
if not isinstance(created, Order):
    sys.exit(f"no order: {created}")
read = get_order.sync(created.order_id, client=client)
if not isinstance(read, OrderDetails):
    sys.exit(f"no order: {read}")
found = find_orders.sync(client=client, reference=booking)
if not isinstance(found, Orders):
    sys.exit(f"no orders: {found}")
closed = close_order.sync(created.order_id, client=client)
if not isinstance(closed, Order):
    sys.exit(f"no order: {closed}")
refused = create_order.sync(client=client, body=asked_for(1.001))
if not isinstance(refused, Problem) or isinstance(refused.errors, Unset):
    sys.exit(f"no problem: {refused}")
print(
    json.dumps(
        {
            "orderId": created.order_id,
            "created": created.status.value,
            "read": read.status.value,
            "changes": len(read.history),
            "found": len(found.orders),
            "closed": closed.status.value,
            "refused": [refused.code, refused.errors[0].pointer],
        }
    )
)
