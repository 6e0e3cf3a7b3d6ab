"""Plays every method of Binance's own connector for Python, binance-pay-connector 1.0.0, against the simulator.

Usage: connector.py BASE_URL KEY SECRET

Nothing in it is patched: its constructor takes `base_url`. Prints a line for each method, and ends with 1 at the first answer
that is not the expected one.
"""

import secrets
import sys

import requests
from binance.pay.merchant import Merchant

# Everything that the connector can do; a method that is not here was not played, and fails.
METHODS = {name for name in vars(Merchant) if not name.startswith("_")}
PLAYED = (
    "/v2/order,",
    "/v3/order,",
    "/order/query,",
    "/v2/order/query,",
    "/order/close,",
    "/order/refund,",
    "/order/refund/query,",
    "/certificates.",
)


def order():
    """Every field that the connector's documentation names, but for the application's id of a mini program."""
    name = {"firstName": "Ada", "middleName": "King", "lastName": "Lovelace"}
    return {
        "merchant": {"subMerchantId": "98765987"},
        "env": {"terminalType": "APP", "osType": "IOS", "orderClientIp": "192.0.2.1", "cookieId": "c"},
        "merchantTradeNo": secrets.token_hex(16),
        "orderAmount": 25.17,
        "currency": "USDT",
        "goods": {
            "goodsType": "01",
            "goodsCategory": "D000",
            "referenceGoodsId": "7876763A3B",
            "goodsName": "Ice Cream",
            "goodsDetail": "Greentea ice cream cone",
            "goodsUnitAmount": {"currency": "USDT", "amount": 25.17},
            "goodsQuantity": "1",
        },
        "shipping": {
            "shippingName": name,
            "shippingAddress": {"region": "GB", "city": "London", "zipCode": "W1", "shippingAddressType": "01"},
            "shippingPhoneNo": "442012345678",
        },
        "buyer": {"referenceBuyerId": "1", "buyerName": name, "buyerEmail": "ada@example.com"},
        "returnUrl": "https://example.com/paid",
        "cancelUrl": "https://example.com/cancelled",
        "supportPayCurrency": "USDT,BNB",
    }


def succeeded(name, answer):
    """`data` of an answer that is a success."""
    if not isinstance(answer, dict) or answer.get("status") != "SUCCESS" or answer.get("code") != "000000":
        sys.exit(f"{name}: {answer}")
    METHODS.discard(name)
    print(f"{name}: done")
    return answer["data"]


def told(name, answer):
    """The answer is the sentence that names what is not played, and all that is."""
    words = answer.get("errorMessage", "") if isinstance(answer, dict) else ""
    if not words.startswith("The sandbox does not play /binancepay/openapi/") or any(path not in words for path in PLAYED):
        sys.exit(f"{name}: {answer}")
    METHODS.discard(name)
    print(f"{name}: not played, and says so")


def same(name, found, expected):
    if found != expected:
        sys.exit(f"{name}: {found!r}, not {expected!r}")


def main(base_url, key, secret):
    merchant = Merchant(key, secret, base_url=base_url)

    paid = order()
    created = succeeded("new_order", merchant.new_order(paid))
    prepay_id = created["prepayId"]
    same("totalFee", created["totalFee"], "25.17")
    asked = succeeded("get_order", merchant.get_order(merchantTradeNo=paid["merchantTradeNo"]))
    same("status", asked["status"], "INITIAL")
    # The payer's part is no method of the connector.
    answer = requests.post(f"{base_url}/sandbox/orders/{paid['merchantTradeNo']}/pay", json={"notify": False}, timeout=10)
    same("pay", answer.status_code, 200)
    asked = succeeded("get_order", merchant.get_order(prepayId=prepay_id))
    same("status", (asked["status"], asked["orderAmount"]), ("PAID", "25.17"))

    refund = secrets.token_hex(16)
    given = succeeded("refund_order", merchant.refund_order(refund, prepay_id, 5.17, refundReason="melted"))
    same("refundAmount", (given["refundAmount"], given["duplicateRequest"]), ("5.17", "N"))
    asked = succeeded("get_refund_order", merchant.get_refund_order(refund))
    same("refundStatus", asked["refundStatus"], "REFUND_SUCCESS")

    closed = order()
    succeeded("new_order", merchant.new_order(closed))
    same("cancel_order", succeeded("cancel_order", merchant.cancel_order(merchantTradeNo=closed["merchantTradeNo"])), True)
    asked = succeeded("get_order", merchant.get_order(merchantTradeNo=closed["merchantTradeNo"]))
    same("status", asked["status"], "CANCELED")

    told("transfer_fund", merchant.transfer_fund("1", "USDT", "1", "TO_MAIN"))
    told("get_transfer_result", merchant.get_transfer_result("1"))
    told("new_sub_merchant", merchant.new_sub_merchant("Ada", 1, "5411", "GB"))
    told("batch_payout", merchant.batch_payout("1", "wages", "USDT", 1, 1, [{"merchantSendId": "1"}]))
    told("get_payout", merchant.get_payout("1"))
    told("get_wallet_balance", merchant.get_wallet_balance("FUNDING_WALLET", "USDT"))
    if METHODS:
        sys.exit(f"never played: {', '.join(sorted(METHODS))}")


if __name__ == "__main__":
    main(*sys.argv[1:])
