"""How limits stand, in the headers that the vendors' own clients read. Pure."""

from __future__ import annotations

import functools
import math
from datetime import UTC, datetime, timedelta

from vectal.ai.proxy.wires.port import WireName
from vectal.platform.clock import Clock
from vectal.platform.rate_claims import US, Narrowest, narrowest_of
from vectal.platform.rate_limit import Standing, Taken

_MINUTE_MS = 60_000
_SECOND_MS = 1_000
_SECOND_US = 1_000_000


_FORM = (
    "x-ratelimit-limit-{0}: %d\r\nx-ratelimit-remaining-{0}: %d\r\nx-ratelimit-reset-{0}: %b\r\n"
)
_REQUESTS, _TOKENS = _FORM.format("requests").encode(), _FORM.format("tokens").encode()
_BOTH = _REQUESTS + _TOKENS
_ANTHROPIC_FORM = (
    "anthropic-ratelimit-{0}-limit: %d\r\nanthropic-ratelimit-{0}-remaining: %d\r\n"
    "anthropic-ratelimit-{0}-reset: %b\r\n"
)
_ANTHROPIC_REQUESTS = _ANTHROPIC_FORM.format("requests").encode()
_ANTHROPIC_TOKENS = _ANTHROPIC_FORM.format("tokens").encode()


def openai_headers(unit: str, standing: Standing) -> dict[str, str]:
    """`unit` is `requests` or `tokens`."""
    return {
        f"x-ratelimit-limit-{unit}": str(standing.limit.burst),
        f"x-ratelimit-remaining-{unit}": str(standing.remaining),
        f"x-ratelimit-reset-{unit}": duration(standing.whole_in_s),
    }


def anthropic_headers(unit: str, standing: Standing, now: datetime) -> dict[str, str]:
    """`unit` is `requests` or `tokens`."""
    name = f"anthropic-ratelimit-{unit}"
    return {
        f"{name}-limit": str(standing.limit.burst),
        f"{name}-remaining": str(standing.remaining),
        f"{name}-reset": moment(now + timedelta(seconds=standing.whole_in_s)),
    }


def taken_lines(wire: WireName, taken: Taken, clock: Clock) -> bytes:
    """How the narrowest limits stand after a call, as the lines of a head."""
    wanted, used_us = taken.wanted, taken.used_us
    requests = narrowest_of(wanted.request_rooms, used_us)
    tokens = narrowest_of(wanted.token_rooms, used_us, len(wanted.request_rooms))
    if wire == "messages":
        now_us = round(clock.now().timestamp() * US)
        first = _anthropic_lines(_ANTHROPIC_REQUESTS, requests, now_us)
        return first + _anthropic_lines(_ANTHROPIC_TOKENS, tokens, now_us)
    if requests is None or tokens is None:
        return _openai_lines(_REQUESTS, requests) + _openai_lines(_TOKENS, tokens)
    return _BOTH % (*_told(requests), *_told(tokens))


def _told(standing: Narrowest) -> tuple[int, int, bytes]:
    """The limit, what is left, and when it is whole again, as OpenAI has it."""
    place, used_us, remaining = standing
    return place.burst, remaining, _soon(math.ceil(used_us / US * _SECOND_MS))


@functools.lru_cache(maxsize=8_192)
def _soon(left_ms: int) -> bytes:
    return _duration(left_ms).encode()


def _openai_lines(form: bytes, standing: Narrowest | None) -> bytes:
    return b"" if standing is None else form % _told(standing)


def _anthropic_lines(form: bytes, standing: Narrowest | None, now_us: int) -> bytes:
    if standing is None:
        return b""
    place, used_us, remaining = standing
    return form % (place.burst, remaining, _second(-(-(now_us + round(used_us)) // _SECOND_US)))


@functools.lru_cache(maxsize=256)
def _second(since_epoch_s: int) -> bytes:
    return moment(datetime.fromtimestamp(since_epoch_s, UTC)).encode()


def retry_headers(wait_s: float) -> dict[str, str]:
    """Whole seconds as HTTP has them, and the milliseconds that the vendors' clients prefer."""
    return {
        "retry-after": str(max(1, math.ceil(wait_s))),
        "retry-after-ms": str(math.ceil(wait_s * _SECOND_MS)),
    }


def duration(seconds: float) -> str:
    """As OpenAI writes it: `17ms`, `8.64s`, `6m0s`, `1h0m1s`."""
    return _duration(math.ceil(seconds * _SECOND_MS))


def _duration(left_ms: int) -> str:
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
