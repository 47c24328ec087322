"""Code that a model writes, run where it can reach nothing: a locked child without a network.

What it is given comes from the model, so its output keeps what the run has read: nothing is added
to the run's taint, and nothing is taken off it.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from vectal.ai.contracts import Tool, ToolContext, ToolOutput
from vectal.auth.principal import Scope
from vectal.platform.confinement.code import CodeEnd, CodeResult, CodeRunner, NotLockedError
from vectal.platform.errors import AppError

MAX_CHARS: Final = 50_000
_TIMEOUT_S: Final = 120.0
"""With the wait for a place."""
_ENDS: Final[dict[CodeEnd, str]] = {
    "ok": "ended",
    "failed": "failed",
    "timed_out": "was ended: it took too long",
    "out_of_memory": "was ended: it took too much memory",
    "too_much_output": "was ended: it wrote too much",
    "too_many_files": "was ended: it left too much in its folder",
}


class RunCode(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_CHARS,
            description=(
                "Python. What is printed comes back, and the value of an expression on the last "
                "line. Put all data that it needs into the code."
            ),
        ),
    ]


class CodeUnavailableError(AppError):
    code = "agents.code_unavailable"
    status = 503
    title = "Code can't be run here"


def make_code_tool(runner: CodeRunner) -> Tool[Any]:
    async def run(context: ToolContext, asked: RunCode) -> ToolOutput:
        del context
        try:
            return _output(await runner.run(asked.code))
        except NotLockedError as error:
            raise CodeUnavailableError(f"It can't be locked in: {error}") from error

    return Tool(
        name="run_code",
        title="Run code",
        description=(
            "Run Python with its standard library and numpy, by itself: no network, no files, "
            "nothing kept from call to call, ten seconds. For calculations and for working on "
            "text and tables that you put into the code."
        ),
        input=RunCode,
        scope=Scope.AGENTS_WRITE,
        mode="read",
        effect="pure",
        handler=run,
        timeout_s=_TIMEOUT_S,
    )


def _output(result: CodeResult) -> ToolOutput:
    parts = [f"The code {_ENDS[result.end]}."]
    for name, text in (("stdout", result.stdout), ("stderr", result.stderr)):
        if text:
            parts.append(f"{name}:\n{text}")
    if result.is_cut:
        parts.append("(What it wrote was cut.)")
    return ToolOutput("\n\n".join(parts), f"the code {_ENDS[result.end]}", ok=result.end == "ok")
