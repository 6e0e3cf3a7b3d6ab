"""Steers the sandbox from a test, with what openapi-python-client makes of sandbox.openapi.yaml.

Usage: steer.py SANDBOX_URL ORDER_ID

Prints what came of it as JSON: the order's status once it was paid, whether LeadsCalendar accepted that, how many faults wait, and
the words with which a second payment is refused.
"""

import json
import sys

import httpx
from sandbox_of_payments import Client
from sandbox_of_payments.api.faults import add_fault, clear_faults
from sandbox_of_payments.api.sandbox import trigger
from sandbox_of_payments.models import NewTrigger, NewTriggerWhat, On, Refused, SentConfirmation, SlowFault, SlowFaultFault, Triggered

if len(sys.argv) != 3:
    sys.exit(__doc__)
url, order_id = sys.argv[1:]
# A trigger waits up to 10 s for the confirmation.
client = Client(url, timeout=httpx.Timeout(35))

is_paid = NewTrigger(what=NewTriggerWhat.PAID, order=order_id)
paid = trigger.sync(client=client, body=is_paid)
if not isinstance(paid, Triggered) or not isinstance(paid.confirmation, SentConfirmation):
    sys.exit(f"not told: {paid}")
waiting = add_fault.sync(client=client, body=SlowFault(on=On.QUERY, fault=SlowFaultFault.SLOW, ms=300, times=None))
if not isinstance(waiting, list):
    sys.exit(f"no fault: {waiting}")
clear_faults.sync(client=client)
refused = trigger.sync(client=client, body=is_paid)
if not isinstance(refused, Refused):
    sys.exit(f"paid twice: {refused}")
print(
    json.dumps(
        {
            "paid": paid.status,
            "accepted": paid.confirmation.accepted,
            "waiting": len(waiting),
            "refused": refused.error,
        }
    )
)
