"""What tests of limits share: a clock, and somebody to limit."""

import secrets


class Hand:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def make_subject() -> str:
    return secrets.token_hex(8)
