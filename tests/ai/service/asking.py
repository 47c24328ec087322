"""Asking the service, and reading what it streams."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from tests.ai.conftest import Stage

from vectal.ai.contracts import (
    AUTO,
    RespondRequest,
    ResponseEvent,
    SystemContext,
    TextDelta,
    user_message,
)
from vectal.ai.ports import ProviderKind
from vectal.ai.service.providers import ProviderDraft
from vectal.ai.tables import UsageRow
from vectal.auth.principal import Principal
from vectal.platform.db import Database

T = TypeVar("T")
SYSTEM = SystemContext("Ada", "Home", "UTC", datetime(2026, 11, 23, 9, tzinfo=UTC))


def ask(text: str = "Hello", **changes: Any) -> RespondRequest:
    fields: dict[str, Any] = {
        "choice": AUTO,
        "mode": "act",
        "system": SYSTEM,
        "history": (user_message(text),),
        "deadline_s": 20.0,
    }
    return RespondRequest(**{**fields, **changes})


async def collect(events: AsyncGenerator[ResponseEvent]) -> list[ResponseEvent]:
    return [event async for event in events]


def only(events: list[ResponseEvent], kind: type[T]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


def text_of(events: list[ResponseEvent]) -> str:
    return "".join(event.text for event in only(events, TextDelta))


async def add(stage: Stage, principal: Principal, kind: ProviderKind) -> None:
    url = "https://inside.test/v1" if kind == "openai_compatible" else None
    draft = ProviderDraft(kind, f"My {kind}", url, "sk-test-0123456789abcd")
    await stage.ai.providers.create(principal, draft)


async def rows_of(db: Database, principal: Principal) -> list[UsageRow]:
    async with db.read(principal) as session:
        return list(await session.scalars(select(UsageRow).order_by(UsageRow.id)))
