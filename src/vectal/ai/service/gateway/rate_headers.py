"""How limits stand, in the headers that the vendors' own clients read. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from vectal.ai.proxy.wires.port import WireName
from vectal.platform.clock import Clock
from vectal.platform.rate_claims import US, Place
from vectal.platform.rate_limit import Standing, Taken

_MINUTE_MS = 60_000
_SECOND_MS = 1_000


def openai_headers(unit: str, standing: Standing) -> dict[str, str]:
    """`unit` is `requests` or `tokens`."""
    return _openai(unit, standing.limit.burst, standing.remaining, standing.whole_in_s)


def _openai(unit: str, limit: int, remaining: int, whole_in_s: float) -> dict[str, str]:
    return {
        f"x-ratelimit-limit-{unit}": str(limit),
        f"x-ratelimit-remaining-{unit}": str(remaining),
        f"x-ratelimit-reset-{unit}": duration(whole_in_s),
    }


def anthropic_headers(unit: str, standing: Standing, now: datetime) -> dict[str, str]:
    """`unit` is `requests` or `tokens`."""
    return _anthropic(unit, standing.limit.burst, standing.remaining, standing.whole_in_s, now)


def _anthropic(
    unit: str, limit: int, remaining: int, whole_in_s: float, now: datetime
) -> dict[str, str]:
    name = f"anthropic-ratelimit-{unit}"
    return {
        f"{name}-limit": str(limit),
        f"{name}-remaining": str(remaining),
        f"{name}-reset": moment(now + timedelta(seconds=whole_in_s)),
    }


def _lines(headers: Mapping[str, str]) -> bytes:
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode()


def taken_lines(wire: WireName, taken: Taken, clock: Clock) -> bytes:
    """How the narrowest limits stand after a call, as the lines of a head."""
    wanted, used_us = taken.wanted, taken.used_us
    places, split = wanted.places, len(wanted.requests)
    return _unit_lines(wire, "requests", places[:split], used_us[:split], clock) + _unit_lines(
        wire, "tokens", places[split:], used_us[split:], clock
    )


def _unit_lines(
    wire: WireName, unit: str, places: Sequence[Place], used_us: Sequence[float], clock: Clock
) -> bytes:
    if not places:
        return b""
    burst = least = places[0].burst
    most_us = -1.0
    for place, each_us in zip(places, used_us, strict=True):
        left = place.remaining(each_us)
        if left < least or (left == least and each_us > most_us):
            burst, least, most_us = place.burst, left, each_us
    if wire == "messages":
        return _lines(_anthropic(unit, burst, least, most_us / US, clock.now()))
    return _lines(_openai(unit, burst, least, most_us / US))


def retry_headers(wait_s: float) -> dict[str, str]:
    """Whole seconds as HTTP has them, and the milliseconds that the vendors' clients prefer."""
    return {
        "retry-after": str(max(1, math.ceil(wait_s))),
        "retry-after-ms": str(math.ceil(wait_s * _SECOND_MS)),
    }


def duration(seconds: float) -> str:
    """As OpenAI writes it: `17ms`, `8.64s`, `6m0s`, `1h0m1s`."""
    left_ms = math.ceil(seconds * _SECOND_MS)
    if 0 < left_ms < _SECOND_MS:
        return f"{left_ms}ms"
    minutes, left_ms = divmod(left_ms, _MINUTE_MS)
    hours, minutes = divmod(minutes, 60)
    text = f"{left_ms / _SECOND_MS:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def moment(at: datetime) -> str:
    """RFC 3339 in UTC, rounded up to the second."""
    whole = at.replace(microsecond=0) + timedelta(seconds=1 if at.microsecond else 0)
    return whole.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
