"""Wire shapes of the calls that an engine makes."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field

from vectal.agents.service.driving import Directive, Next
from vectal.platform.web import Schema

ExecutionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["1205"])]


class EngineCallShape(Schema):
    """What an execution says of itself."""

    execution_id: ExecutionId
    resume_url: Annotated[
        str, Field(max_length=2_000, description="Where it would wait for a person; may be empty")
    ] = ""


class EngineErrorShape(Schema):
    execution_id: ExecutionId


class DirectiveShape(Schema):
    """What the execution does next. It tells nothing of the run."""

    next: Annotated[Next, Field(description="Think or act again, wait to be resumed, or end")]
    pause_s: Annotated[float, Field(description="Seconds to wait before that")]

    @classmethod
    def of(cls, directive: Directive) -> Self:
        return cls(next=directive.next, pause_s=directive.pause_s)
