"""What a model may do with tasks: look at them, and propose changes that a person decides on.

Each tool works with the caller's own rights and answers in bounded JSON: titles and notes are
values in it, never words of ours. Nothing here writes to a task.
"""

from typing import Any

from vectal.ai.contracts import Tool
from vectal.tasks.service import TaskServices
from vectal.tasks.tools.changing import make_changing_tools
from vectal.tasks.tools.reading import make_reading_tools


def make_tools(services: TaskServices) -> tuple[Tool[Any], ...]:
    """The tools to register at bootstrap."""
    return (*make_reading_tools(services), *make_changing_tools(services))


__all__ = ["make_tools"]
