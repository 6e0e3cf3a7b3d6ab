"""Fills one of the two secrets of the deployed stack, once its value keeps the service's own rules.

    .venv/bin/python ops/secret.py SecretsId secrets.json
    .venv/bin/python ops/secret.py CallerKeysId caller-keys.json

`-` as the file is standard input, so that nothing stays on the disk. A value that breaks a rule is refused before
anything is called, by the name of its field; a value is never shown. `--check` only checks.
"""

import argparse
import base64
import binascii
import json
import pathlib
import re
import sys

import stack

VISIBLE = re.compile(r"[!-~]+")
HASH = re.compile(r"sha256:[0-9A-Fa-f]{64}")
CALLER_KEY_CHARS = 32
WEBHOOK_PREFIX = "whsec_"
WEBHOOK_BYTES = range(24, 65)

SECRETS_SHAPE = '{"binanceApiKey":"…","binanceApiSecret":"…","webhookSecrets":["whsec_…"]}'
CALLER_KEYS_SHAPE = '{"appApiKeys":["…"],"refundApiKeys":[]}'


class Fault(Exception):
    """The rule that a value breaks; never the value."""


def check_secrets(text: str) -> None:
    """What the output `SecretsId` names: who we are to Binance, and to LeadsCalendar."""
    fields = read(text, SECRETS_SHAPE, {"binanceApiKey": str, "binanceApiSecret": str, "webhookSecrets": list})
    for field in ("binanceApiKey", "binanceApiSecret"):
        check(VISIBLE.fullmatch(fields[field]), field, "must be visible ASCII without blanks")
    secrets = fields["webhookSecrets"]
    check(secrets, "webhookSecrets", "must hold a secret")
    rule = "must hold secrets of the form whsec_ and 24 to 64 bytes in base64"
    check(all(map(is_webhook_secret, secrets)), "webhookSecrets", rule)


def check_caller_keys(text: str) -> None:
    """What the output `CallerKeysId` names: the keys issued to LeadsCalendar, or their hashes."""
    fields = read(text, CALLER_KEYS_SHAPE, {"appApiKeys": list}, {"refundApiKeys": list})
    check(fields["appApiKeys"], "appApiKeys", "must hold a key")
    rule = (
        f"must hold keys of at least {CALLER_KEY_CHARS} characters of visible ASCII without blanks,"
        " or sha256: and the 64 hex digits of one"
    )
    for field in ("appApiKeys", "refundApiKeys"):
        check(all(map(is_caller_key, fields.get(field, []))), field, rule)


CHECKS = {"SecretsId": check_secrets, "CallerKeysId": check_caller_keys}


def read(text: str, shape: str, required: dict, optional: dict | None = None) -> dict:
    """The members of the JSON object, each of its type, and no others."""
    types = required | (optional or {})
    try:
        # A member that is there twice is a slip, and whichever is meant is unknown.
        fields = json.loads(text, object_pairs_hook=unique)
        # Half of a pair of surrogates is no text.
        json.dumps(fields, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        fields = None
    is_right = isinstance(fields, dict) and required.keys() <= fields.keys() <= types.keys()
    is_right = is_right and all(isinstance(value, types[name]) for name, value in fields.items())
    lists = [value for value in fields.values() if isinstance(value, list)] if is_right else []
    if not is_right or not all(isinstance(item, str) for items in lists for item in items):
        raise Fault(f"it must be the JSON {shape}, with nothing else in it")
    return fields


def unique(pairs: list) -> dict:
    """An object of members that are each there once."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def check(is_right: object, field: str, rule: str) -> None:
    """Names a field that breaks its rule."""
    if not is_right:
        raise Fault(f"its field {field} {rule}")


def is_webhook_secret(secret: str) -> bool:
    """Whether it can sign confirmations."""
    if not secret.startswith(WEBHOOK_PREFIX):
        return False
    try:
        text = secret.removeprefix(WEBHOOK_PREFIX).encode("ascii")
        value = base64.b64decode(text, validate=True)
    except (UnicodeError, binascii.Error):
        return False
    # Only what is written as base64 is: with all of its padding, and no bits that say nothing.
    return base64.b64encode(value) == text and len(value) in WEBHOOK_BYTES


def is_caller_key(key: str) -> bool:
    """Whether it is a key that may be issued, or the hash of one."""
    if key.startswith("sha256:"):
        return bool(HASH.fullmatch(key))
    return len(key) >= CALLER_KEY_CHARS and bool(VISIBLE.fullmatch(key))


def text_of(file: str) -> str:
    """What the file holds, without the white space around it."""
    try:
        value = sys.stdin.buffer.read() if file == "-" else pathlib.Path(file).read_bytes()
    except OSError as error:
        raise stack.Unusable(f"{file} cannot be read: {error.strerror}") from None
    try:
        return value.decode().strip(" \t\r\n")
    except UnicodeDecodeError:
        raise stack.Unusable(f"{file} cannot be used: it is not UTF-8. Nothing was changed") from None


def main() -> int:
    """Checks the value and puts it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", choices=CHECKS, help="the output of the stack that names the secret")
    parser.add_argument("file", help="the file with the value; - for standard input")
    parser.add_argument("--check", action="store_true", help="only check the value; nothing is called")
    stack.add_options(parser)
    options = parser.parse_args()
    text, name = text_of(options.file), "standard input" if options.file == "-" else options.file
    try:
        CHECKS[options.output](text)
    except Fault as fault:
        raise stack.Unusable(f"{name} cannot be used: {fault}. Nothing was changed") from None
    if options.check:
        print(f"{name} keeps every rule of {options.output}.")
        return 0
    deployed = stack.Stack(options.stack, options.region)
    secret = deployed.output(options.output)
    if secret is None:
        raise stack.Unusable(f"the stack {deployed.name} has no output {options.output}: deploy it first, `make deploy`")
    deployed.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=text)
    print(f"{options.output} of {deployed.name} is filled; the functions use it within five minutes.")
    if options.file != "-":
        print(f"Now delete {options.file}.")
    return 0


if __name__ == "__main__":
    stack.run(main)
