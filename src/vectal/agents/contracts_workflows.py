"""Workflows of one's own that runs may call as tools, as others see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

MAX_WORKFLOW_TOOLS: Final = 50
TOOL_PREFIX: Final = "n8n_"
"""Before the name that an administrator gives; vendors take no dot in names of tools."""


@dataclass(frozen=True, slots=True)
class WorkflowTool:
    id: UUID
    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    webhook_path: str
    is_enabled: bool
    created_at: datetime
    updated_at: datetime

    @property
    def tool_name(self) -> str:
        """What runs call it."""
        return TOOL_PREFIX + self.name


@dataclass(frozen=True, slots=True)
class WorkflowToolDraft:
    """`webhook_url` lies at the n8n that the operator has named; `secret` signs the requests."""

    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    webhook_url: str
    secret: str = field(repr=False)
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class WorkflowToolChange:
    """None leaves as it is."""

    title: str | None = None
    description: str | None = None
    input_schema: dict[str, Any] | None = None
    webhook_url: str | None = None
    secret: str | None = field(default=None, repr=False)
    is_enabled: bool | None = None
