"""Whose rights a research acts with, kept in its row for the process that works on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from vectal.auth.principal import Principal, Role, Scope
from vectal.platform.db import DataScope


class Asked(msgspec.Struct, frozen=True):
    """A snapshot: before a process acts with it, it asks whether the credential still holds."""

    role: Role
    scopes: tuple[Scope, ...]
    is_admin: bool
    session_id: UUID | None
    api_key_id: UUID | None
    timezone: str
    maker_key_ids: tuple[UUID, ...] = ()

    @classmethod
    def by(cls, principal: Principal) -> Asked:
        return cls(
            role=principal.role,
            scopes=tuple(sorted(principal.scopes)),
            is_admin=principal.is_admin,
            session_id=principal.session_id,
            api_key_id=principal.api_key_id,
            timezone=principal.timezone,
            maker_key_ids=principal.maker_key_ids,
        )

    def as_json(self) -> dict[str, Any]:
        return msgspec.to_builtins(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Asked:
        return msgspec.convert(stored, cls)

    def principal(self, scope: DataScope) -> Principal:
        return Principal(
            user_id=scope.user_id,
            workspace_id=scope.workspace_id,
            role=self.role,
            scopes=frozenset(self.scopes),
            is_admin=self.is_admin,
            session_id=self.session_id,
            api_key_id=self.api_key_id,
            maker_key_ids=self.maker_key_ids,
            timezone=self.timezone,
        )
