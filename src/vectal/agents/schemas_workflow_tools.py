"""Wire shapes of workflows that runs may call as tools."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from pydantic import AfterValidator, Field, SecretStr

from vectal.agents.contracts_workflows import WorkflowTool, WorkflowToolChange, WorkflowToolDraft
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Text

_SCHEMA_BYTES = 16_384


def _bounded(schema: dict[str, Any]) -> dict[str, Any]:
    if len(msgspec.json.encode(schema)) > _SCHEMA_BYTES:
        raise ValueError(f"may have at most {_SCHEMA_BYTES} bytes")
    return schema


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["order_lunch"])]
Title = Annotated[Text, Field(min_length=1, max_length=100)]
Description = Annotated[
    Text, Field(min_length=1, max_length=2_000, description="What models are told of it")
]
InputSchema = Annotated[
    dict[str, Any],
    AfterValidator(_bounded),
    Field(description="JSON schema of the arguments, an object", examples=[{"type": "object"}]),
]
WebhookUrl = Annotated[
    str, Field(max_length=600, description="A webhook of the n8n that the operator has named")
]
Secret = Annotated[
    SecretStr,
    Field(
        min_length=16,
        max_length=200,
        description="The passphrase of the webhook's JWT authentication (HS256); never shown",
    ),
]


class NewWorkflowToolShape(Schema):
    name: Name
    title: Title
    description: Description
    input_schema: InputSchema
    webhook_url: WebhookUrl
    secret: Secret
    is_enabled: Flag = True

    def draft(self) -> WorkflowToolDraft:
        return WorkflowToolDraft(
            self.name,
            self.title,
            self.description,
            self.input_schema,
            self.webhook_url,
            self.secret.get_secret_value(),
            self.is_enabled,
        )


class WorkflowToolPatch(Schema):
    """Null leaves as it is."""

    title: Title | None = None
    description: Description | None = None
    input_schema: InputSchema | None = None
    webhook_url: WebhookUrl | None = None
    secret: Secret | None = None
    is_enabled: Flag | None = None

    def change(self) -> WorkflowToolChange:
        return WorkflowToolChange(
            self.title,
            self.description,
            self.input_schema,
            self.webhook_url,
            None if self.secret is None else self.secret.get_secret_value(),
            self.is_enabled,
        )


class WorkflowToolShape(Schema):
    id: UUID
    name: str
    tool_name: Annotated[str, Field(description="What runs call it, and approval rules")]
    title: str
    description: str
    input_schema: dict[str, Any]
    webhook_path: Annotated[str, Field(description="Below /webhook/ at n8n")]
    is_enabled: Flag
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, tool: WorkflowTool) -> Self:
        return cls(
            id=tool.id,
            name=tool.name,
            tool_name=tool.tool_name,
            title=tool.title,
            description=tool.description,
            input_schema=tool.input_schema,
            webhook_path=tool.webhook_path,
            is_enabled=tool.is_enabled,
            created_at=tool.created_at,
            updated_at=tool.updated_at,
        )


class WorkflowToolsShape(Schema):
    """All of them, by name; there are at most fifty."""

    items: list[WorkflowToolShape]
    webhook_base: Annotated[
        str | None,
        Field(
            description="What addresses of webhooks begin with; null where n8n is not set up,"
            " and then runs are offered none of these",
            examples=["http://n8n:5678/webhook/"],
        ),
    ]
