"""Tools of the agents' own: those that need nobody else's data."""

from typing import Any

from vectal.agents.tools.calculator import make_calculator
from vectal.agents.tools.code import make_code_tool
from vectal.ai.contracts import Tool
from vectal.platform.confinement.code import CodeRunner


def make_tools(code: CodeRunner | None = None) -> tuple[Tool[Any], ...]:
    """The tools to register at bootstrap. Without a runner there is none that runs code."""
    return (make_calculator(), *(() if code is None else (make_code_tool(code),)))


__all__ = ["make_tools"]
