"""A plain HTTP client of POST /orders, as LeadsCalendar might write it.

Usage: leadscalendar.py URL KEY PRICE CALLBACK_URL

URL is the address of the HTTP API; with a PRICE of "-" the field is left out.
Prints the order and leaves with 0, or says why there is none and leaves with 1.
"""

import json
import sys

import requests


def create_binance_pay_order(api_key, secret, price, callback_url):
    headers = {"X-MBX-APIKEY": api_key}
    data = {
        "transactionType": "PAY",
        "fiat": "USD",
        "price": price,
        "callbackUrl": callback_url,
    }
    if price is None:
        del data["price"]

    try:
        response = requests.post(url, headers=headers, json=data)
        response.raise_for_status()  # Raise exception for non-200 status codes
        return response.json()
    except requests.exceptions.HTTPError as error:
        # Check the status code
        if error.response.status_code in (400, 401, 403):
            # Parse the error JSON for details
            error_data = error.response.json()
            error_code = error_data.get("code")
            error_msg = error_data.get("msg")
            print(f"Error creating order: {error_code} - {error_msg}")
            print(f"Recommendation: {error_data.get('recommendation')}")
        elif error.response.status_code == 429:
            delay = error.response.headers.get("Retry-After")
            print(f"Rate limit exceeded. Retrying after {delay} seconds...")
        else:
            raise  # Re-raise unexpected errors


if len(sys.argv) != 5:
    sys.exit(__doc__)
url = sys.argv[1] + "/orders"
price = None if sys.argv[3] == "-" else float(sys.argv[3])

try:
    # There is no secret on this side: what Binance Pay wants signed, the service signs.
    order_response = create_binance_pay_order(sys.argv[2], None, price, sys.argv[4])
except Exception as e:
    sys.exit(f"An error occurred: {e}")
if order_response is None:
    sys.exit(1)
print(json.dumps(order_response))
