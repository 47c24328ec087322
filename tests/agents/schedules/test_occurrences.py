"""When a rule is due: against another reading of the RFC, over clock changes, within a bound."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vectal.agents.schedules.errors import BadRuleError
from vectal.agents.schedules.rule import MAX_CHARS, MIN_GAP_MINUTES, Rule, read_rule
from vectal.platform.recurrence.occurrences import (
    latest_until,
    next_after,
    upcoming,
    walls_from,
    with_end,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOWHERE = ZoneInfo("UTC")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FAR = timedelta(days=3_000)

starts = st.datetimes(datetime(2024, 1, 1), datetime(2029, 12, 31)).map(  # noqa: DTZ001 - wall
    lambda at: at.replace(second=0, microsecond=0)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def numbers(low: int, high: int, most: int = 3) -> st.SearchStrategy[str]:
    values = st.lists(st.integers(low, high), min_size=1, max_size=most, unique=True)
    return values.map(lambda found: ",".join(str(each) for each in found))


def signed(most: int) -> st.SearchStrategy[str]:
    values = st.integers(-most, most).filter(bool)
    return st.lists(values, min_size=1, max_size=3, unique=True).map(
        lambda found: ",".join(str(each) for each in found)
    )


def days(prefixes: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    each = st.builds(_numbered, prefixes, st.sampled_from(DAYS))
    return st.lists(each, min_size=1, max_size=3, unique=True).map(",".join)


def _numbered(prefix: str, day: str) -> str:
    return prefix + day


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules that both readers take; the other one mixes up `MO,1TU`, so that is left out."""
    frequency = draw(
        st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"])
    )
    least = 15 if frequency == "MINUTELY" else 1
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(least, least + 9))}"]
    maybe = st.booleans()
    if draw(maybe):
        parts.append(f"BYMONTH={draw(numbers(1, 12))}")
    if frequency != "WEEKLY" and draw(maybe):
        parts.append(f"BYMONTHDAY={draw(signed(31))}")
    if draw(maybe):
        is_counted = frequency in ("YEARLY", "MONTHLY") and draw(maybe)
        prefix = st.integers(-4, 4).filter(bool).map(str) if is_counted else st.just("")
        parts.append(f"BYDAY={draw(days(prefix))}")
    if draw(maybe):
        parts.append(f"BYHOUR={draw(numbers(0, 23))}")
    if frequency != "MINUTELY" and draw(maybe):
        parts.append(f"BYMINUTE={draw(st.sampled_from(['0', '30', '0,30', '5,20,50']))}")
    if frequency in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY") and draw(maybe):
        parts.append(f"BYSETPOS={draw(signed(5))}")
    if draw(maybe):
        parts.append(f"WKST={draw(st.sampled_from(DAYS))}")
    return ";".join(parts)


def theirs(text: str, start: datetime, last: datetime) -> list[datetime]:
    """As python-dateutil reads it, which never stops by itself where nothing matches."""
    found: list[datetime] = []
    # Its UNTIL bounds what it tells, not what it looks through: years, for a rule that never comes.
    for each in rrulestr(f"{text};UNTIL={last:%Y%m%dT%H%M%S}", dtstart=start):
        found.append(each)
        if len(found) == 60:
            break
    return found


@settings(max_examples=40)
@given(rules(), starts)
def test_it_reads_rules_as_others_do(text: str, start: datetime) -> None:
    # Of the week that it starts in, dateutil counts the days since the start alone.
    assume(not ("WEEKLY" in text and "BYSETPOS" in text))
    rule, last = read_rule(text, start, NOWHERE), start + FAR
    ours: list[datetime] = []
    for each in walls_from(rule, start, last):
        ours.append(each)
        if len(ours) == 60:
            break
    if ours or text.startswith(("FREQ=YEARLY", "FREQ=MONTHLY")):
        assert ours == theirs(text, start, last)


def test_places_are_counted_in_whole_weeks() -> None:
    """Monday is the first of its week, also where the rule starts on the Tuesday after."""
    start = datetime(2024, 1, 2)  # noqa: DTZ001 - a wall clock's time
    rule = read_rule("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=1", start, NOWHERE)
    found = walls_from(rule, start, start + timedelta(days=20))
    assert [each.day for each in found] == [8, 15, 22]


