"""Whatever is typed: quick add ends, loses no text, and reads back what it writes."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from vectal.tasks.quickadd.parser import QuickAdd, parse
from vectal.tasks.quickadd.writer import render

_ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia")
_TOKENS = (
    *("today", "tomorrow", "monday", "next", "friday", "in", "3", "days", "week", "weekend"),
    *("24", "dec", "24.12.", "2026-12-24", "the", "24th", "on", "by", "due", "at", "9", "am"),
    *("9am", "14:30", "noon", "midnight", "tonight", "eod", "every", "other", "p1", "!!3", "P4"),
    *("#home", '#"to do"', "+Flat", '+"My flat"', "+“Our house”", "#1", "\\", "\\#home", "\\\\"),
    *("\\tomorrow", "rent", "Pay", ",", "tomorrow,", "🎉", "#Ünï", "(", "may", "5", "2027"),
    *("2026-10-25T00:30Z", "2:30", "of", "in 90 min", '#"a \\" b"', "\u200d", "\x00", '+"'),
)
_lines = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(_TOKENS), max_size=12).map(" ".join),
    st.lists(st.sampled_from(_TOKENS) | st.text(max_size=6), max_size=12).map(" ".join),
)
_moments = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001  # hypothesis wants a naive bound
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001  # see above
    timezones=st.just(UTC),
)
_zones = st.sampled_from(_ZONES).map(ZoneInfo)


@given(_lines, _moments, _zones)
@example('+"a \\" b" 2', datetime(2026, 10, 25, 0, 45, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
@settings(max_examples=300)
def test_spans_are_disjoint_and_inside_the_text(text: str, now: datetime, zone: ZoneInfo) -> None:
    reading = parse(text, now, zone)
    end = 0
    for span in reading.spans:
        assert end <= span.start < span.end <= len(text)
        assert span.value
        end = span.end
    assert reading.due_on is None or reading.due_at is None


@given(_lines, _moments, _zones)
@settings(max_examples=300)
def test_no_text_is_lost(text: str, now: datetime, zone: ZoneInfo) -> None:
    """What stands in no span stands in the title, in order; only escaping backslashes go."""
    reading = parse(text, now, zone)
    understood = {at for span in reading.spans for at in range(span.start, span.end)}
    outside = "".join(char for at, char in enumerate(text) if at not in understood)
    kept, title = "".join(outside.split()), "".join(reading.title.split())
    assert kept.replace("\\", "") == title.replace("\\", "")
    assert title.count("\\") <= kept.count("\\")


@given(_lines, _moments, _zones)
@example('+". 0" +"', datetime(2000, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))
@example("1.1.", datetime(2000, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))
@settings(max_examples=600)
def test_what_is_written_reads_back(text: str, now: datetime, zone: ZoneInfo) -> None:
    reading = parse(text, now, zone)
    line = render(reading, now, zone)
    again = parse(line, now, zone)
    assert replace(again, spans=()) == replace(reading, spans=())
    assert render(again, now, zone) == line


@given(_lines, _moments, _zones)
def test_the_same_line_always_reads_the_same(text: str, now: datetime, zone: ZoneInfo) -> None:
    assert parse(text, now, zone) == parse(text, now, zone)


@given(_lines, _moments)
def test_plain_titles_stay_as_they_are(text: str, now: datetime) -> None:
    """Reading the escaped title alone gives the title and nothing else."""
    title = parse(text, now, ZoneInfo("UTC")).title
    alone = render(QuickAdd(title=title), now, ZoneInfo("UTC"))
    assert replace(parse(alone, now, ZoneInfo("UTC")), spans=()) == QuickAdd(title=title)


def test_a_long_line_is_read_in_one_pass() -> None:
    """Two thousand dates would be quadratic for a reader that looks ahead from each."""
    text = "x " + "1st " * 2000
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert parse(text, now, ZoneInfo("UTC")).due_on == datetime(2026, 1, 1, tzinfo=UTC).date()
