"""Amounts are exact, and periods follow each other without a gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.budgets.amounts import UNITS, Actual, Unit, Worst, is_exact, to_amount, to_decimal
from vectal.ai.budgets.periods import PeriodKind, find_period, is_timezone

# Days of 23, 24½ and 25 hours, midnights that are skipped, and a day that never was.
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo", "America/Havana",
    "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "America/Sao_Paulo",
)  # fmt: skip
moments = st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside


@given(st.sampled_from(UNITS), st.integers(0, 10**20))
def test_an_amount_survives_the_database(unit: Unit, amount: int) -> None:
    assert to_amount(unit, to_decimal(unit, amount)) == amount


def test_fractions_of_a_part_are_rounded_up() -> None:
    assert to_amount("usd", Decimal("0.000000011")) == 2
    assert not is_exact("usd", Decimal("0.000000011"))
    assert not is_exact("tokens", Decimal("1.5"))
    assert is_exact("requests", Decimal("2.0"))


def test_units_stand_where_calls_have_them() -> None:
    for kind in (Worst, Actual):
        call = kind(cost_units=1, tokens=2, requests=3)
        named = {"usd": call.cost_units, "tokens": call.tokens, "requests": call.requests}
        assert [call[place] for place in range(3)] == [named[unit] for unit in UNITS]


@given(st.sampled_from(("day", "month")), st.sampled_from(ZONES), moments)
def test_periods_tile_the_calendar(kind: PeriodKind, zone: str, now: datetime) -> None:
    period = find_period(kind, zone, now)
    assert period.ends_at is not None
    assert period.starts_at <= now < period.ends_at
    assert not period.is_over(now)
    assert period.is_over(period.ends_at)
    following = find_period(kind, zone, period.ends_at)
    assert following.starts_at == period.ends_at
    assert find_period(kind, zone, period.ends_at - timedelta(microseconds=1)) == period


@pytest.mark.parametrize(
    ("kind", "zone", "starts", "ends"),
    [
        ("day", "UTC", "2026-11-23T00:00", "2026-11-24T00:00"),
        ("day", "Asia/Tokyo", "2026-11-23T15:00", "2026-11-24T15:00"),
        ("month", "UTC", "2026-11-01T00:00", "2026-12-01T00:00"),
        ("month", "America/New_York", "2026-11-01T04:00", "2026-12-01T05:00"),
    ],
)
def test_known_periods(kind: PeriodKind, zone: str, starts: str, ends: str) -> None:
    period = find_period(kind, zone, datetime(2026, 11, 23, 18, tzinfo=UTC))
    assert period.ends_at is not None
    assert [
        at.strftime("%Y-%m-%dT%H:%M") for at in (period.starts_at, period.ends_at)
    ] == [starts, ends]  # fmt: skip


def test_the_total_never_ends() -> None:
    early, late = (find_period("total", "UTC", datetime(y, 1, 1, tzinfo=UTC)) for y in (2001, 2101))
    assert early == late
    assert not late.is_over(datetime(2999, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("name", ["", "Nowhere/City", "../etc/passwd", "/etc/passwd", "a\0b"])
def test_what_is_no_time_zone(name: str) -> None:
    assert not is_timezone(name)
    assert is_timezone("Europe/Berlin")
