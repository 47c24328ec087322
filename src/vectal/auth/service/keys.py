"""API keys: made in a session or by another key, never with more rights than their maker."""

import functools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from vectal.auth import repository
from vectal.auth.contracts import ApiKey, IssuedKey, KeyChange
from vectal.auth.errors import (
    ApiKeyEndedError,
    ApiKeyNotFoundError,
    ForbiddenError,
    KeyLineTooLongError,
    KeyNotLengthenedError,
    ScopeNotGrantableError,
    TooManyApiKeysError,
    UnauthenticatedError,
)
from vectal.auth.events import ApiKeyRevoked, ApiKeyShortened
from vectal.auth.policy import can, grantable_scopes
from vectal.auth.principal import Principal, Scope
from vectal.auth.service.resolver import Resolver
from vectal.auth.tokens import KeySecret, Signer, new_key_secret
from vectal.platform.clock import Clock
from vectal.platform.db import Database, WriteSession
from vectal.platform.db.paging import Slice, encode_cursor
from vectal.platform.errors import IdempotencyMismatchError, InvalidInputError
from vectal.platform.events import append_for
from vectal.platform.ids import new_id
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)

CURSOR: Final = "api_keys"
MEMBERS_CURSOR: Final = "member_keys"
MAX_LIVE: Final = 100
MAX_MAKERS: Final = 8
"""How long a line of keys may be, each made with the one before."""


