"""How a call was routed, in the headers of its answer."""

from __future__ import annotations

from typing import Final

from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.service.targets import routed

_MAX_CHARS: Final = 300


def route_headers(target: Target, record: CallRecord) -> dict[str, str]:
    told = routed(target, record)
    return {
        "x-vectal-provider": _ascii(told.provider),
        "x-vectal-model": _ascii(told.model),
        "x-vectal-slot": told.slot or "",
        "x-vectal-route": _ascii(", ".join(told.reason.codes)),
        "x-vectal-simulated": "true" if told.simulated else "false",
    }


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()[:_MAX_CHARS]
