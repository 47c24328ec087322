"""What a turn needs to know besides its messages, kept in its row for another process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from vectal.auth.principal import Principal, Role, Scope
from vectal.chat.contracts import Focus


class Asked(msgspec.Struct, frozen=True):
    """Whose rights the turn acts with, and where the person was looking.

    The rights are a snapshot: before another process acts with them it asks whether the
    credential still holds.
    """

    role: Role
    scopes: tuple[Scope, ...]
    is_admin: bool
    session_id: UUID | None
    api_key_id: UUID | None
    timezone: str
    project_id: UUID | None = None
    task_id: UUID | None = None
    maker_key_ids: tuple[UUID, ...] = ()

    @classmethod
    def by(cls, principal: Principal, timezone: str | None, focus: Focus) -> Asked:
        return cls(
            role=principal.role,
            scopes=tuple(sorted(principal.scopes)),
            is_admin=principal.is_admin,
            session_id=principal.session_id,
            api_key_id=principal.api_key_id,
            timezone=timezone or principal.timezone,
            project_id=focus.project_id,
            task_id=focus.task_id,
            maker_key_ids=principal.maker_key_ids,
        )

    def as_json(self) -> dict[str, Any]:
        return msgspec.to_builtins(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Asked:
        return msgspec.convert(stored, cls)

    @property
    def focus(self) -> Focus:
        return Focus(self.project_id, self.task_id)

    def principal(self, user_id: UUID, workspace_id: UUID) -> Principal:
        return Principal(
            user_id=user_id,
            workspace_id=workspace_id,
            role=self.role,
            scopes=frozenset(self.scopes),
            is_admin=self.is_admin,
            session_id=self.session_id,
            api_key_id=self.api_key_id,
            maker_key_ids=self.maker_key_ids,
            timezone=self.timezone,
        )


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An Idempotency-Key and a digest of what was asked with it."""

    key: str
    digest: bytes
