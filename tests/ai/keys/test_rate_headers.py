"""How limits stand, as the vendors write it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.proxy.wires.port import WireName
from vectal.ai.service.gateway.rate_headers import (
    anthropic_headers,
    duration,
    moment,
    openai_headers,
    retry_headers,
    taken_lines,
)
from vectal.platform.rate_limit import Claim, ClaimSet, Limit, Standing, Taken

REQUESTS = [Claim(Limit.per_minute("lines_key", 600), "k"), Claim(Limit("lines_ip", 90, 3.7), "i")]
TOKENS = [Claim(Limit.per_minute("lines_tokens", 100_000), "k", 9)]
AT = datetime(2026, 11, 2, 10, 59, 30, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.0001, "1ms"),
        (0.017, "17ms"),
        (0.9994, "1s"),
        (1, "1s"),
        (8.64, "8.64s"),
        (59.999, "59.999s"),
        (60, "1m0s"),
        (72.3, "1m12.3s"),
        (360, "6m0s"),
        (3_601, "1h0m1s"),
        (97_200, "27h0m0s"),
    ],
)
def test_durations_are_written_as_openai_does(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_moments_are_rounded_up_and_in_utc() -> None:
    assert moment(AT) == "2026-11-02T10:59:31Z"
    assert moment(AT.replace(microsecond=0)) == "2026-11-02T10:59:30Z"


def test_headers_of_both_vendors() -> None:
    standing = Standing(Limit.per_minute("model_requests_key", 60), 59, 1.0, 0.0)
    assert openai_headers("requests", standing) == {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
    }
    assert anthropic_headers("tokens", standing, AT) == {
        "anthropic-ratelimit-tokens-limit": "60",
        "anthropic-ratelimit-tokens-remaining": "59",
        "anthropic-ratelimit-tokens-reset": "2026-11-02T10:59:32Z",
    }
    away = timezone(timedelta(hours=5))
    assert moment(AT.astimezone(away)) == moment(AT)


def test_a_wait_is_never_told_too_short() -> None:
    assert retry_headers(0.2) == {"retry-after": "1", "retry-after-ms": "200"}
    assert retry_headers(2.0001) == {"retry-after": "3", "retry-after-ms": "2001"}


class _StillClock:
    def now(self) -> datetime:
        return AT

    def monotonic(self) -> float:
        return 0.0


_USED = st.floats(0, 1.5)
"""Parts of what a limit holds."""


@given(st.tuples(_USED, _USED, _USED), st.sampled_from(["chat_completions", "messages"]))
def test_lines_of_a_direct_answer_say_what_the_headers_of_others_do(
    used: tuple[float, float, float], wire: WireName
) -> None:
    claims = [*REQUESTS, *TOKENS]
    used_us = [claim.place.room_us * part for claim, part in zip(claims, used, strict=True)]
    standings = [
        claim.standing(us, is_refused=False) for claim, us in zip(claims, used_us, strict=True)
    ]
    narrowest = min(standings[:2], key=lambda each: (each.remaining, -each.whole_in_s))
    expected = dict[str, str]()
    for unit, standing in (("requests", narrowest), ("tokens", standings[2])):
        if wire == "messages":
            expected |= anthropic_headers(unit, standing, AT)
        else:
            expected |= openai_headers(unit, standing)
    taken = Taken(ClaimSet(REQUESTS, TOKENS), 9, used_us, is_shared=True)
    lines = taken_lines(wire, taken, _StillClock()).decode()
    assert lines == "".join(f"{name}: {value}\r\n" for name, value in expected.items())


def test_no_limit_needs_no_line() -> None:
    taken = Taken(ClaimSet(REQUESTS, []), 9, [0.0, 0.0], is_shared=True)
    for wire in ("chat_completions", "messages"):
        lines = taken_lines(wire, taken, _StillClock())
        assert b"requests" in lines
        assert b"tokens" not in lines
