"""Use cases of people and workspaces.

`AccountService` bundles them. Methods that take a session are steps of a larger use case of
`auth` (a sign-up writes person, membership and session at once); the others open their own.
"""

from dataclasses import dataclass
from typing import Self

from vectal.accounts.contracts import SignupMode
from vectal.accounts.service.instance import InstanceService
from vectal.accounts.service.invitations import CURSOR as INVITATIONS_CURSOR
from vectal.accounts.service.invitations import InvitationService
from vectal.accounts.service.members import CURSOR as MEMBERS_CURSOR
from vectal.accounts.service.members import MemberService
from vectal.accounts.service.people import PeopleService
from vectal.accounts.service.workspaces import CURSOR as WORKSPACES_CURSOR
from vectal.accounts.service.workspaces import WorkspaceService
from vectal.accounts.values import is_timezone, normalize_email
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.db import Database

__all__ = [
    "INVITATIONS_CURSOR",
    "MEMBERS_CURSOR",
    "WORKSPACES_CURSOR",
    "AccountService",
    "InstanceService",
    "InvitationService",
    "MemberService",
    "PeopleService",
    "WorkspaceService",
    "is_timezone",
    "normalize_email",
]


@dataclass(frozen=True, slots=True)
class AccountService:
    """Everything this module does, by noun."""

    people: PeopleService
    workspaces: WorkspaceService
    members: MemberService
    invitations: InvitationService
    instance: InstanceService

    @classmethod
    def build(
        cls, database: Database, *, signup: SignupMode = "invitation", clock: Clock | None = None
    ) -> Self:
        clock = clock or SystemClock()
        return cls(
            people=PeopleService(database, clock),
            workspaces=WorkspaceService(database, clock),
            members=MemberService(database),
            invitations=InvitationService(database, clock),
            instance=InstanceService(database, signup),
        )
