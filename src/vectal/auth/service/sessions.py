"""Sessions: opened by a sign-in, kept alive by refreshes, listed and ended by their owner."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from vectal.accounts.contracts import User
from vectal.accounts.service import AccountService
from vectal.auth import repository
from vectal.auth.contracts import Device, Session, SignedIn
from vectal.auth.errors import RefreshRejectedError, SessionNotFoundError
from vectal.auth.events import SessionRevoked
from vectal.auth.principal import Principal
from vectal.auth.service.resolver import Resolver
from vectal.auth.tokens import ACCESS_LIFETIME, AccessClaims, RefreshToken, Signer
from vectal.platform.clock import Clock
from vectal.platform.db import Database, WriteSession
from vectal.platform.db.paging import Slice, encode_cursor
from vectal.platform.events import NO_WORKSPACE, append_for
from vectal.platform.ids import new_id
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)

CURSOR: Final = "sessions"
IDLE_LIFETIME: Final = timedelta(days=30)
FULL_LIFETIME: Final = timedelta(days=180)
GRACE: Final = timedelta(seconds=30)
"""Two tabs that refresh at once, or one whose answer was lost, get the same next token."""
MAX_LIVE: Final = 100
_KEEP_ENDED: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Turned:
    """How a refresh ended; `session` is None when it was refused."""

    session: Session | None
    stolen: bool = False


class SessionService:
    def __init__(
        self,
        database: Database,
        accounts: AccountService,
        signer: Signer,
        resolver: Resolver,
        clock: Clock,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._signer = signer
        self._resolver = resolver
        self._clock = clock

    async def open(self, session: WriteSession, user: User, epoch: int, device: Device) -> SignedIn:
        """A new session, in the transaction of the sign-in; the oldest make room for it."""
        now, session_id = self._clock.now(), new_id()
        live = await repository.list_live_sessions(session, user.id, now, None, MAX_LIVE)
        if len(live) >= MAX_LIVE:
            crowded = [each.id for each in live[MAX_LIVE - 1 :]]
            await repository.revoke_sessions(session, user.id, now, "crowded", only=crowded)
        expires_at = now + IDLE_LIFETIME
        await repository.insert_session(session, session_id, user.id, device, now, expires_at)
        return await self._sign(session, user, epoch, session_id, 1, expires_at)

    async def refresh(self, token: str | None) -> SignedIn:
        """The next pair of tokens. A token from before the last refresh ends the session."""
        read = self._signer.read_refresh(token) if token else None
        if read is None:
            raise RefreshRejectedError
        async with self._database.system("auth.refresh") as session:
            turned = await self._turn(session, read)
            if turned.session is not None:
                login = await self._accounts.people.find_login(
                    session, user_id=turned.session.user_id
                )
                if login is not None and login.user.disabled_at is None:
                    return await self._sign(
                        session,
                        login.user,
                        login.session_epoch,
                        turned.session.id,
                        turned.session.generation,
                        turned.session.expires_at,
                    )
        # Raised after the commit: a session that was ended for theft must stay ended.
        if turned.stolen:
            self._resolver.forget(read.session_id)
            _log.warning("refresh_token_reused", session=str(read.session_id))
        raise RefreshRejectedError

    async def end(self, token: str | None) -> None:
        """Sign out the session of this refresh token; silent when there is none."""
        read = self._signer.read_refresh(token) if token else None
        if read is None:
            return
        async with self._database.system("auth.end_session") as session:
            found = (await repository.find_sessions(session, [read.session_id])).get(
                read.session_id
            )
            if found is not None:
                await self._revoke(session, found.user_id, "signed_out", only=[found.id])

    async def list_sessions(
        self, principal: Principal, *, after: UUID | None = None, limit: int = 50
    ) -> Slice[Session]:
        """The caller's live sessions, newest first."""
        async with self._database.read(principal) as session:
            found = await repository.list_live_sessions(
                session, principal.user_id, self._clock.now(), after, limit + 1
            )
        page = found[:limit]
        more = len(found) > limit
        return Slice(page, encode_cursor(CURSOR, [str(page[-1].id)]) if more else None)

    async def revoke(self, principal: Principal, session_id: UUID) -> None:
        async with self._database.transaction(principal) as session:
            ended = await self._revoke(session, principal.user_id, "revoked", only=[session_id])
        if not ended:
            raise SessionNotFoundError

    async def revoke_others(self, principal: Principal) -> None:
        """All of the caller's sessions but the one that asks."""
        async with self._database.transaction(principal) as session:
            await self.revoke_all(session, principal.user_id, "revoked", keep=principal.session_id)

    async def revoke_all(
        self, session: WriteSession, user_id: UUID, reason: str, *, keep: UUID | None = None
    ) -> None:
        """A step of a password change, too."""
        await self._revoke(session, user_id, reason, keep=keep)

    async def purge(self) -> int:
        """Forget sessions that ended a month ago; run daily by the scheduler."""
        async with self._database.system("auth.purge_sessions") as session:
            return await repository.purge_sessions(session, self._clock.now() - _KEEP_ENDED)

    async def _turn(self, session: WriteSession, token: RefreshToken) -> _Turned:
        now = self._clock.now()
        before = (await repository.find_sessions(session, [token.session_id])).get(token.session_id)
        if before is None or not before.is_live(now):
            return _Turned(None)
        expires_at = min(now + IDLE_LIFETIME, before.created_at + FULL_LIFETIME)
        await repository.advance_session(
            session, token.session_id, token.generation, now, expires_at
        )
        # Read again: this request may have advanced it, or waited for one that did.
        after = (await repository.find_sessions(session, [token.session_id]))[token.session_id]
        if not after.is_live(now):
            return _Turned(None)
        if after.generation == token.generation + 1 and after.refreshed_at >= now - GRACE:
            return _Turned(after)
        await self._revoke(session, after.user_id, "refresh_reused", only=[after.id])
        return _Turned(None, stolen=True)

    async def _revoke(
        self,
        session: WriteSession,
        user_id: UUID,
        reason: str,
        *,
        only: list[UUID] | None = None,
        keep: UUID | None = None,
    ) -> list[UUID]:
        now = self._clock.now()
        ended = await repository.revoke_sessions(
            session, user_id, now, reason, only=only, keep=keep
        )
        for session_id in ended:
            # Of the person alone: the session reaches into all of her workspaces.
            event = SessionRevoked(session_id=str(session_id))
            await append_for(session, event, workspace_id=NO_WORKSPACE, user_id=user_id)
            session.after_commit(lambda ended_id=session_id: self._resolver.forget(ended_id))
        return ended

    async def _sign(
        self,
        session: WriteSession,
        user: User,
        epoch: int,
        session_id: UUID,
        generation: int,
        expires_at: datetime,
    ) -> SignedIn:
        access = self._signer.sign_access(
            AccessClaims(user.id, session_id, epoch), self._clock.now()
        )
        return SignedIn(
            user=user,
            workspaces=await self._accounts.workspaces.list_all(session, user.id),
            session_id=session_id,
            access_token=access,
            expires_in_s=int(ACCESS_LIFETIME.total_seconds()),
            refresh_token=self._signer.sign_refresh(RefreshToken(session_id, generation)),
            refresh_expires_at=expires_at,
        )
