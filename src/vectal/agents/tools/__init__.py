"""Tools of the agents' own: those that need nobody else's data."""

from typing import Any

from vectal.agents.tools.calculator import make_calculator
from vectal.ai.contracts import Tool


def make_tools() -> tuple[Tool[Any], ...]:
    """The tools to register at bootstrap."""
    return (make_calculator(),)


__all__ = ["make_tools"]
