"""Rules of API keys: which models a key may ask, how often, how much. Administrators set them."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Protocol, cast
from uuid import UUID

from vectal.ai.errors import KeyRulesConflictError, KeyRulesNotFoundError
from vectal.ai.ports import ProviderKind
from vectal.ai.repository import key_rules as sql
from vectal.ai.tables_key_rules import KeyRulesRow
from vectal.auth.contracts import ApiKey
from vectal.auth.errors import ApiKeyNotFoundError, ForbiddenError
from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.db import Database, DataScope, ReadSession, Scope, WriteSession
from vectal.platform.db.engine import detach_ambient
from vectal.platform.db.paging import (
    DEFAULT_LIMIT,
    InvalidCursorError,
    Slice,
    decode_cursor,
    encode_cursor,
)
from vectal.platform.momentary import MomentaryCache, Recent

_CURSOR: Final = "ai_key_rules"
MAX_AGE_S: Final = 0.8
_KNOWN: Final = 10_000
"""How old the rules may be that a call is judged by."""
READ: Final = "ai.key_rules.read"
MANAGE: Final = "ai.key_rules.manage"
_LOOSENS: Final = "A key with rules can't loosen those of another."


class KeyDirectory(Protocol):
    """Whose key it is; `auth` knows."""

    async def find_in_workspace(
        self, workspace_id: UUID, key_ids: Collection[UUID]
    ) -> Mapping[UUID, ApiKey]: ...


@dataclass(frozen=True, slots=True)
class KeyRules:
    """What one key may do. Empty lists allow all; None is no limit.

    `models` are names as clients write them: of a model, `vectal/<slot>` or `vectal/auto`.
    """

    models: tuple[str, ...] = ()
    providers: tuple[ProviderKind, ...] = ()
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    max_output_tokens: int | None = None
    note: str = ""

    def is_within(self, other: KeyRules) -> bool:
        """Whether nothing is allowed here that `other` does not allow, by the names alone."""
        return (
            _fewer(self.models, other.models)
            and _fewer(self.providers, other.providers)
            and _less(self.requests_per_minute, other.requests_per_minute)
            and _less(self.tokens_per_minute, other.tokens_per_minute)
            and _less(self.max_output_tokens, other.max_output_tokens)
        )


@dataclass(frozen=True, slots=True)
class Bound:
    """Rules that bind a call, and whose they are: the key's own or those of one of its makers."""

    key_id: UUID
    rules: KeyRules


@dataclass(frozen=True, slots=True)
class StoredKeyRules:
    """The rules of a key, and which key it is."""

    key: ApiKey
    rules: KeyRules
    version: int
    created_at: datetime
    updated_at: datetime


_UNKNOWN: Final = KeyRules(note="unknown")
"""Stands for rules that would have to be read."""