@given(
    rules(),
    starts,
    st.integers(0, 5_000),
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_moments_grow_and_none_is_lost_on_the_way(
    text: str, start: datetime, minutes: int, name: str
) -> None:
    """Asked one by one, or all at once, or from the past: always the same moments."""
    zone = ZoneInfo(name)
    rule = read_rule(text, start, zone)
    begin = start.replace(tzinfo=zone).astimezone(UTC) + timedelta(minutes=minutes)
    whole = upcoming(rule, zone, begin, 12)
    assert whole == sorted(set(whole))
    one_by_one: list[datetime] = []
    here = begin
    while len(one_by_one) < len(whole):
        found = next_after(rule, zone, here)
        assert found is not None
        one_by_one.append(found)
        here = found
    assert one_by_one == whole
    if len(whole) >= 6:
        assert latest_until(rule, zone, whole[0], whole[5], 3) == whole[3:6]
        assert latest_until(rule, zone, whole[2], whole[5], 10) == whole[2:6]


@given(rules(), starts, st.integers(1, 40))
def test_a_count_is_an_end_in_time(text: str, start: datetime, count: int) -> None:
    counted = with_end(read_rule(f"{text};COUNT={count}", start, NOWHERE))
    free = read_rule(text, start, NOWHERE)
    expected = upcoming(free, NOWHERE, start.replace(tzinfo=UTC) - timedelta(minutes=1), count)
    begin = start.replace(tzinfo=UTC) - timedelta(minutes=1)
    assert upcoming(counted, NOWHERE, begin, count + 5) == expected


def berlin(text: str, start: str) -> Rule:
    return read_rule(text, wall(start), BERLIN)


def test_the_time_on_the_wall_stays_over_the_change_of_the_clock() -> None:
    rule = berlin("FREQ=DAILY", "2027-03-26T09:00")
    found = upcoming(rule, BERLIN, at("2027-03-26T00:00"), 4)
    assert [each.hour for each in found] == [8, 8, 7, 7]
    assert [each.astimezone(BERLIN).hour for each in found] == [9, 9, 9, 9]


def test_a_time_that_the_clock_leaves_out_happens_an_hour_later() -> None:
    rule = berlin("FREQ=DAILY", "2027-03-27T02:30")
    found = upcoming(rule, BERLIN, at("2027-03-27T00:00"), 3)
    assert found == [at("2027-03-27T01:30"), at("2027-03-28T01:30"), at("2027-03-29T00:30")]
    assert found[1].astimezone(BERLIN).hour == 3


def test_a_time_that_the_clock_shows_twice_happens_once() -> None:
    rule = berlin("FREQ=DAILY", "2027-10-30T02:30")
    found = upcoming(rule, BERLIN, at("2027-10-30T00:00"), 3)
    assert found == [at("2027-10-30T00:30"), at("2027-10-31T00:30"), at("2027-11-01T01:30")]


def test_two_times_that_fall_on_one_moment_are_one() -> None:
    rule = berlin("FREQ=DAILY;BYHOUR=2,3;BYMINUTE=30", "2027-03-28T00:00")
    found = upcoming(rule, BERLIN, at("2027-03-27T22:00"), 2)
    assert found == [at("2027-03-28T01:30"), at("2027-03-29T00:30")]


def test_times_that_a_gap_turns_round_come_in_their_order() -> None:
    rule = berlin("FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30", "2027-03-28T00:00")
    found = upcoming(rule, BERLIN, at("2027-03-27T22:00"), 3)
    assert found == [at("2027-03-28T01:00"), at("2027-03-28T01:30"), at("2027-03-29T00:00")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FREQ=",
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        f"FREQ=MINUTELY;INTERVAL={MIN_GAP_MINUTES - 1}",
        "FREQ=HOURLY;BYMINUTE=0,10",
        "FREQ=HOURLY;BYMINUTE=0,50",
        "FREQ=DAILY;BYHOUR=0,23;BYMINUTE=0,50",
        "FREQ=DAILY;BYMINUTE=0,1,2,3,4,5",
        "FREQ=DAILY;BYSECOND=1",
        "FREQ=YEARLY;BYWEEKNO=3",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=99999999999999999999",
        "FREQ=DAILY;INTERVAL=1,2",
        "FREQ=DAILY;COUNT=1001",
        "FREQ=DAILY;COUNT=1;UNTIL=20300101",
        "FREQ=DAILY;UNTIL=20301301",
        "FREQ=DAILY;UNTIL=00000101",
        "FREQ=DAILY;UNTIL=soon",
        "FREQ=DAILY;BYDAY=1MO",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYDAY=XX",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=\u0661",
        "FREQ=HOURLY;BYSETPOS=1",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;X-SPY=1",
        "FREQ=DAILY;;BYHOUR=1",
        "DTSTART=20270101;FREQ=DAILY",
        "FREQ=DAILY;BYHOUR=" + ",".join(["1"] * MAX_CHARS),
    ],
)
def test_what_can_not_be_taken_is_said_in_words(text: str) -> None:
    with pytest.raises(BadRuleError) as refused:
        read_rule(text, wall("2027-01-01T09:00"), BERLIN)
    assert refused.value.detail.endswith(".")


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_is_refused(text: str) -> None:
    for each in (text, f"FREQ=DAILY;{text}", f"FREQ=DAILY;UNTIL={text}", f"FREQ={text}"):
        try:
            read_rule(each, wall("2027-01-01T09:00"), BERLIN)
        except BadRuleError:
            continue


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=3",
        "FREQ=MINUTELY;INTERVAL=15;BYMINUTE=7",
        "FREQ=DAILY;BYSETPOS=5",
        "FREQ=DAILY;UNTIL=20200101",
    ],
)
def test_what_never_comes_is_found_out_with_bounded_work(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in what is looked at, since time says little on a busy machine."""
    from vectal.platform.recurrence import occurrences  # noqa: PLC0415 - its inner parts are counted

    looked = 0
    chosen = occurrences._chosen  # pyright: ignore[reportPrivateUsage] - what costs the work

    def counted(rule: Rule, found: list[date]) -> Iterable[datetime]:
        nonlocal looked
        looked += 1
        return chosen(rule, found)

    monkeypatch.setattr(occurrences, "_chosen", counted)
    rule = read_rule(text, wall("2027-01-01T09:00"), BERLIN)
    assert next_after(rule, BERLIN, at("2027-01-01T00:00")) is None
    assert looked < 15_000


def test_a_long_silence_costs_no_more_than_its_last_days() -> None:
    rule = berlin("FREQ=MINUTELY;INTERVAL=15", "2020-01-01T00:00")
    found = latest_until(rule, BERLIN, at("2020-01-01T00:00"), at("2027-06-01T12:07"), 3)
    assert found == [at("2027-06-01T11:30"), at("2027-06-01T11:45"), at("2027-06-01T12:00")]
