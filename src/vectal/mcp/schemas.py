"""Wire shapes of tool servers, their tools, and consents. A credential goes in, and never out."""

from __future__ import annotations

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from vectal.mcp import contracts
from vectal.mcp.contracts import (
    MAX_SLUG_CHARS,
    SLUG_PATTERN,
    ConsentState,
    ToolEffect,
    Transport,
)
from vectal.mcp.service.servers import ServerChange, ServerDraft
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment

_MAX_SECRET = 2_000


def _is_sendable(value: SecretStr) -> SecretStr:
    """Nothing that a header can't carry: a line break at the end of a pasted token."""
    text = value.get_secret_value()
    if not (text.isascii() and text.isprintable()) or text != text.strip():
        message = "must be plain characters without spaces around them"
        raise ValueError(message)
    return value


ServerName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_SLUG_CHARS, pattern=SLUG_PATTERN),
    Field(
        description="Small letters, digits and single underscores; runs see its tools under it",
        examples=["tracker"],
    ),
]
ServerUrl = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="Of its streamable HTTP. Addresses inside need VECTAL_EGRESS_ALLOW",
        examples=["https://mcp.example.org/mcp"],
    ),
]
HeaderName = Annotated[
    str,
    Field(
        max_length=100,
        description="The header that holds the secret; empty: `Authorization: Bearer …`",
        examples=["x-api-key"],
    ),
]
Secret = Annotated[
    SecretStr,
    AfterValidator(_is_sendable),
    Field(max_length=_MAX_SECRET, description="Stored encrypted, never shown again"),
]
Sha256 = Annotated[
    str,
    StringConstraints(pattern="^[0-9a-f]{64}$"),
    Field(
        description="The tool's `sha256`, as it was shown: it is meant for exactly that",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ),
]


class ToolServerInput(Schema):
    """A server to register."""

    name: ServerName
    url: ServerUrl
    header: HeaderName = ""
    secret: Secret | None = None
    enabled: Flag = True

    def draft(self) -> ServerDraft:
        secret = self.secret.get_secret_value() if self.secret else ""
        return ServerDraft(self.name, self.url, self.header, secret, self.enabled)


class ToolServerPatch(Schema):
    """What is left out stays as it is."""

    name: ServerName | None = None
    url: ServerUrl | None = None
    header: HeaderName | None = None
    secret: Annotated[Secret | None, Field(description="Empty takes the credential away")] = None
    enabled: Flag | None = None
    version: Annotated[
        int | None,
        Field(strict=True, ge=1, le=2**31 - 1, description="The version that was changed"),
    ] = None

    def change(self) -> ServerChange:
        secret = None if self.secret is None else self.secret.get_secret_value()
        return ServerChange(self.name, self.url, self.header, secret, self.enabled)


class ServerTest(Schema):
    """What came of looking at a server."""

    __test__ = False  # no test of pytest's

    ok: Flag
    detail: str
    latency_ms: int
    server: Annotated[str, Field(description="What it calls itself")]
    protocol: Annotated[str, Field(examples=["2025-11-25"])]
    at: Moment | None

    @classmethod
    def of(cls, test: contracts.ServerTest) -> Self:
        return cls(
            ok=test.ok,
            detail=test.detail,
            latency_ms=test.latency_ms,
            server=test.server,
            protocol=test.protocol,
            at=test.at,
        )


class ToolServer(Schema):
    """A server whose tools runs may use; of its credential only a hint."""

    id: UUID
    name: str
    transport: Annotated[
        Transport, Field(description="`stdio`: a program that the operator has named")
    ]
    url: str
    header: str
    has_secret: Flag
    secret_hint: Annotated[str, Field(examples=["…3f9a"])]
    enabled: Flag
    tools: Annotated[int, Field(description="How many tools it listed last")]
    last_test: ServerTest | None
    version: int
    created_at: Moment | None
    updated_at: Moment | None

    @classmethod
    def of(cls, server: contracts.ToolServer) -> Self:
        return cls(
            id=server.id,
            name=server.name,
            transport=server.transport,
            url=server.url,
            header=server.header,
            has_secret=bool(server.secret_hint),
            secret_hint=server.secret_hint,
            enabled=server.enabled,
            tools=server.tools,
            last_test=None if server.last_test is None else ServerTest.of(server.last_test),
            version=server.version,
            created_at=server.created_at,
            updated_at=server.updated_at,
        )


class ServerTool(Schema):
    """What a tool says of itself, what an administrator says of it, and your consent."""

    id: UUID
    server_id: UUID
    name: str
    title: str
    description: Annotated[str, Field(description="Hidden characters are named in it")]
    input_schema: Annotated[dict[str, Any], Field(description="The JSON schema of its arguments")]
    annotations: Annotated[
        dict[str, bool], Field(description="Hints of the server's; nothing is decided by them")
    ]
    sha256: str
    fault: Annotated[str, Field(description="Why it can't be used; empty when it can")]
    offered_as: Annotated[
        str, Field(description="What runs call it", examples=["mcp__tracker__find_issue"])
    ]
    effect: Annotated[
        ToolEffect,
        Field(
            description="What a second call does. `unsafe` until an administrator says otherwise,"
            " and again when the tool changes"
        ),
    ]
    changed_at: Moment
    consent: Annotated[
        ConsentState,
        Field(description="`changed`: you consented to what it said before, which counts no more"),
    ]
    consented_at: Moment | None

    @classmethod
    def of(cls, tool: contracts.ServerTool) -> Self:
        definition = tool.definition
        return cls(
            id=tool.id,
            server_id=tool.server_id,
            name=definition.name,
            title=definition.title,
            description=definition.description,
            input_schema=dict(definition.schema),
            annotations=dict(definition.annotations),
            sha256=definition.sha256,
            fault=definition.fault,
            offered_as=tool.offered_as,
            effect=tool.effect,
            changed_at=tool.changed_at,
            consent=tool.consent,
            consented_at=tool.consented_at,
        )


class ConsentInput(Schema):
    sha256: Sha256


class ToolEffectInput(Schema):
    sha256: Sha256
    effect: ToolEffect
