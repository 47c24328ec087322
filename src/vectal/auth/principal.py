"""The principal: who a request speaks for, in which workspace, with which rights."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from vectal.accounts.contracts import Role

__all__ = ["ALL_SCOPES", "Principal", "Role", "Scope", "expand_scopes"]


class Scope(StrEnum):
    """What an API key may be limited to. A session has all of them."""

    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    CALENDAR_READ = "calendar:read"
    CALENDAR_WRITE = "calendar:write"
    CHAT_READ = "chat:read"
    CHAT_WRITE = "chat:write"
    FILES_READ = "files:read"
    FILES_WRITE = "files:write"
    AGENTS_READ = "agents:read"
    AGENTS_WRITE = "agents:write"
    AI_USE = "ai:use"
    AI_MANAGE = "ai:manage"
    WORKSPACE_READ = "workspace:read"
    WORKSPACE_MANAGE = "workspace:manage"
    ACCOUNT_READ = "account:read"
    ACCOUNT_MANAGE = "account:manage"
    ALL = "*"


ALL_SCOPES: frozenset[Scope] = frozenset(Scope)


def expand_scopes(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """`*` stands for every scope, also for one that a later release adds."""
    given = frozenset(scopes)
    return ALL_SCOPES if Scope.ALL in given else given


@dataclass(frozen=True, slots=True)
class Principal:
    """Resolved anew for each request; satisfies `platform.db.DataScope`."""

    user_id: UUID
    workspace_id: UUID
    role: Role
    scopes: frozenset[Scope] = ALL_SCOPES
    is_admin: bool = False
    session_id: UUID | None = None
    api_key_id: UUID | None = None
    maker_key_ids: tuple[UUID, ...] = ()
    """The keys that this key was made with; what binds them binds it, too."""
    timezone: str = "UTC"
    grant_id: UUID | None = None
    """The OAuth grant of the program that acts for the person."""
