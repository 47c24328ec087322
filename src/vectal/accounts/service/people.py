"""People: registering them, their profile, and what they may do right now."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from vectal.accounts.contracts import Login, NewPerson, Role, Standing, User
from vectal.accounts.errors import EmailTakenError, UserNotFoundError, WorkspaceNotFoundError
from vectal.accounts.repository import members, people, workspaces
from vectal.accounts.values import normalize_email
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession
from vectal.platform.ids import new_id

_HOME_NAME = "Personal"


class PeopleService:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # --- steps of a sign-in or sign-up, in the system's transaction ---------------------------

    async def register(self, session: WriteSession, person: NewPerson) -> User:
        """Write an account that belongs nowhere yet; `open_home` or an invitation follows."""
        user_id = new_id()
        if not await people.insert_user(session, user_id, person, self._clock.now()):
            raise EmailTakenError
        return await self._get(session, user_id)

    async def open_home(
        self, session: WriteSession, user_id: UUID, name: str | None = None
    ) -> UUID:
        """Make a workspace of one's own and the default."""
        workspace_id, now = new_id(), self._clock.now()
        await workspaces.insert_workspace(session, workspace_id, name or _HOME_NAME, now)
        await members.insert_member(session, workspace_id, user_id, Role.OWNER, now)
        await self.set_default(session, user_id, workspace_id)
        return workspace_id

    async def set_default(self, session: WriteSession, user_id: UUID, workspace_id: UUID) -> None:
        await people.update_user(session, user_id, {"default_workspace_id": workspace_id})

    async def find_login(
        self, session: ReadSession, *, email: str | None = None, user_id: UUID | None = None
    ) -> Login | None:
        return await people.find_login(session, email=email, user_id=user_id)

    async def set_password_hash(
        self, session: WriteSession, user_id: UUID, password_hash: str
    ) -> None:
        await people.update_user(session, user_id, {"password_hash": password_hash})

    async def end_epoch(self, session: WriteSession, user_id: UUID) -> None:
        await people.end_epoch(session, user_id)

    async def load_standings(
        self, session: ReadSession, user_ids: Collection[UUID]
    ) -> dict[UUID, Standing]:
        return await people.load_standings(session, user_ids)

    async def find_stamp(self, session: ReadSession, user_id: UUID) -> str | None:
        """Another one whenever what `load_standings` tells of the person may be something else."""
        return await people.find_stamp(session, user_id)

    # --- use cases ----------------------------------------------------------------------------

    async def ensure_home(self, user_id: UUID) -> UUID:
        """For someone who was removed everywhere: a workspace of her own, made once."""
        async with self._database.system("accounts.ensure_home") as session:
            if not await people.lock_user(session, user_id):
                raise UserNotFoundError
            standing = (await people.load_standings(session, [user_id]))[user_id]
            return standing.home or await self.open_home(session, user_id)

    async def get(self, scope: DataScope) -> User:
        """The caller's own account; her default workspace is always one she belongs to."""
        async with self._database.read(scope) as session:
            user = await self._get(session, scope.user_id)
            standing = (await people.load_standings(session, [user.id]))[user.id]
        return replace(user, default_workspace_id=standing.home or scope.workspace_id)

    async def find_standing(self, user_id: UUID) -> Standing | None:
        """What a person may do right now, for work that is done while she is not there."""
        async with self._database.system("accounts.find_standing") as session:
            return (await people.load_standings(session, [user_id])).get(user_id)

    async def update(
        self,
        scope: DataScope,
        *,
        display_name: str | None = None,
        timezone: str | None = None,
        locale: str | None = None,
        default_workspace_id: UUID | None = None,
    ) -> User:
        """Change what is given; None leaves it."""
        wanted = {
            "display_name": display_name,
            "timezone": timezone,
            "locale": locale,
            "default_workspace_id": default_workspace_id,
        }
        changes = {name: value for name, value in wanted.items() if value is not None}
        async with self._database.transaction(scope) as session:
            if default_workspace_id is not None and not await workspaces.find_workspace(
                session, scope.user_id, default_workspace_id
            ):
                raise WorkspaceNotFoundError
            if changes:
                await people.update_user(session, scope.user_id, changes)
        return await self.get(scope)

    async def get_by_email(self, email: str) -> User:
        """Any account of the installation; for its operator."""
        async with self._database.system("accounts.get_by_email") as session:
            user = await people.find_user_by_email(session, email)
        if user is None:
            raise UserNotFoundError
        return user

    async def list_users(self, *, after: UUID | None = None, limit: int = 100) -> list[User]:
        """Every account of the installation, oldest first; for its administrators."""
        async with self._database.system("accounts.list_users") as session:
            return await people.list_users(session, after, limit)

    async def set_disabled(self, email: str, *, disabled: bool) -> User:
        """Shut an account, at once and everywhere, or open it again."""
        async with self._database.system("accounts.set_disabled") as session:
            user = await people.find_user_by_email(session, normalize_email(email))
            if user is None:
                raise UserNotFoundError
            at = self._clock.now() if disabled else None
            await people.update_user(session, user.id, {"disabled_at": at})
            await people.end_epoch(session, user.id)
            return replace(user, disabled_at=at)

    async def _get(self, session: ReadSession, user_id: UUID) -> User:
        user = await people.find_user(session, user_id)
        if user is None:
            raise UserNotFoundError
        return user
