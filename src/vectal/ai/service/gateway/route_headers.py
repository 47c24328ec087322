"""How a call was routed, in the headers of its answer."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Final

from vectal.ai.catalog.spec import SOON
from vectal.ai.proxy.record import CallRecord, Target

LEFT_OUT: Final = "x-vectal-left-out"
"""Names the tools that the request had, and its model did not get."""
_MAX_CHARS: Final = 300


def route_headers(target: Target, record: CallRecord) -> dict[str, str]:
    """`record` knows why it stands in for another."""
    offer, reason = target.offer, record.reason or target.reason
    written = _written(
        offer.provider.name, offer.model.name, target.slot or "", reason.codes, offer.simulated
    )
    ends_on = offer.model.retires_on
    return dict(written if ends_on is None else (*written, *_end(ends_on)))


@functools.lru_cache(maxsize=4_096)
def _written(
    provider: str,
    model: str,
    slot: str,
    codes: tuple[str, ...],
    simulated: bool,  # noqa: FBT001 - a part of the key
) -> tuple[tuple[str, str], ...]:
    return (
        ("x-vectal-provider", _ascii(provider)),
        ("x-vectal-model", _ascii(model)),
        ("x-vectal-slot", slot),
        ("x-vectal-route", _ascii(", ".join(codes))),
        ("x-vectal-simulated", "true" if simulated else "false"),
    )


@functools.lru_cache(maxsize=256)
def _end(day: date) -> tuple[tuple[str, str], ...]:
    """That the model ends with the beginning of that day, as RFC 9745 and RFC 8594 say it.

    It counts as deprecated from when its answers say so themselves.
    """
    ends_at = datetime.combine(day, time(), UTC)
    return (
        ("deprecation", f"@{int((ends_at - SOON).timestamp())}"),
        ("sunset", format_datetime(ends_at, usegmt=True)),
    )


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()[:_MAX_CHARS]
