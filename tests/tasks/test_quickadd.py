"""Quick add reads what people type, and leaves in the title what it does not understand."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from vectal.tasks.quickadd.parser import QuickAdd, parse
from vectal.tasks.quickadd.spans import Span, to_utf16

BERLIN = ZoneInfo("Europe/Berlin")
# A Wednesday, 10:30 in Berlin.
NOW = datetime(2026, 7, 15, 8, 30, tzinfo=UTC)


def read(text: str, now: datetime = NOW, zone: ZoneInfo = BERLIN) -> QuickAdd:
    return parse(text, now, zone)


def berlin(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN)


def test_the_line_of_the_design() -> None:
    text = "Pay rent tomorrow 9am p1 #home +Flat"
    assert read(text) == QuickAdd(
        title="Pay rent",
        due_at=berlin(2026, 7, 16, 9),
        priority=1,
        project="Flat",
        labels=("home",),
        spans=(
            Span(9, 17, "date", "2026-07-16"),
            Span(18, 21, "time", "09:00"),
            Span(22, 24, "priority", "1"),
            Span(25, 30, "label", "home"),
            Span(31, 36, "project", "Flat"),
        ),
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("today", date(2026, 7, 15)),
        ("Tomorrow", date(2026, 7, 16)),
        ("tmrw", date(2026, 7, 16)),
        ("day after tomorrow", date(2026, 7, 17)),
        ("by tomorrow", date(2026, 7, 16)),
        ("due on friday", date(2026, 7, 17)),
        ("mon", date(2026, 7, 20)),
        ("monday", date(2026, 7, 20)),
        ("sunday", date(2026, 7, 19)),
        ("wednesday", date(2026, 7, 22)),
        ("this saturday", date(2026, 7, 18)),
        ("next monday", date(2026, 7, 20)),
        ("next friday", date(2026, 7, 24)),
        ("next week", date(2026, 7, 20)),
        ("next month", date(2026, 8, 1)),
        ("next year", date(2027, 1, 1)),
        ("this weekend", date(2026, 7, 18)),
        ("next weekend", date(2026, 7, 25)),
        ("in 3 days", date(2026, 7, 18)),
        ("in 2 weeks", date(2026, 7, 29)),
        ("in a week", date(2026, 7, 22)),
        ("in two months", date(2026, 9, 15)),
        ("in a couple of days", date(2026, 7, 17)),
        ("in 3d", date(2026, 7, 18)),
        ("in 1 year", date(2027, 7, 15)),
        ("24 dec", date(2026, 12, 24)),
        ("Dec 24", date(2026, 12, 24)),
        ("24th of December", date(2026, 12, 24)),
        ("dec 24, 2027", date(2027, 12, 24)),
        ("thu 24 dec", date(2026, 12, 24)),
        ("24 dec 2027", date(2027, 12, 24)),
        ("1 jul", date(2027, 7, 1)),
        ("15 jul", date(2026, 7, 15)),
        ("29 feb", date(2028, 2, 29)),
        ("2026-12-24", date(2026, 12, 24)),
        ("2026/12/24", date(2026, 12, 24)),
        ("24.12.", date(2026, 12, 24)),
        ("24.12.2027", date(2027, 12, 24)),
        ("24.12.27", date(2027, 12, 24)),
        ("24/12/2026", date(2026, 12, 24)),
        ("12/24/2026", date(2026, 12, 24)),
        ("the 24th", date(2026, 7, 24)),
        ("on the 2nd", date(2026, 8, 2)),
        ("31st", date(2026, 7, 31)),
        ("eow", date(2026, 7, 17)),
        ("end of the week", date(2026, 7, 17)),
        ("eom", date(2026, 7, 31)),
        ("end of year", date(2026, 12, 31)),
    ],
)
def test_days(words: str, expected: date) -> None:
    reading = read(f"Pay rent {words}")
    assert (reading.title, reading.due_on, reading.due_at) == ("Pay rent", expected, None)
    assert [span.kind for span in reading.spans] == ["date"]
    assert reading.spans[0].value == expected.isoformat()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("tomorrow 9am", berlin(2026, 7, 16, 9)),
        ("9am tomorrow", berlin(2026, 7, 16, 9)),
        ("tomorrow at 9", berlin(2026, 7, 16, 9)),
        ("at 17 tomorrow", berlin(2026, 7, 16, 17)),
        ("tomorrow 9:30pm", berlin(2026, 7, 16, 21, 30)),
        ("tomorrow 9.30 p.m.", berlin(2026, 7, 16, 21, 30)),
        ("friday noon", berlin(2026, 7, 17, 12)),
        ("friday 14:30", berlin(2026, 7, 17, 14, 30)),
        ("friday midnight", berlin(2026, 7, 18, 0)),
        ("tomorrow 12am", berlin(2026, 7, 16, 0)),
        ("tomorrow 12pm", berlin(2026, 7, 16, 12)),
        ("11:00", berlin(2026, 7, 15, 11)),
        ("9am", berlin(2026, 7, 16, 9)),
        ("10:30", berlin(2026, 7, 16, 10, 30)),
        ("midnight", berlin(2026, 7, 16, 0)),
        ("today 9am", berlin(2026, 7, 15, 9)),
        ("tonight", berlin(2026, 7, 15, 20)),
        ("tonight at 9pm", berlin(2026, 7, 15, 21)),
        ("this evening", berlin(2026, 7, 15, 18)),
        ("tomorrow morning", berlin(2026, 7, 16, 9)),
        ("friday in the afternoon", berlin(2026, 7, 17, 15)),
        ("eod", berlin(2026, 7, 15, 17)),
        ("by end of day", berlin(2026, 7, 15, 17)),
        ("in 3 hours", berlin(2026, 7, 15, 13, 30)),
        ("in an hour", berlin(2026, 7, 15, 11, 30)),
        ("in half an hour", berlin(2026, 7, 15, 11)),
        ("in 90 min", berlin(2026, 7, 15, 12)),
        ("in 2h", berlin(2026, 7, 15, 12, 30)),
        ("2026-12-24 14:30", berlin(2026, 12, 24, 14, 30)),
        ("2026-12-24T14:30", berlin(2026, 12, 24, 14, 30)),
        ("2026-12-24T14:30Z", berlin(2026, 12, 24, 15, 30)),
        ("2026-12-24T14:30-05:00", berlin(2026, 12, 24, 20, 30)),
    ],
)
def test_moments(words: str, expected: datetime) -> None:
    reading = read(f"Call Ann {words}")
    assert (reading.title, reading.due_on, reading.due_at) == ("Call Ann", None, expected)


@pytest.mark.parametrize(
    "text",
    [
        "Water plants every monday",
        "Stand-up every other tuesday at 9:30",
        "Review each 2 weeks",
        "Pay 24.12 euros",
        "Fix issue #42",
        "Call +49 30 1234",
        "Learn C# and F+",
        "Meet at 5 guys",
        "Read the 2nd draft",
        "Bake 3/4 of the cake",
        "Ask about 5/6/2026",
        "Pay on 31 feb",
        "Pay on 2026-02-30",
        "Meet at 25:00",
        "Meet at 13pm",
        "Weekend trip",
        "Buy p5 screws",
        "Think about yesterday",
        "Retire in 9999 years",
        "Emigrate 2200-01-01",
        "C:\\temp and \\\\server\\share",
        'Broken +"quote',
        "Lonely # and + and \\",
    ],
)
def test_what_is_not_understood_stays(text: str) -> None:
    assert read(text) == QuickAdd(title=text)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (r"Write \#home page", "Write #home page"),
        (r"Watch \tomorrow never dies", "Watch tomorrow never dies"),
        (r"Screw \p1", "Screw p1"),
        (r"Say \\#home", r"Say \#home"),
        (r"Remind \every friday", "Remind every"),
        (r'Open \+"My flat"', 'Open +"My flat"'),
    ],
)
def test_a_backslash_keeps_a_word(text: str, title: str) -> None:
    assert read(text).title == title


def test_names_in_quotes_hold_spaces_and_quotes() -> None:
    reading = read('Paint +"My  flat" #"to do" #"say \\"hi\\"" +“Our house”')
    assert reading.labels == ("to do", 'say "hi"')
    assert reading.project == "Our house"
    assert reading.title == 'Paint +"My flat"'


def test_the_last_of_several_counts_and_the_others_stay() -> None:
    reading = read("Discuss monday report friday p1 p3 +A +B")
    assert reading == QuickAdd(
        title="Discuss monday report p1 +A",
        due_on=date(2026, 7, 17),
        priority=3,
        project="B",
        spans=reading.spans,
    )


def test_labels_are_kept_once_in_their_first_spelling() -> None:
    reading = read("Buy milk #Home #shop #home, please")
    assert reading.labels == ("Home", "shop")
    assert reading.title == "Buy milk, please"
    assert [span.kind for span in reading.spans] == ["label"] * 3


def test_more_labels_than_a_task_takes_stay_in_the_title() -> None:
    reading = read("Buy " + " ".join(f"#l{number}x" for number in range(25)))
    assert len(reading.labels) == 20
    assert reading.title == "Buy #l20x #l21x #l22x #l23x #l24x"


def test_punctuation_after_a_date_moves_to_the_word_before() -> None:
    assert read("Pay rent tomorrow, then rest!").title == "Pay rent, then rest!"


def test_words_that_are_all_understood_are_the_title() -> None:
    assert read("tomorrow") == QuickAdd(title="tomorrow")
    assert read("#home p1") == QuickAdd(title="#home p1")
    assert read("  ") == QuickAdd(title="")


def test_a_time_that_the_clock_skips_moves_forward() -> None:
    """Berlin skips 02:00 to 03:00 on 29 March 2026."""
    reading = read("Wake up 29 mar 2:30", now=datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert reading.due_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_of_a_time_that_comes_twice_the_first_still_ahead_is_meant() -> None:
    """Berlin lives 02:00 to 03:00 twice on 25 October 2026."""
    before = datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert read("Tea 2:30", now=before).due_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    between = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    assert read("Tea 2:30", now=between).due_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_hours_ahead_are_elapsed_hours() -> None:
    reading = read("Tea in 3 hours", now=datetime(2026, 10, 24, 23, tzinfo=UTC))
    assert reading.due_at == datetime(2026, 10, 25, 2, tzinfo=UTC)


def test_today_is_the_persons_own_day() -> None:
    late = datetime(2026, 7, 15, 23, tzinfo=UTC)
    assert read("Nap today", now=late).due_on == date(2026, 7, 16)
    assert read("Nap today", now=late, zone=ZoneInfo("America/New_York")).due_on == date(
        2026,
        7,
        15,
    )


def test_end_of_day_after_work_is_the_last_minute() -> None:
    evening = datetime(2026, 7, 15, 16, tzinfo=UTC)
    assert read("Nap eod", now=evening).due_at == berlin(2026, 7, 15, 23, 59)


def test_places_in_utf16_count_as_browsers_do() -> None:
    text = "🎉 party tomorrow"
    (span,) = read(text).spans
    assert text[span.start : span.end] == "tomorrow"
    units = text.encode("utf-16-le")
    start, end = to_utf16(text, span.start), to_utf16(text, span.end)
    assert units[start * 2 : end * 2].decode("utf-16-le") == "tomorrow"
