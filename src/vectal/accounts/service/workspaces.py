"""Workspaces: a person's own list, making and naming them."""

from uuid import UUID

from vectal.accounts.contracts import Actor, Role, Workspace
from vectal.accounts.errors import TooManyWorkspacesError, WorkspaceNotFoundError
from vectal.accounts.repository import members, people, workspaces
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, ReadSession
from vectal.platform.db.paging import Slice, encode_cursor
from vectal.platform.errors import IdempotencyMismatchError
from vectal.platform.ids import new_id

MAX_WORKSPACES = 100
CURSOR = "workspaces"


class WorkspaceService:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def list_workspaces(
        self, scope: DataScope, *, after: UUID | None = None, limit: int = 50
    ) -> Slice[Workspace]:
        """The caller's workspaces, oldest first."""
        async with self._database.read(scope) as session:
            found = await workspaces.list_workspaces(session, scope.user_id, after, limit + 1)
        page = found[:limit]
        more = len(found) > limit
        return Slice(page, encode_cursor(CURSOR, [str(page[-1].id)]) if more else None)

    async def list_all(self, session: ReadSession, user_id: UUID) -> list[Workspace]:
        """As many as one person may have; a step of a sign-in."""
        return await workspaces.list_workspaces(session, user_id, None, MAX_WORKSPACES)

    async def get(self, actor: Actor) -> Workspace:
        async with self._database.read(actor) as session:
            found = await workspaces.find_workspace(session, actor.user_id, actor.workspace_id)
        if found is None:
            raise WorkspaceNotFoundError
        return found

    async def create(
        self, scope: DataScope, name: str, *, workspace_id: UUID | None = None
    ) -> Workspace:
        """A new workspace with the caller as its owner.

        A caller that repeats a request brings the id of the first time, and gets that workspace.
        """
        workspace_id, now = workspace_id or new_id(), self._clock.now()
        async with self._database.system("accounts.create_workspace") as session:
            await people.lock_user(session, scope.user_id)
            made = await workspaces.find_workspace(session, scope.user_id, workspace_id)
            if made is not None:
                if made.name != name:
                    raise IdempotencyMismatchError
                return made
            if await workspaces.count_workspaces(session, scope.user_id) >= MAX_WORKSPACES:
                raise TooManyWorkspacesError
            await workspaces.insert_workspace(session, workspace_id, name, now)
            await members.insert_member(session, workspace_id, scope.user_id, Role.OWNER, now)
        return Workspace(workspace_id, name, Role.OWNER, now)

    async def rename(self, actor: Actor, name: str) -> Workspace:
        async with self._database.transaction(actor) as session:
            await workspaces.rename_workspace(session, actor.workspace_id, name)
        return await self.get(actor)
