"""How a call was routed, in the headers of its answer."""

from __future__ import annotations

import functools
from typing import Final

from vectal.ai.proxy.record import CallRecord, Target

_MAX_CHARS: Final = 300


def route_headers(target: Target, record: CallRecord) -> dict[str, str]:
    """`record` knows why it stands in for another."""
    offer, reason = target.offer, record.reason or target.reason
    written = _written(
        offer.provider.name, offer.model.name, target.slot or "", reason.codes, offer.simulated
    )
    return dict(written)


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


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()[:_MAX_CHARS]