class KeyService:
    def __init__(
        self, database: Database, signer: Signer, resolver: Resolver, clock: Clock
    ) -> None:
        self._database = database
        self._signer = signer
        self._resolver = resolver
        self._clock = clock

    async def create(
        self,
        principal: Principal,
        name: str,
        scopes: Sequence[Scope],
        expires_at: datetime | None = None,
        *,
        request_key: str | None = None,
    ) -> IssuedKey:
        """The key and its text, which is shown this once.

        One that is made with a key is bound by all that binds its maker, and ends with it.

        The same `request_key` and wishes give the same key again, with no secret stored for it.
        """
        now = self._clock.now()
        _check_ahead(expires_at, now)
        _check_grantable(principal, scopes)
        secret = self._new_secret(principal, request_key)
        key = ApiKey(
            id=secret.id,
            workspace_id=principal.workspace_id,
            user_id=principal.user_id,
            name=name,
            scopes=tuple(sorted(set(scopes))),
            created_at=now,
            expires_at=expires_at,
            last_used_at=None,
            secret_hash=secret.hash,
        )
        async with self._database.transaction(principal) as session:
            key = await self._bind(session, principal, key)
            if request_key is not None:
                await repository.lock_requests(session, principal.user_id)
                made = (await repository.find_keys(session, [key.id])).get(key.id)
                if made is not None:
                    return _again(made, key, secret)
            count = await repository.count_live_keys(
                session, principal.workspace_id, principal.user_id
            )
            if count >= MAX_LIVE:
                raise TooManyApiKeysError
            await repository.insert_key(session, key)
        return IssuedKey(key, secret.text)

    async def list_keys(
        self, principal: Principal, *, after: UUID | None = None, limit: int = 50
    ) -> Slice[ApiKey]:
        """The caller's own keys for this workspace, oldest first."""
        async with self._database.read(principal) as session:
            found = await repository.list_live_keys(
                session, principal.workspace_id, principal.user_id, after, limit + 1
            )
        page = found[:limit]
        more = len(found) > limit
        return Slice(page, encode_cursor(CURSOR, [str(page[-1].id)]) if more else None)

    async def find_in_workspace(
        self, workspace_id: UUID, key_ids: Collection[UUID]
    ) -> dict[UUID, ApiKey]:
        """Those of these keys that belong to the workspace, whoever's they are, revoked or not.

        Other modules ask; they must have checked that the caller may know of others' keys.
        """
        async with self._database.system("auth.find_in_workspace") as session:
            found = await repository.find_keys(session, key_ids)
        return {key.id: key for key in found.values() if key.workspace_id == workspace_id}

    async def update(self, principal: Principal, key_id: UUID, change: KeyChange) -> ApiKey:
        """Rename a key of the caller's, or move its end; returns it as it now is.

        What was made with it ends no later than it does. A later end is for those who could make
        such a key now: raises ForbiddenError or ScopeNotGrantableError.
        """
        now = self._clock.now()
        if change.sets_expiry:
            _check_ahead(change.expires_at, now)
        async with self._database.transaction(principal) as session:
            key = await self._lock_own(session, principal, key_id)
            if change.name is not None:
                key = replace(key, name=change.name)
            if change.sets_expiry:
                if not key.is_live(now):
                    raise ApiKeyEndedError
                ends = await self._end_within_line(session, key, change.expires_at)
                if _is_later(ends, key.expires_at):
                    _check_may_lengthen(principal, key)
                key = replace(key, expires_at=ends)
            return await self._store(session, key, moves_end=change.sets_expiry)

    async def revoke(self, principal: Principal, key_id: UUID) -> None:
        """End a key of the caller's, and every key that was made with it."""
        async with self._database.transaction(principal) as session:
            if not await repository.revoke_key(
                session, principal.workspace_id, principal.user_id, key_id, self._clock.now()
            ):
                raise ApiKeyNotFoundError
            await self._end_line(session, principal.workspace_id, key_id)

    async def list_workspace_keys(
        self,
        principal: Principal,
        *,
        user_id: UUID | None = None,
        after: UUID | None = None,
        limit: int = 50,
    ) -> Slice[ApiKey]:
        """Keys of all members, or of one, oldest first; for administrators."""
        _require(principal, "member_keys.list")
        async with self._database.system("auth.list_workspace_keys") as session:
            found = await repository.list_workspace_keys(
                session, principal.workspace_id, user_id=user_id, after=after, limit=limit + 1
            )
        page = found[:limit]
        more = len(found) > limit
        return Slice(page, encode_cursor(MEMBERS_CURSOR, [str(page[-1].id)]) if more else None)

    async def shorten_member_key(
        self, principal: Principal, key_id: UUID, expires_at: datetime
    ) -> ApiKey:
        """Let any member's key end earlier, and what was made with it; for administrators.

        Raises KeyNotLengthenedError for a later end than it has: that is its owner's to decide.
        """
        _require(principal, "member_keys.shorten")
        now = self._clock.now()
        _check_ahead(expires_at, now)
        async with self._database.system("auth.shorten_member_key") as session:
            owner = (await repository.find_keys(session, [key_id])).get(key_id)
            if owner is None or owner.workspace_id != principal.workspace_id:
                raise ApiKeyNotFoundError
            key = await self._lock_own(session, owner, key_id)
            if not key.is_live(now):
                raise ApiKeyEndedError
            if _is_later(expires_at, key.expires_at):
                raise KeyNotLengthenedError
            shortened = await self._store(
                session, replace(key, expires_at=expires_at), moves_end=True
            )
            if shortened.expires_at != key.expires_at:
                await self._tell_shortened(session, principal, shortened, expires_at)
        return shortened

    async def revoke_member_key(self, principal: Principal, key_id: UUID) -> None:
        """End any member's key, and every key that was made with it; for administrators."""
        _require(principal, "member_keys.revoke")
        workspace_id = principal.workspace_id
        async with self._database.system("auth.revoke_member_key") as session:
            key = (await repository.find_keys(session, [key_id])).get(key_id)
            if key is None or key.workspace_id != workspace_id:
                raise ApiKeyNotFoundError
            now = self._clock.now()
            if not await repository.revoke_key(session, workspace_id, key.user_id, key_id, now):
                raise ApiKeyNotFoundError
            await self._end_line(session, workspace_id, key_id)
            event = ApiKeyRevoked(key_id=str(key_id), revoked_by=str(principal.user_id))
            await append_for(session, event, workspace_id=workspace_id, user_id=key.user_id)
        _log.info(
            "auth.api_key_revoked",
            key_id=str(key_id),
            owner_id=str(key.user_id),
            revoked_by=str(principal.user_id),
        )

    async def _tell_shortened(
        self, session: WriteSession, by: Principal, key: ApiKey, expires_at: datetime
    ) -> None:
        ends, who = expires_at.isoformat(), str(by.user_id)
        event = ApiKeyShortened(key_id=str(key.id), expires_at=ends, shortened_by=who)
        await append_for(session, event, workspace_id=key.workspace_id, user_id=key.user_id)
        told = functools.partial(
            _log.info,
            "auth.api_key_shortened",
            key_id=str(key.id),
            owner_id=str(key.user_id),
            expires_at=ends,
            shortened_by=who,
        )
        session.after_commit(told)

    async def _store(self, session: WriteSession, key: ApiKey, *, moves_end: bool) -> ApiKey:
        """Write a locked key; with its end, what was made with it ends no later."""
        key = await repository.update_key(session, key)
        changed = [key.id]
        if moves_end and key.expires_at is not None:
            changed += await repository.shorten_made_with(
                session, key.workspace_id, key.id, key.expires_at
            )
        for each in changed:
            session.after_commit(functools.partial(self._resolver.forget, each))
        return key

    async def _end_line(self, session: WriteSession, workspace_id: UUID, key_id: UUID) -> None:
        """A key is revoked: so is what was made with it, and this process knows at once."""
        made = await repository.revoke_made_with(session, workspace_id, key_id, self._clock.now())
        for ended in (key_id, *made):
            session.after_commit(functools.partial(self._resolver.forget, ended))

    def _new_secret(self, principal: Principal, request_key: str | None) -> KeySecret:
        if request_key is None:
            return new_key_secret(new_id())
        who = (principal.workspace_id.bytes, principal.user_id.bytes, request_key.encode())
        name = self._signer.secret_for_request(b"api key id", *who)
        return new_key_secret(
            UUID(bytes=name[:16], version=4),
            self._signer.secret_for_request(b"api key secret", *who),
        )

    async def _lock_own(
        self, session: WriteSession, owner: Principal | ApiKey, key_id: UUID
    ) -> ApiKey:
        """A key of that person's that is not revoked, with its makers: none changes meanwhile."""
        seen = (await repository.find_keys(session, [key_id])).get(key_id)
        if seen is not None:
            # Makers first, as all who change a line do, so that two of them never wait in a ring.
            await repository.lock_keys(session, seen.made_with)
        key = await repository.find_own_key(session, owner.workspace_id, owner.user_id, key_id)
        if key is None:
            raise ApiKeyNotFoundError
        return key

    async def _end_within_line(
        self, session: WriteSession, key: ApiKey, wanted: datetime | None
    ) -> datetime | None:
        """When a key may end at the latest; its makers must be locked."""
        makers = await repository.find_keys(session, key.made_with)
        return _earliest([wanted, *(each.expires_at for each in makers.values())])

    async def _bind(self, session: WriteSession, principal: Principal, key: ApiKey) -> ApiKey:
        """A key made by a key remembers its makers, and ends no later than they do.

        The makers can't be revoked meanwhile, so that none of their line is left behind.
        """
        if principal.api_key_id is None:
            return key
        line = (*principal.maker_key_ids, principal.api_key_id)
        if len(line) > MAX_MAKERS:
            raise KeyLineTooLongError
        makers = await repository.lock_keys(session, line)
        if any(each not in makers or not makers[each].is_live(key.created_at) for each in line):
            raise UnauthenticatedError
        ends = _earliest(each.expires_at for each in (key, *makers.values()))
        return replace(key, made_with=line, expires_at=ends)


