"""What other modules see of people and workspaces."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol
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


class Actor(Protocol):
    """Who acts, in which workspace, with which role; a principal satisfies it."""

    @property
    def user_id(self) -> UUID: ...
    @property
    def workspace_id(self) -> UUID: ...
    @property
    def role(self) -> Role: ...


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Someone to be registered; `email` as `normalize_email` made it."""

    email: str
    display_name: str
    password_hash: str
    timezone: str = "UTC"
    locale: str = "en"
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """What a sign-in needs to know of an account; never leaves the server."""

    user: User
    password_hash: str
    session_epoch: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's rights right now: what every request is judged by."""

    user_id: UUID
    is_admin: bool
    disabled: bool
    session_epoch: int
    timezone: str
    default_workspace_id: UUID | None
    roles: Mapping[UUID, Role]

    def role_in(self, workspace_id: UUID) -> Role | None:
        return self.roles.get(workspace_id)

    @property
    def home(self) -> UUID | None:
        """The default workspace, or the oldest she still belongs to."""
        if self.default_workspace_id in self.roles:
            return self.default_workspace_id
        return min(self.roles, default=None)
