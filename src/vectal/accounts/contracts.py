"""What other modules see of people and workspaces."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

SignupMode = Literal["invitation", "open"]


class Role(StrEnum):
    """A member's group of rights; each includes those below it."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"

    @property
    def rank(self) -> int:
        return _RANKS[self]

    def includes(self, other: "Role") -> bool:
        return self.rank >= other.rank


_RANKS = {Role.VIEWER: 1, Role.MEMBER: 2, Role.ADMIN: 3, Role.OWNER: 4}


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    email: str
    display_name: str
    is_admin: bool
    timezone: str
    locale: str
    default_workspace_id: UUID | None
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace as one member sees it: with that member's role."""

    id: UUID
    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    user_id: UUID
    email: str
    display_name: str
    role: Role
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    id: UUID
    workspace_id: UUID
    email: str
    role: Role
    invited_by: UUID
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """What the bearer of an invitation link may see before signing up."""

    workspace_name: str
    email: str
    role: Role
    expires_at: datetime
