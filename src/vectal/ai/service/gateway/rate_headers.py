"""How limits stand, in the headers that the vendors' own clients read. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from vectal.ai.proxy.wires.port import WireName
from vectal.platform.clock import Clock
from vectal.platform.rate_claims import TOLERANCE_US, US, Place
from vectal.platform.rate_limit import Standing, Taken

_MINUTE_MS = 60_000
_SECOND_MS = 1_000
_MS_US = 1_000


_FORM = (
    "x-ratelimit-limit-{0}: %d\r\nx-ratelimit-remaining-{0}: %d\r\nx-ratelimit-reset-{0}: %b\r\n"
)
_REQUESTS, _TOKENS = _FORM.format("requests").encode(), _FORM.format("tokens").encode()
_BOTH = _REQUESTS + _TOKENS


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


def taken_lines(wire: WireName, taken: Taken, clock: Clock) -> bytes:
    """How the narrowest limits stand after a call, as the lines of a head."""
    wanted, used_us = taken.wanted, taken.used_us
    places, split = wanted.places, len(wanted.requests)
    requests = _narrowest(places[:split], used_us[:split])
    tokens = _narrowest(places[split:], used_us[split:])
    if wire == "messages":
        now = clock.now()
        return _anthropic_lines("requests", requests, now) + _anthropic_lines("tokens", tokens, now)
    if requests is None or tokens is None:
        return _openai_lines(_REQUESTS, requests) + _openai_lines(_TOKENS, tokens)
    return _BOTH % (*_told(requests), *_told(tokens))


def _narrowest(places: Sequence[Place], used_us: Sequence[float]) -> tuple[Place, float] | None:
    """The place with the fewest units left, and what is used of it; None where there is none."""
    narrowest: Place | None = None
    least = most_us = 0.0
    for place, each_us in zip(places, used_us, strict=True):
        left = (place.room_us - each_us + TOLERANCE_US) // place.unit_us
        left = max(0.0, left)
        if narrowest is None or left < least or (left == least and each_us > most_us):
            narrowest, least, most_us = place, left, each_us
    return None if narrowest is None else (narrowest, most_us)


def _told(standing: tuple[Place, float]) -> tuple[int, int, bytes]:
    """The limit, what is left, and when it is whole again, as OpenAI has it."""
    place, used_us = standing
    left_ms = math.ceil(used_us / _MS_US)
    if 0 < left_ms < _SECOND_MS:
        soon = b"%dms" % left_ms
    elif left_ms < _MINUTE_MS:
        soon = b"%gs" % (left_ms / _SECOND_MS)
    else:
        soon = duration(used_us / US).encode()
    return place.burst, place.remaining(used_us), soon


def _openai_lines(form: bytes, standing: tuple[Place, float] | None) -> bytes:
    return b"" if standing is None else form % _told(standing)


def _anthropic_lines(unit: str, standing: tuple[Place, float] | None, now: datetime) -> bytes:
    if standing is None:
        return b""
    place, used_us = standing
    headers = _anthropic(unit, place.burst, place.remaining(used_us), used_us / US, now)
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode()


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
