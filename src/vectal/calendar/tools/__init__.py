"""What a model may do with the calendar: look at it, and propose changes that a person decides on.

Each tool works with the caller's own rights. An event that was imported, or that somebody else
shows, holds words of strangers: only `read_event` gives them out, marked so. The others say when
such an event is, and no word of it.
"""

from typing import Any

from vectal.ai.contracts import Tool
from vectal.calendar.service import CalendarServices
from vectal.calendar.tools.changing import make_changing_tools
from vectal.calendar.tools.reading import make_reading_tools


def make_tools(services: CalendarServices) -> tuple[Tool[Any], ...]:
    """The tools to register at bootstrap."""
    return (*make_reading_tools(services), *make_changing_tools(services))


__all__ = ["make_tools"]
