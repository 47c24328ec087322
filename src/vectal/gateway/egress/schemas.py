"""Shapes of what has left the process."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from vectal.platform.http.sums import EgressSum
from vectal.platform.http.tables import EgressEntry
from vectal.platform.web import Schema
from vectal.platform.web.schema import Moment


class EgressShape(Schema):
    """One outgoing request: to whom and how much, never what."""

    id: UUID
    at: Annotated[
        Moment, Field(description="When it ended; of one that is open, when that was written down")
    ]
    user_id: Annotated[UUID | None, Field(description="Null for work that nobody asked for")]
    purpose: Annotated[str, Field(examples=["model call"])]
    method: Annotated[str, Field(examples=["POST"])]
    host: Annotated[
        str,
        Field(
            description="With its port where that is not the usual one of http or https",
            examples=["api.anthropic.com", "ollama.lan:11434"],
        ),
    ]
    status: Annotated[int | None, Field(description="Of the answer; null when there was none")]
    outcome: Annotated[str, Field(examples=["ok", "refused", "timeout: connect", "open", "lost"])]
    policy: Annotated[
        str,
        Field(
            description="What let it out, or refused it",
            examples=["public", "opened by operator", "refused: private"],
        ),
    ]
    bytes_out: Annotated[int, Field(description="Of the body that was sent")]
    bytes_in: Annotated[int, Field(description="Of the body that came back, as far as it was read")]
    duration_ms: int

    @classmethod
    def of(cls, entry: EgressEntry) -> Self:
        told: dict[str, Any] = {name: getattr(entry, name) for name in cls.model_fields}
        told["outcome"] = entry.ending
        return cls(**told)


class EgressSumShape(Schema):
    """Requests to one host on one day."""

    day: date
    host: str
    requests: int
    failed: Annotated[int, Field(description="Were let out and did not end well")]
    refused: Annotated[int, Field(description="Were not let out")]
    bytes_out: int
    bytes_in: int

    @classmethod
    def of(cls, one: EgressSum) -> Self:
        return cls(
            day=one.day,
            host=one.host,
            requests=one.requests,
            failed=one.failed,
            refused=one.refused,
            bytes_out=one.bytes_out,
            bytes_in=one.bytes_in,
        )
