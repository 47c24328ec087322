"""Providers of a workspace: kept with sealed keys, changed under versions, tested."""

from __future__ import annotations

from typing import Any, Final, cast
from uuid import UUID

from vectal.ai.errors import (
    ProviderConflictError,
    ProviderKeyNeededError,
    ProviderLimitError,
    ProviderNameTakenError,
    ProviderNotFoundError,
)
from vectal.ai.ports import (
    CallLimits,
    Credentials,
    ProviderFault,
    ProviderKind,
)
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.repository import providers as sql
from vectal.ai.service.addresses import (
    checked_address,
    locate,
    same_origin,
    shown_origin,
    usual_responses,
)
from vectal.ai.service.provider_rows import (
    MAX_MODELS,
    Provider,
    ProviderChange,
    ProviderDraft,
    TestResult,
    corrected,
    key_hint,
    plain_changes,
    shown,
    stored_models,
    test_json,
)
from vectal.ai.service.reach import (
    NO_KEY_NEEDED,
    ReachReader,
    key_place,
    owner_of,
)
from vectal.ai.tables import ProviderRow
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock, monotonic
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope, Scope, WriteSession
from vectal.platform.http.guard import EgressGuard
from vectal.platform.ids import new_id

MAX_PROVIDERS: Final = 20
_TEST: Final = CallLimits(deadline_s=15.0, first_word_s=10.0, idle_s=10.0)


