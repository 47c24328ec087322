"""From a reading back to one line that means the same."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from vectal.tasks.quickadd.calendar import Now, to_moment
from vectal.tasks.quickadd.marks import write_mark
from vectal.tasks.quickadd.parser import QuickAdd
from vectal.tasks.quickadd.phrases import is_readable


def render(reading: QuickAdd, now: datetime, timezone: ZoneInfo) -> str:
    """Return the line that `parse` reads as this, at the same moment and place."""
    clock = Now(now.astimezone(UTC), timezone)
    parts: list[str] = []
    if reading.due_on:
        parts.append(reading.due_on.isoformat())
    if reading.due_at:
        parts.append(_write_moment(reading.due_at, clock))
    if reading.priority:
        parts.append(f"p{reading.priority}")
    if reading.project:
        parts.append(write_mark("+", reading.project))
    parts += [write_mark("#", label) for label in reading.labels]
    return _escape(reading.title, " ".join(parts), clock)


def _escape(title: str, line: str, now: Now) -> str:
    """Put the title before a line, with a backslash before each word that would be read.

    From the last word to the first, since a word is read together with those after it.
    """
    for word in reversed(title.split()):
        line = f"{word} {line}"
        if is_readable(line, now):
            line = f"\\{line}"
    return line.rstrip()


def _write_moment(moment: datetime, now: Now) -> str:
    local = moment.astimezone(now.zone)
    if to_moment(local.date(), local.time(), now) == moment:
        return f"{local:%Y-%m-%d %H:%M}"
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
