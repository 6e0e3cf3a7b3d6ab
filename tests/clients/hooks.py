"""What schemathesis leaves out, since it would not reach the functions: cargo-lambda answers 500 to it by itself.

The end-to-end suite gives the functions such requests (`odd_events.rs`, `bad_input.rs`), as API Gateway does.
"""

import schemathesis


@schemathesis.hook
def filter_case(context, case):
    """A header beyond ASCII, and a body that is no text."""
    is_ascii = all(str(value).isascii() for value in (case.headers or {}).values())
    return is_ascii and is_text(case.body)


def is_text(body):
    try:
        return not isinstance(body, bytes) or body.decode() is not None
    except UnicodeDecodeError:
        return False