class KeyRuleService:
    """One a process."""

    def __init__(self, database: Database, keys: KeyDirectory, clock: Clock | None = None) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock or SystemClock()
        self._cache: MomentaryCache[UUID, KeyRules | None] = MomentaryCache(
            MAX_AGE_S, monotonic=self._clock.monotonic
        )
        self._known: Recent[UUID, tuple[str, KeyRules | None]] = Recent(_KNOWN)
        """Rules as they were read last, with the stamp of their rows."""

    async def find_for_call(self, principal: Principal) -> tuple[Bound, ...]:
        """The rules that bind a call by this principal, as they were less than a second ago.

        Each of them does: those of the key, and those of every key that it was made with.
        """
        if principal.api_key_id is None:
            return ()
        scope = Scope(principal.workspace_id, principal.user_id)
        found: list[Bound] = []
        for key_id in (principal.api_key_id, *principal.maker_key_ids):
            load = functools.partial(self._load, scope, key_id)
            rules = await self._cache.get(key_id, load)
            if rules is not None:
                found.append(Bound(key_id, rules))
        return tuple(found)

    @property
    def forgotten(self) -> int:
        """Grows when this process has changed rules that a kept answer of `find_now` misses."""
        return self._cache.forgotten

    def find_now(self, principal: Principal) -> tuple[Bound, ...] | None:
        """As `find_for_call`, by what is known at this moment; None when that is not enough."""
        if principal.api_key_id is None:
            return ()
        found: tuple[Bound, ...] = ()
        for key_id in (principal.api_key_id, *principal.maker_key_ids):
            rules = self._cache.peek(key_id, _UNKNOWN)
            if rules is _UNKNOWN:
                return None
            if rules is not None:
                found = (*found, Bound(key_id, rules))
        return found

    async def require_unbound(self, principal: Principal) -> None:
        """For what would loosen the rules of a key by a detour; raises ForbiddenError."""
        if await self.find_for_call(principal):
            raise ForbiddenError("A key with rules can't change what names of models mean.")

    async def check_caller(self, principal: Principal) -> None:
        """For answers past the gateway, where rules can't be kept to; raises ForbiddenError."""
        if await self.find_for_call(principal):
            raise ForbiddenError("A key with rules may call models under /v1 only, not in chat.")

    async def list_rules(
        self, principal: Principal, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Slice[StoredKeyRules]:
        """Of every key of the workspace that has rules, oldest key first."""
        _check(principal, READ)
        after = None if cursor is None else _read_cursor(cursor)
        async with self._database.read(principal) as session:
            rows = await sql.list_rules(session, principal, after, limit + 1)
        page = rows[:limit]
        ids = [row.api_key_id for row in page]
        keys = await self._keys.find_in_workspace(principal.workspace_id, ids)
        shown = [_shown(row, keys[row.api_key_id]) for row in page if row.api_key_id in keys]
        more = len(rows) > limit
        return Slice(shown, encode_cursor(_CURSOR, [str(ids[-1])]) if more else None)

    async def find_rules(
        self, principal: Principal, key_ids: Collection[UUID]
    ) -> dict[UUID, KeyRules]:
        """The rules of those of these keys that have some."""
        async with self._database.read(principal) as session:
            rows = await sql.find_all_rules(session, principal, key_ids)
        return {row.api_key_id: _rules(row) for row in rows}

    async def get_rules(self, principal: Principal, api_key_id: UUID) -> StoredKeyRules:
        _check(principal, READ)
        key = await self._get_key(principal, api_key_id)
        async with self._database.read(principal) as session:
            return _shown(await _get(session, principal, api_key_id), key)

    async def put_rules(
        self, principal: Principal, api_key_id: UUID, rules: KeyRules, version: int | None = None
    ) -> StoredKeyRules:
        """Give a live key these rules instead of those it has; they hold within a second.

        With `version` only if it still is the current one. A key with rules can narrow others'
        rules and not loosen them.
        """
        key = await self._get_changeable(principal, api_key_id)
        if not key.is_live(self._clock.now()):
            raise ApiKeyNotFoundError("This API key was revoked or has expired.")
        values = _values(rules)
        is_bound = bool(await self.find_for_call(principal))
        async with self._database.transaction(principal) as session:
            if is_bound:
                version = await _narrowed(session, principal, api_key_id, rules, version)
            if version is None:
                await sql.put_rules(session, principal, api_key_id, values)
            elif not await sql.change_rules(session, principal, api_key_id, version, values):
                raise _conflict(await _get(session, principal, api_key_id))
            row = await _get(session, principal, api_key_id)
            session.after_commit(lambda: self._cache.forget(api_key_id))
        return _shown(row, key)

    async def delete_rules(self, principal: Principal, api_key_id: UUID) -> None:
        """Leave the key without rules of its own; what binds everybody still binds it."""
        await self._get_changeable(principal, api_key_id)
        if await self.find_for_call(principal):
            raise ForbiddenError(_LOOSENS)
        async with self._database.transaction(principal) as session:
            if not await sql.delete_rules(session, principal, api_key_id):
                raise KeyRulesNotFoundError
            session.after_commit(lambda: self._cache.forget(api_key_id))

    async def _load(self, scope: DataScope, key_id: UUID) -> KeyRules | None:
        # A task of its own that outlives the transaction of whoever began it.
        detach_ambient()
        async with self._database.read(scope) as session:
            stamp = await sql.find_stamp(session, scope, key_id)
            known = self._known.find(key_id)
            if known is not None and known[0] == stamp:
                return known[1]
            row = None if stamp is None else await sql.find_rules(session, scope, key_id)
        rules = None if row is None else _rules(row)
        if stamp is not None:
            self._known.keep(key_id, (stamp, rules))
        return rules

    async def _get_changeable(self, principal: Principal, api_key_id: UUID) -> ApiKey:
        _check(principal, MANAGE)
        if api_key_id in (principal.api_key_id, *principal.maker_key_ids):
            raise ForbiddenError("A key can't change its own rules, nor those of its makers.")
        return await self._get_key(principal, api_key_id)

    async def _get_key(self, principal: Principal, api_key_id: UUID) -> ApiKey:
        found = await self._keys.find_in_workspace(principal.workspace_id, [api_key_id])
        if api_key_id not in found:
            raise ApiKeyNotFoundError
        return found[api_key_id]


async def _narrowed(
    session: WriteSession,
    scope: DataScope,
    api_key_id: UUID,
    rules: KeyRules,
    version: int | None,
) -> int:
    """The version of the rules that `rules` are not wider than; raises ForbiddenError."""
    row = await sql.find_rules(session, scope, api_key_id)
    if row is None:
        # An empty row, so that a version can be named, whoever else makes one meanwhile.
        await sql.add_rules(session, scope, api_key_id)
        row = await _get(session, scope, api_key_id)
    if not rules.is_within(_rules(row)):
        raise ForbiddenError(_LOOSENS)
    return row.version if version is None else version


def _fewer(these: Sequence[str], those: Sequence[str]) -> bool:
    """Whether a list allows no more than another; an empty one allows all."""
    return not those or (bool(these) and set(these) <= set(those))


def _less(this: int | None, that: int | None) -> bool:
    return that is None or (this is not None and this <= that)


async def _get(session: ReadSession, scope: DataScope, api_key_id: UUID) -> KeyRulesRow:
    row = await sql.find_rules(session, scope, api_key_id)
    if row is None:
        raise KeyRulesNotFoundError
    return row


def _read_cursor(cursor: str) -> UUID:
    (value,) = decode_cursor(_CURSOR, cursor, length=1)
    try:
        return UUID(str(value))
    except ValueError as error:
        raise InvalidCursorError from error


def _check(principal: Principal, action: str) -> None:
    if not can(principal, action):
        raise ForbiddenError("Rules of API keys are their administrators' to see and set.")


def _conflict(row: KeyRulesRow) -> KeyRulesConflictError:
    current = {"api_key_id": str(row.api_key_id), "version": row.version}
    return KeyRulesConflictError(extra={"current": current})


def _values(rules: KeyRules) -> dict[str, Any]:
    lists = {"models": list(rules.models), "providers": list(rules.providers)}
    return {**asdict(rules), **lists}


def _rules(row: KeyRulesRow) -> KeyRules:
    return KeyRules(
        models=tuple(row.models),
        providers=cast("tuple[ProviderKind, ...]", tuple(row.providers)),
        requests_per_minute=row.requests_per_minute,
        tokens_per_minute=row.tokens_per_minute,
        max_output_tokens=row.max_output_tokens,
        note=row.note,
    )


def _shown(row: KeyRulesRow, key: ApiKey) -> StoredKeyRules:
    return StoredKeyRules(key, _rules(row), row.version, row.created_at, row.updated_at)