def _require(principal: Principal, action: str) -> None:
    if not can(principal, action):
        raise ForbiddenError("Keys of others are for administrators.")


def _check_ahead(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise InvalidInputError("That is in the past.", pointer="/expires_at")


def _check_grantable(principal: Principal, scopes: Collection[Scope]) -> None:
    refused = sorted(set(scopes) - grantable_scopes(principal))
    if refused:
        raise ScopeNotGrantableError(f"Out of your reach: {', '.join(refused)}.")


def _check_may_lengthen(principal: Principal, key: ApiKey) -> None:
    """Whoever could make such a key now may let it live longer; a key makes none but its own."""
    if principal.api_key_id is not None and principal.api_key_id not in key.made_with:
        raise ForbiddenError("A key lets none live longer but those that were made with it.")
    _check_grantable(principal, key.scopes)


def _earliest(ends: Iterable[datetime | None]) -> datetime | None:
    """Of some ends; None never comes."""
    return min((each for each in ends if each is not None), default=None)


def _is_later(this: datetime | None, that: datetime | None) -> bool:
    return that is not None and (this is None or this > that)


def _again(made: ApiKey, wanted: ApiKey, secret: KeySecret) -> IssuedKey:
    """The answer to a repeated request, unless it wants something else under the same key."""
    if _wishes(made) != _wishes(wanted):
        raise IdempotencyMismatchError
    return IssuedKey(made, secret.text)


def _wishes(key: ApiKey) -> tuple[object, ...]:
    # With its line: a key that is bound must not be given one that is not.
    return key.name, key.scopes, key.expires_at, key.made_with
