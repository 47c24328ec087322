"""What a batch is to those who ask for it, and what a line is to those who send it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Raw

from vectal.auth.principal import Principal, Role, Scope

BatchWire: TypeAlias = Literal["openai", "anthropic"]
BatchStatus: TypeAlias = Literal[
    "validating",
    "in_progress",
    "cancelling",
    "finalizing",
    "completed",
    "failed",
    "expired",
    "cancelled",
]
LineState: TypeAlias = Literal[
    "waiting", "running", "sent", "done", "failed", "cancelled", "expired"
]
"""`sent` lines are part of a vendor's job."""
Unanswered: TypeAlias = Literal["cancelled", "expired"]
"""What a line comes to that was not answered before its batch had to end."""
BatchRoute: TypeAlias = Literal["queue", "vendor"]
FilePurpose: TypeAlias = Literal["batch", "batch_output"]

WINDOW: Final = timedelta(hours=24)
MAX_LINES: Final = 50_000
MAX_LINE_BYTES: Final = 8 << 20
OPENAI_ENDPOINTS: Final = ("/v1/chat/completions", "/v1/responses", "/v1/embeddings")
MESSAGES: Final = "/v1/messages"
ENDED: Final[frozenset[BatchStatus]] = frozenset(("completed", "failed", "expired", "cancelled"))


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file of lines, without them. `size` is in bytes."""

    id: UUID
    purpose: FilePurpose
    name: str
    size: int
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LineCounts:
    """Of lines; what is in none of the others is still to come."""

    total: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    expired: int = 0
    repeated: int = 0
    """Sent again, since the runner vanished while they were under way."""

    @property
    def open(self) -> int:
        return self.total - self.completed - self.failed - self.cancelled - self.expired


@dataclass(frozen=True, slots=True)
class Batch:
    id: UUID
    user_id: UUID
    wire: BatchWire
    endpoint: str
    status: BatchStatus
    counts: LineCounts
    input_file_id: UUID | None
    output_file_id: UUID | None
    error_file_id: UUID | None
    metadata: dict[str, str]
    errors: list[dict[str, Any]]
    created_at: datetime
    expires_at: datetime
    started_at: datetime | None = None
    finalizing_at: datetime | None = None
    cancelling_at: datetime | None = None
    ended_at: datetime | None = None
    route: BatchRoute | None = None
    """Whether its lines are sent one by one, or as jobs of a vendor; None until it is decided."""

    @property
    def is_over(self) -> bool:
        return self.status in ENDED


@dataclass(frozen=True, slots=True)
class BatchDraft:
    """What a client asked for: a file of lines for one endpoint."""

    endpoint: str
    input_file_id: UUID
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    keep_s: int | None = None
    """How long what comes of it is kept, in seconds; None is as long as other files."""


@dataclass(frozen=True, slots=True)
class Line:
    """A request of a batch, in its place; `body` is what the endpoint takes."""

    number: int
    custom_id: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no request."""

    number: int
    custom_id: str | None
    code: str
    message: str


class LineResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a line ended: an answer (`status`, `body`), or why there is none (`code`, `message`)."""

    status: int = 0
    body: Raw = Raw(b"null")
    request_id: str = ""
    code: str = ""
    message: str = ""


class Asked(msgspec.Struct, frozen=True):
    """Whose rights a batch acts with: a snapshot, that is asked about before it is used.

    And for how many seconds its results are to be kept.
    """

    role: Role
    scopes: tuple[Scope, ...]
    session_id: UUID | None = None
    api_key_id: UUID | None = None
    maker_key_ids: tuple[UUID, ...] = ()
    project_id: UUID | None = None
    run_id: UUID | None = None
    keep_s: int | None = None

    @classmethod
    def by(
        cls,
        principal: Principal,
        project_id: UUID | None,
        run_id: UUID | None,
        keep_s: int | None = None,
    ) -> Asked:
        return cls(
            role=principal.role,
            scopes=tuple(sorted(principal.scopes)),
            session_id=principal.session_id,
            api_key_id=principal.api_key_id,
            maker_key_ids=principal.maker_key_ids,
            project_id=project_id,
            run_id=run_id,
            keep_s=keep_s,
        )

    def principal(self, workspace_id: UUID, user_id: UUID) -> Principal:
        return Principal(
            user_id=user_id,
            workspace_id=workspace_id,
            role=self.role,
            scopes=frozenset(self.scopes),
            session_id=self.session_id,
            api_key_id=self.api_key_id,
            maker_key_ids=self.maker_key_ids,
        )
