"""Members of a workspace: their roles, and their leaving."""

from collections.abc import Collection, Mapping
from uuid import UUID

from vectal.accounts import policy
from vectal.accounts.contracts import Actor, Member, Role
from vectal.accounts.errors import LastOwnerError, MemberNotFoundError, RoleNotGrantableError
from vectal.accounts.repository import members, workspaces
from vectal.platform.db import Database, DataScope, ReadSession
from vectal.platform.db.paging import Slice, encode_cursor

CURSOR = "members"


class MemberService:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_members(
        self, actor: Actor, *, after: UUID | None = None, limit: int = 50
    ) -> Slice[Member]:
        async with self._database.read(actor) as session:
            found = await members.list_members(session, actor.workspace_id, after, limit + 1)
        page = found[:limit]
        more = len(found) > limit
        return Slice(page, encode_cursor(CURSOR, [str(page[-1].user_id)]) if more else None)

    async def find_names(self, scope: DataScope, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Display names of those ids that are members; the others are left out."""
        if not user_ids:
            return {}
        async with self._database.read(scope) as session:
            return await members.find_names(session, scope.workspace_id, user_ids)

    async def change_role(self, actor: Actor, user_id: UUID, role: Role) -> Member:
        async with self._database.transaction(actor) as session:
            # One change at a time: two owners who step down at once must not both succeed.
            await workspaces.lock_workspace(session, actor.workspace_id)
            member = await self._get(session, actor, user_id)
            if not policy.can_change_role(actor, member, role):
                raise RoleNotGrantableError
            if member.role is Role.OWNER and role is not Role.OWNER:
                await self._keep_an_owner(session, actor)
            await members.update_role(session, actor.workspace_id, user_id, role)
            return await self._get(session, actor, user_id)

    async def remove(self, actor: Actor, user_id: UUID) -> None:
        """Take someone out of the workspace; her keys for it stop working at once."""
        async with self._database.transaction(actor) as session:
            await workspaces.lock_workspace(session, actor.workspace_id)
            member = await self._get(session, actor, user_id)
            if not policy.can_remove(actor, member):
                raise RoleNotGrantableError
            if member.role is Role.OWNER:
                await self._keep_an_owner(session, actor)
            await members.delete_member(session, actor.workspace_id, user_id)

    async def _get(self, session: ReadSession, actor: Actor, user_id: UUID) -> Member:
        member = await members.find_member(session, actor.workspace_id, user_id)
        if member is None:
            raise MemberNotFoundError
        return member

    async def _keep_an_owner(self, session: ReadSession, actor: Actor) -> None:
        if await members.count_members(session, actor.workspace_id, Role.OWNER) <= 1:
            raise LastOwnerError
