"""Lines of the usage ledger for answers that are alike: written from a template.

A line has thirty columns, and of those that a program's calls have, all but a dozen are the same in
each of them.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from vectal.ai.contracts import TokenUsage
from vectal.ai.proxy.costs import UNITS_PER_USD
from vectal.ai.repository import usage as usage_sql
from vectal.ai.repository.usage import UsageLine

_OWN: Final = (
    "id", "request_id", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_write_tokens", "reasoning_tokens", "duration_ms", "first_token_ms", "cost_usd", "at",
)  # fmt: skip
"""Columns that each call has for itself."""
_TEMPLATE: Final = (
    b'%b,"id":"%b","request_id":%b,"input_tokens":%d,"output_tokens":%d,"cache_read_tokens":%d,'
    b'"cache_write_tokens":%d,"reasoning_tokens":%d,"duration_ms":%d,"first_token_ms":%b,'
    b'"cost_usd":%b,"at":"%b"}'
)
_REQUEST_ID_CHARS: Final = 64


class Alike:
    """What the lines of such calls have in common."""

    __slots__ = ("head", "line")

    def __init__(self, line: UsageLine) -> None:
        """`line` has a value for every column."""
        self.line = line
        common = {name: value for name, value in line.items() if name not in _OWN}
        self.head = usage_sql.encode(common)[:-1]
        """A JSON object that is not closed."""


class Answered(NamedTuple):
    """A call that was answered at the first try. `line_id` is 32 hexadecimal digits."""

    alike: Alike
    line_id: str
    request_id: str
    usage: TokenUsage
    cost: int | None
    first_ms: int | None
    took_ms: int
    at: datetime

    def encode(self) -> bytes:
        """Its line, as `usage_sql.encode` would write it."""
        alike, line_id, request_id, usage, cost, first_ms, took_ms, at = self
        return _TEMPLATE % (
            alike.head,
            line_id.encode("ascii"),
            msgspec.json.encode(request_id[:_REQUEST_ID_CHARS]),
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            usage.cache_write_tokens,
            usage.reasoning_tokens,
            took_ms,
            b"null" if first_ms is None else b"%d" % first_ms,
            b"null" if cost is None else b"%d.%08d" % divmod(cost, UNITS_PER_USD),
            at.isoformat().encode("ascii"),
        )

    def as_line(self) -> UsageLine:
        """The same by columns."""
        usage = self.usage
        return {
            **self.alike.line,
            "id": UUID(self.line_id),
            "request_id": self.request_id[:_REQUEST_ID_CHARS],
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cache_read_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "duration_ms": self.took_ms,
            "first_token_ms": self.first_ms,
            "cost_usd": usd(self.cost),
            "at": self.at,
        }


def usd(cost: int | None) -> Decimal | None:
    return None if cost is None else Decimal(cost) / UNITS_PER_USD
