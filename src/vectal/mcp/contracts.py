"""What a tool server and its tools are to everybody else, and how much of them is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

MAX_SERVERS: Final = 20
"""Of one workspace."""
MAX_TOOLS: Final = 200
"""Of one server."""
MAX_PAGES: Final = 50
"""Of one list of tools."""
MAX_ANSWER_BYTES: Final = 4 << 20
"""Of one answer of a server, decoded."""
MAX_LIST_BYTES: Final = 4 << 20
"""Of all definitions of one server, as JSON."""
MAX_DEFINITION_BYTES: Final = 64 << 10
MAX_SCHEMA_BYTES: Final = 32 << 10
MAX_DESCRIPTION_CHARS: Final = 8_000
MAX_NAME_CHARS: Final = 128
SLUG_PATTERN: Final = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
"""The name of a server. Without two underscores in a row: those part it from a tool's name."""
MAX_SLUG_CHARS: Final = 24

Transport: TypeAlias = Literal["http", "stdio"]
ToolEffect: TypeAlias = Literal["unsafe", "idempotent", "pure"]
"""What a second call does; `pure` is for tools that only read. Nobody knows: `unsafe`."""
ConsentState: TypeAlias = Literal["none", "given", "changed"]
"""`changed`: given for something else than what the tool says now, so it counts for nothing."""


@dataclass(frozen=True, slots=True)
class ServerTest:
    """What came of the newest look at a server."""

    ok: bool
    detail: str
    latency_ms: int = 0
    server: str = ""
    """What it calls itself, with its version."""
    protocol: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToolServer:
    """A server as it may be shown: of its credential only a hint.

    One of the operator's has no address, and its `version` never changes.
    """

    id: UUID
    name: str
    transport: Transport
    url: str
    header: str
    secret_hint: str
    enabled: bool
    tools: int
    last_test: ServerTest | None
    version: int
    created_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """What a tool says of itself. None of it is true because it says so.

    `sha256` is of all that is here; consent is for exactly that. `fault` says why the tool can't
    be used.
    """

    name: str
    title: str
    description: str = field(repr=False)
    schema: Mapping[str, Any] = field(repr=False)
    annotations: Mapping[str, Any] = field(repr=False)
    sha256: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool as it was last listed, and how the one who asks stands to it."""

    id: UUID
    server_id: UUID
    definition: ToolDefinition
    offered_as: str
    """The name that models call it by."""
    effect: ToolEffect
    changed_at: datetime
    consent: ConsentState
    consented_at: datetime | None
