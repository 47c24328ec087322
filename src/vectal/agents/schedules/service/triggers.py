"""Triggers as their owners handle them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from vectal.agents.contracts import RequestKey, Starter
from vectal.agents.schedules.contracts import (
    HOOK_KINDS,
    MAX_STARTERS,
    Firing,
    IssuedTrigger,
    Trigger,
    TriggerTerms,
)
from vectal.agents.schedules.errors import (
    NoSecretError,
    TooManyStartersError,
    TriggerNotFoundError,
)
from vectal.agents.schedules.repository import firings, starters
from vectal.agents.schedules.service.making import Maker, check_plan, rights_for
from vectal.agents.schedules.service.secrets import old_secret_of, secret_of
from vectal.agents.schedules.service.showing import firing_of, trigger_of, trigger_terms
from vectal.agents.schedules.signing import new_secret
from vectal.agents.schedules.tables import TriggerRow
from vectal.agents.sealing import Seals
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, ReadSession, WriteSession
from vectal.platform.db.paging import Slice, decode_id, encode_cursor
from vectal.platform.errors import IdempotencyMismatchError, InvalidInputError
from vectal.platform.ids import new_id

_CURSOR: Final = "triggers"
_FIRINGS: Final = "trigger_firings"

Change = Callable[[TriggerTerms], TriggerTerms]


class Triggers:
    def __init__(self, database: Database, maker: Maker, seals: Seals, clock: Clock) -> None:
        self._database = database
        self._maker = maker
        self._seals = seals
        self._clock = clock

    async def create(
        self, principal: Principal, terms: TriggerTerms, *, key: RequestKey | None = None
    ) -> IssuedTrigger:
        """With the secret of a hook, which is told this once, and again to the same `key`."""
        rights = rights_for(principal, terms.scopes, principal.timezone)
        row = TriggerRow(
            workspace_id=principal.workspace_id,
            id=new_id(),
            owner_id=principal.user_id,
            off_code=None,
            kind=terms.kind,
            request_key=key.key if key else None,
            request_digest=key.digest if key else None,
        )
        _write(row, terms)
        row.rights = rights.as_json()
        async with self._database.transaction(principal) as session:
            await starters.lock_owner(session, principal)
            if key is not None and (known := await self._find_repeated(session, principal, key)):
                return known
            if await starters.count(session, principal, TriggerRow) >= MAX_STARTERS:
                raise TooManyStartersError(f"At most {MAX_STARTERS} triggers.")
            await self._maker.seal(session, principal, row, terms.name, terms.plan, terms.filter)
            secret = new_secret() if terms.kind in HOOK_KINDS else None
            if secret is not None:
                place = secret_of(row.id)
                row.sealed_secret = await self._seals.seal(
                    session, principal, place, secret.encode()
                )
            session.add(row)
            await session.flush()
            await session.refresh(row)
            return IssuedTrigger(await self._show(session, principal, row), secret)

    async def get(self, principal: Principal, trigger_id: UUID) -> Trigger:
        """Raises `TriggerNotFoundError`."""
        async with self._database.read(principal) as session:
            row = await self._find(session, principal, trigger_id)
            return await self._show(session, principal, row)

    async def list_recent(
        self, principal: Principal, *, limit: int, cursor: str | None = None
    ) -> Slice[Trigger]:
        """The newest first."""
        before = None if cursor is None else decode_id(_CURSOR, cursor)
        async with self._database.read(principal) as session:
            rows = await starters.list_recent(
                session, principal, TriggerRow, before=before, limit=limit + 1
            )
            found = await self._show_all(session, principal, rows[:limit])
        more = len(rows) > limit
        return Slice(found, encode_cursor(_CURSOR, [str(found[-1].id)]) if more else None)

    async def update(self, principal: Principal, trigger_id: UUID, change: Change) -> Trigger:
        """From now on it has the rights that whoever changes it gives it. Its kind stays."""
        async with self._database.transaction(principal) as session:
            row = await self._find(session, principal, trigger_id, lock=True)
            opened = await self._maker.open(session, principal, row)
            had = trigger_terms(row, opened)
            terms = change(had)
            kept = opened.rights if terms.scopes == had.scopes else None
            wanted = None if kept else terms.scopes
            rights = rights_for(principal, wanted, opened.rights.timezone, kept)
            _write(row, terms)
            row.rights, row.off_code = rights.as_json(), None
            row.updated_at = self._clock.now()
            await self._maker.seal(session, principal, row, terms.name, terms.plan, terms.filter)
            await session.flush()
            return await self._show(session, principal, row)

    async def rotate(
        self, principal: Principal, trigger_id: UUID, overlap: timedelta
    ) -> IssuedTrigger:
        """A new secret; the one before holds for `overlap` more. Raises `NoSecretError`.

        Whoever has the secret begins runs, so rights are given anew as with a change.
        """
        async with self._database.transaction(principal) as session:
            row = await self._find(session, principal, trigger_id, lock=True)
            if row.sealed_secret is None:
                raise NoSecretError
            had = (await self._maker.open(session, principal, row)).rights
            row.rights = rights_for(principal, None, had.timezone, had).as_json()
            row.sealed_old_secret, row.old_secret_until = None, None
            if overlap > timedelta():
                old = await self._seals.open(
                    session, principal, secret_of(row.id), row.sealed_secret
                )
                place = old_secret_of(row.id)
                row.sealed_old_secret = await self._seals.seal(session, principal, place, old)
                row.old_secret_until = self._clock.now() + overlap
            secret = new_secret()
            row.sealed_secret = await self._seals.seal(
                session, principal, secret_of(row.id), secret.encode()
            )
            row.updated_at = self._clock.now()
            await session.flush()
            return IssuedTrigger(await self._show(session, principal, row), secret)

    async def delete(self, principal: Principal, trigger_id: UUID) -> None:
        """Raises `TriggerNotFoundError`. Runs that it began stay."""
        async with self._database.transaction(principal) as session:
            if not await starters.remove(session, principal, TriggerRow, trigger_id):
                raise TriggerNotFoundError

    async def list_firings(
        self, principal: Principal, trigger_id: UUID, *, limit: int, cursor: str | None = None
    ) -> Slice[Firing]:
        """What came in and what it came to, the newest first."""
        before = None if cursor is None else decode_id(_FIRINGS, cursor)
        async with self._database.read(principal) as session:
            await self._find(session, principal, trigger_id)
            rows = await firings.list_recent(
                session, principal, Starter("trigger", trigger_id), before=before, limit=limit + 1
            )
        found = [firing_of(row) for row in rows[:limit]]
        more = len(rows) > limit
        return Slice(found, encode_cursor(_FIRINGS, [str(found[-1].id)]) if more else None)

    async def _find(
        self, session: ReadSession, principal: Principal, trigger_id: UUID, *, lock: bool = False
    ) -> TriggerRow:
        row = await starters.find(session, principal, TriggerRow, trigger_id, lock=lock)
        if row is None:
            raise TriggerNotFoundError
        return row

    async def _find_repeated(
        self, session: WriteSession, principal: Principal, key: RequestKey
    ) -> IssuedTrigger | None:
        row = await starters.find_by_request_key(session, principal, TriggerRow, key.key)
        if row is None:
            return None
        if row.request_digest != key.digest:
            raise IdempotencyMismatchError
        secret: str | None = None
        if row.sealed_secret is not None:
            place = secret_of(row.id)
            secret = (await self._seals.open(session, principal, place, row.sealed_secret)).decode()
        return IssuedTrigger(await self._show(session, principal, row), secret)

    async def _show(self, session: ReadSession, principal: Principal, row: TriggerRow) -> Trigger:
        return (await self._show_all(session, principal, [row]))[0]

    async def _show_all(
        self, session: ReadSession, principal: Principal, rows: Sequence[TriggerRow]
    ) -> list[Trigger]:
        last = await firings.find_last(session, principal, TriggerRow, [row.id for row in rows])
        return [
            trigger_of(row, await self._maker.open(session, principal, row), last.get(row.id))
            for row in rows
        ]


def _write(row: TriggerRow, terms: TriggerTerms) -> None:
    """Check and take over all but the words."""
    check_plan(terms.plan)
    if terms.kind != row.kind:
        raise InvalidInputError("The kind of a trigger stays as it is.", pointer="/kind")
    narrowed, is_task = terms.filter, terms.kind.startswith("task_")
    if (narrowed.project_id or narrowed.label) and not is_task:
        raise InvalidInputError("Tasks alone have projects and labels.", pointer="/filter")
    if narrowed.name_contains and terms.kind in HOOK_KINDS:
        raise InvalidInputError("What comes in at a hook has no name.", pointer="/filter")
    if bool(narrowed.senders) != (terms.kind == "email"):
        raise InvalidInputError(
            "A mail needs the senders that may begin runs, and nothing else has any.",
            pointer="/filter/senders",
        )
    row.per_hour, row.enabled = terms.per_hour, terms.enabled
