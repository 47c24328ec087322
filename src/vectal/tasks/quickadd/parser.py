"""From a line of words to a task, without losing any of them.

Of several dates, times, priorities or projects the last one counts, since people put the title
first; the others stay in the title. A backslash before a word keeps it there too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from vectal.tasks.limits import LABELS_A_TASK
from vectal.tasks.quickadd.calendar import Now, to_moment
from vectal.tasks.quickadd.marks import Mark
from vectal.tasks.quickadd.phrases import Phrase, find_phrases
from vectal.tasks.quickadd.readings import DueReading
from vectal.tasks.quickadd.spans import Span, cut
from vectal.tasks.quickadd.words import Word, split_words


@dataclass(frozen=True, slots=True)
class QuickAdd:
    """What a line says. Of `due_on` and `due_at` at most one is set."""

    title: str
    due_on: date | None = None
    due_at: datetime | None = None
    priority: int | None = None
    project: str | None = None
    labels: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()


def parse(text: str, now: datetime, timezone: ZoneInfo) -> QuickAdd:
    """Read a line as a person in this timezone means it at this moment."""
    clock = Now(now.astimezone(UTC), timezone)
    words, found = find_phrases(split_words(text), clock)
    due = _choose_due(found)
    marks = _choose_marks(found)
    due_on, due_at = _settle(due, clock)
    spans = [
        *(_due_span(words, one, clock) for one in due),
        *(_mark_span(words, one) for one in marks),
    ]
    title = cut(text, words, sorted(spans))
    if not title:
        return QuickAdd(title=cut(text, words, []))
    return QuickAdd(
        title=title,
        due_on=due_on,
        due_at=due_at,
        priority=_last_priority(marks),
        project=_last_project(marks),
        labels=_labels(marks),
        spans=tuple(sorted(spans)),
    )


def _choose_due(found: Sequence[Phrase]) -> list[Phrase]:
    """Return the last day or moment, and the last clock time that goes with a day."""
    readings = [(one, one.reading) for one in found if isinstance(one.reading, DueReading)]
    days = [(one, reading) for one, reading in readings if not reading.is_time_alone]
    if days and days[-1][1].moment is not None:
        return [days[-1][0]]
    times = [one for one, reading in readings if reading.is_time_alone]
    return [*(one for one, _ in days[-1:]), *times[-1:]]


def _settle(due: Sequence[Phrase], now: Now) -> tuple[date | None, datetime | None]:
    readings = [one.reading for one in due if isinstance(one.reading, DueReading)]
    moment = next((reading.moment for reading in readings if reading.moment), None)
    if moment:
        return None, moment
    day = next((reading.day for reading in readings if reading.day), None)
    clocked = next((reading for reading in reversed(readings) if reading.clock), None)
    if clocked is None or clocked.clock is None:
        return day, None
    if day is None:
        day = now.today
        starts_on = day + timedelta(days=1) if clocked.ends_the_day else day
        if to_moment(starts_on, clocked.clock, now) <= now.moment:
            day += timedelta(days=1)
    if clocked.ends_the_day:
        day += timedelta(days=1)
    return None, to_moment(day, clocked.clock, now)


def _choose_marks(found: Sequence[Phrase]) -> list[Phrase]:
    chosen: list[Phrase] = []
    names: set[str] = set()
    for one in found:
        if isinstance(one.reading, Mark) and one.reading.kind == "label":
            names.add(one.reading.value.casefold())
            if len(names) <= LABELS_A_TASK:
                chosen.append(one)
    for kind in ("project", "priority"):
        alike = [one for one in found if isinstance(one.reading, Mark) and one.reading.kind == kind]
        chosen += alike[-1:]
    return chosen


def _last_priority(marks: Sequence[Phrase]) -> int | None:
    return next((int(value) for value in _values(marks, "priority")), None)


def _last_project(marks: Sequence[Phrase]) -> str | None:
    return next(_values(marks, "project"), None)


def _labels(marks: Sequence[Phrase]) -> tuple[str, ...]:
    """Return every label once, spelled as it was first written."""
    names: dict[str, str] = {}
    for name in _values(marks, "label"):
        names.setdefault(name.casefold(), name)
    return tuple(names.values())


def _values(marks: Sequence[Phrase], kind: str) -> Iterator[str]:
    for one in marks:
        if isinstance(one.reading, Mark) and one.reading.kind == kind:
            yield one.reading.value


def _mark_span(words: Sequence[Word], found: Phrase) -> Span:
    word = words[found.first]
    mark = found.reading
    if not isinstance(mark, Mark):
        raise TypeError(mark)
    return Span(word.start, word.stem_end, mark.kind, mark.value)


def _due_span(words: Sequence[Word], found: Phrase, now: Now) -> Span:
    reading = found.reading
    if not isinstance(reading, DueReading):
        raise TypeError(reading)
    start, end = words[found.first].start, words[found.stop - 1].stem_end
    if reading.moment:
        local = reading.moment.astimezone(now.zone)
        return Span(start, end, "date", f"{local:%Y-%m-%dT%H:%M}")
    clock = f"{reading.clock:%H:%M}" if reading.clock else None
    if reading.day:
        return Span(start, end, "date", f"{reading.day}T{clock}" if clock else f"{reading.day}")
    return Span(start, end, "time", clock or "")