class ProviderService:
    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        proxy: ModelProxy,
        guard: EgressGuard,
        reach: ReachReader,
        clock: Clock,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._proxy = proxy
        self._guard = guard
        self._reach = reach
        self._clock = clock

    async def list_providers(self, principal: DataScope) -> list[Provider]:
        async with self._database.read(principal) as session:
            return [shown(row) for row in await sql.list_providers(session, principal)]

    async def create(self, principal: DataScope, draft: ProviderDraft) -> Provider:
        """Store a provider, its key sealed; the answer holds a hint of it at most.

        One that is not enabled may wait for its key.
        """
        base_url = self.check_address(draft)
        key = draft.key or None
        if draft.enabled:
            _require_key(draft.kind, has_key=key is not None)
        async with self._database.transaction(principal) as session:
            self._reach.changes.note(session, principal)
            if await sql.count_providers(session, principal) >= MAX_PROVIDERS:
                raise ProviderLimitError(f"A workspace has at most {MAX_PROVIDERS} providers.")
            if await sql.is_name_taken(session, principal, draft.name):
                raise ProviderNameTakenError
            provider_id = new_id()
            now = self._clock.now()
            row = ProviderRow(
                workspace_id=principal.workspace_id,
                id=provider_id,
                kind=draft.kind,
                name=draft.name,
                base_url=base_url,
                sealed_key=await self._seal(session, principal, provider_id, key),
                key_hint=key_hint(key),
                enabled=draft.enabled,
                models=stored_models(draft.models),
                hand_picked=bool(draft.models),
                weight=draft.weight,
                priority=draft.priority,
                region=draft.region,
                location=locate(self._guard, draft.kind, base_url),
                batches=draft.batches,
                responses=draft.responses or usual_responses(draft.kind, base_url),
                tested_at=None,
                test_result=None,
                version=1,
                created_by=principal.user_id,
                created_at=now,
                updated_at=now,
            )
            await sql.add_provider(session, row)
            return shown(row)

    async def update(
        self, principal: Principal, provider_id: UUID, version: int | None, change: ProviderChange
    ) -> Provider:
        """Change a provider. A new address of another origin needs the key entered anew."""
        async with self._database.transaction(principal) as session:
            self._reach.changes.note(session, principal)
            row = await self._get(session, principal, provider_id)
            if version is not None and version != row.version:
                raise _conflict(row)
            values = await self._values(session, principal, row, change)
            if not values:
                return shown(row)
            if not await sql.change_provider(session, principal, row.id, row.version, values):
                await session.refresh(row)
                raise _conflict(row)
            await session.refresh(row)
            return shown(row)

    async def delete(self, principal: Principal, provider_id: UUID) -> None:
        async with self._database.transaction(principal) as session:
            self._reach.changes.note(session, principal)
            await sql.delete_provider(session, await self._get(session, principal, provider_id))

    async def test(
        self, principal: DataScope, provider_id: UUID, limits: CallLimits = _TEST
    ) -> TestResult:
        """Ask a stored provider for its models, and remember what came of it."""
        async with self._database.read(principal) as session:
            row = await sql.find_provider(session, principal, provider_id)
            if row is None:
                raise ProviderNotFoundError
            kind = cast("ProviderKind", row.kind)
            credentials = await self._reach.open(session, principal, row)
        if credentials is None:
            result = TestResult(ok=False, latency_ms=0, detail="The stored key can't be read.")
        else:
            result = await self._ask(kind, credentials, limits)
        values: dict[str, Any] = {
            "test_result": test_json(result),
            # What operators have opened may have changed since it was saved.
            "location": locate(self._guard, kind, row.base_url),
        }
        if result.ok and result.models:
            values["models"] = corrected(row, result.models)
        async with self._database.transaction(principal) as session:
            self._reach.changes.note(session, principal)
            await sql.record_test(session, principal, provider_id, values)
        return result

    async def test_draft(self, principal: Principal, draft: ProviderDraft) -> TestResult:
        """Ask a provider that is not stored (yet) for its models."""
        base_url = self.check_address(draft)
        scope = Scope(principal.workspace_id, principal.user_id)
        return await self._ask(draft.kind, Credentials(base_url, draft.key or "", scope), _TEST)

    def check_address(self, draft: ProviderDraft) -> str:
        """The address to store; raises ProviderAddressRefusedError."""
        return checked_address(self._guard, draft.kind, draft.base_url)

    async def _ask(
        self, kind: ProviderKind, credentials: Credentials, limits: CallLimits
    ) -> TestResult:
        began = monotonic()
        try:
            models = await self._proxy.adapter(kind).list_models(credentials, limits)
        except ProviderFault as fault:
            detail = fault.detail
            if fault.kind == "connection":
                origin = shown_origin(kind, credentials.base_url)
                detail = (
                    f"Nothing answers at {origin}. Check the address, and that the server runs."
                )
            return TestResult(ok=False, latency_ms=_ms(began), detail=detail)
        number = "one model" if len(models) == 1 else f"{len(models)} models"
        detail = f"The provider answered with {number}."
        return TestResult(ok=True, latency_ms=_ms(began), detail=detail, models=models[:MAX_MODELS])

    async def _values(
        self,
        session: WriteSession,
        principal: Principal,
        row: ProviderRow,
        change: ProviderChange,
    ) -> dict[str, Any]:
        """The columns that really change."""
        values: dict[str, Any] = {}
        kind = cast("ProviderKind", row.kind)
        if change.name is not None and change.name != row.name:
            if await sql.is_name_taken(session, principal, change.name, but=row.id):
                raise ProviderNameTakenError
            values["name"] = change.name
        if change.base_url is not None:
            address = checked_address(self._guard, kind, change.base_url)
            if row.sealed_key and not change.key and not same_origin(row.base_url, address):
                # Else whoever may edit could have the key sent to a server of their own.
                raise ProviderKeyNeededError(
                    "Enter the key again: it was given for another address.", pointer="/key"
                )
            if address != row.base_url:
                values |= {"base_url": address, "location": locate(self._guard, kind, address)}
        if change.key:
            values["sealed_key"] = await self._seal(session, principal, row.id, change.key)
            values["key_hint"] = key_hint(change.key)
        if change.enabled and not row.enabled:
            _require_key(kind, has_key=bool(change.key or row.sealed_key))
        return values | plain_changes(row, change)

    async def _seal(
        self, session: WriteSession, scope: DataScope, provider_id: UUID, key: str | None
    ) -> bytes | None:
        if key is None:
            return None
        place = key_place(scope, provider_id)
        return await self._keyring.seal(session, owner_of(scope), key.encode(), place)

    async def _get(self, session: WriteSession, scope: DataScope, provider_id: UUID) -> ProviderRow:
        row = await sql.find_provider(session, scope, provider_id)
        if row is None:
            raise ProviderNotFoundError
        return row


def _require_key(kind: ProviderKind, *, has_key: bool) -> None:
    if not has_key and kind not in NO_KEY_NEEDED:
        raise ProviderKeyNeededError("This kind of provider needs an API key.", pointer="/key")


def _conflict(row: ProviderRow) -> ProviderConflictError:
    return ProviderConflictError(extra={"current": {"id": str(row.id), "version": row.version}})


def _ms(began: float) -> int:
    return round((monotonic() - began) * 1000)
