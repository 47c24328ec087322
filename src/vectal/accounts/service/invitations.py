"""Invitations: a link that lets one e-mail address join one workspace, once."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from vectal.accounts import policy
from vectal.accounts.contracts import Actor, Invitation, OpenInvitation, Role, User, Workspace
from vectal.accounts.errors import (
    AlreadyMemberError,
    InvitationForSomeoneElseError,
    InvitationNotFoundError,
    RoleNotGrantableError,
    TooManyInvitationsError,
    TooManyMembersError,
    TooManyWorkspacesError,
    UserNotFoundError,
    WorkspaceNotFoundError,
)
from vectal.accounts.repository import invitations, members, people, workspaces
from vectal.accounts.service.workspaces import MAX_WORKSPACES
from vectal.accounts.values import normalize_email
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, WriteSession
from vectal.platform.db.paging import Slice, encode_cursor
from vectal.platform.errors import IdempotencyMismatchError
from vectal.platform.ids import new_id

CURSOR = "invitations"
LIFETIME = timedelta(days=7)
MAX_OPEN = 200
MAX_MEMBERS = 1000
_TOKEN_BYTES = 24


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class InvitationService:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(
        self, actor: Actor, email: str, role: Role, *, token: str | None = None
    ) -> tuple[Invitation, str]:
        """The invitation and its token, which is shown this once.

        It takes the place of an older open one for the same address. A caller that repeats a
        request brings the `token` of the first time, and gets that invitation.
        """
        if not policy.can_grant(actor, role):
            raise RoleNotGrantableError
        now, token = self._clock.now(), token or secrets.token_urlsafe(_TOKEN_BYTES)
        invitation = Invitation(
            id=new_id(),
            workspace_id=actor.workspace_id,
            email=normalize_email(email),
            role=role,
            invited_by=actor.user_id,
            created_at=now,
            expires_at=now + LIFETIME,
        )
        async with self._database.transaction(actor) as session:
            await workspaces.lock_workspace(session, actor.workspace_id)
            made = await invitations.find_by_token(session, actor.workspace_id, _hash(token))
            if made is not None:
                return _again(made, invitation), token
            user = await people.find_user_by_email(session, invitation.email)
            # Only colleagues are visible here, so this tells nothing about strangers.
            if user and await members.find_member(session, actor.workspace_id, user.id):
                raise AlreadyMemberError
            await invitations.revoke_invitations_for(
                session, actor.workspace_id, invitation.email, now
            )
            count = await invitations.count_open_invitations(session, actor.workspace_id, now)
            if count >= MAX_OPEN:
                raise TooManyInvitationsError
            await invitations.insert_invitation(session, invitation, _hash(token))
        return invitation, token

    async def list_invitations(
        self, actor: Actor, *, after: UUID | None = None, limit: int = 50
    ) -> Slice[Invitation]:
        """The open ones, oldest first."""
        async with self._database.read(actor) as session:
            found = await invitations.list_open_invitations(
                session, actor.workspace_id, self._clock.now(), after, limit + 1
            )
        page = found[:limit]
        more = len(found) > limit
        return Slice(page, encode_cursor(CURSOR, [str(page[-1].id)]) if more else None)

    async def revoke(self, actor: Actor, invitation_id: UUID) -> None:
        async with self._database.transaction(actor) as session:
            if not await invitations.revoke_invitation(
                session, actor.workspace_id, invitation_id, self._clock.now()
            ):
                raise InvitationNotFoundError

    async def show(self, token: str) -> OpenInvitation:
        """What the bearer of the link may see."""
        async with self._database.system("accounts.show_invitation") as session:
            found = await invitations.find_open_invitation(session, _hash(token), self._clock.now())
            if found is None:
                raise InvitationNotFoundError
            name = await workspaces.find_workspace_name(session, found.workspace_id)
        return OpenInvitation(name or "", found.email, found.role, found.expires_at)

    async def accept(self, scope: DataScope, token: str) -> Workspace:
        """Join as someone who has an account already."""
        async with self._database.system("accounts.accept_invitation") as session:
            await people.lock_user(session, scope.user_id)
            user = await people.find_user(session, scope.user_id)
            if user is None:
                raise UserNotFoundError
            taken = await invitations.find_accepted(session, _hash(token), user.email)
            # Asked again after it was done: the answer is the same.
            workspace_id = taken or await self.take(session, user, token)
            joined = await workspaces.find_workspace(session, user.id, workspace_id)
        if joined is None:
            raise WorkspaceNotFoundError
        return joined

    async def take(self, session: WriteSession, user: User, token: str) -> UUID:
        """Use up the invitation for `user`; a step of a sign-up too."""
        now = self._clock.now()
        await people.lock_user(session, user.id)
        invitation = await invitations.take_invitation(session, _hash(token), now)
        if invitation is None:
            raise InvitationNotFoundError
        if invitation.email != user.email:
            raise InvitationForSomeoneElseError
        await workspaces.lock_workspace(session, invitation.workspace_id)
        if await members.count_members(session, invitation.workspace_id) >= MAX_MEMBERS:
            raise TooManyMembersError
        if await workspaces.count_workspaces(session, user.id) >= MAX_WORKSPACES:
            raise TooManyWorkspacesError
        joined = await members.insert_member(
            session, invitation.workspace_id, user.id, invitation.role, now
        )
        if not joined:
            raise AlreadyMemberError
        return invitation.workspace_id


def _again(made: Invitation, wanted: Invitation) -> Invitation:
    if (made.email, made.role) != (wanted.email, wanted.role):
        raise IdempotencyMismatchError
    return made
