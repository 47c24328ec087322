"""Providers of a workspace: kept with sealed keys, changed under versions, tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
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
    ListedModel,
    ProviderFault,
    ProviderKind,
)
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.repository import providers as sql
from vectal.ai.service.addresses import checked_address, same_origin
from vectal.ai.service.reach import (
    NO_KEY_NEEDED,
    ReachReader,
    key_place,
    listed_models,
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
MAX_MODELS: Final = 500
_TEST: Final = CallLimits(deadline_s=15.0, first_byte_s=10.0, idle_s=10.0)
_HINT_CHARS: Final = 4
_SHORT_KEY: Final = 12


@dataclass(frozen=True, slots=True)
class ProviderDraft:
    """What somebody entered. `key` and `base_url` None mean: none, or the vendor's own."""

    kind: ProviderKind
    name: str
    base_url: str | None = None
    key: str | None = field(default=None, repr=False)
    enabled: bool = True
    models: tuple[ListedModel, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderChange:
    """Fields to change; None leaves as is."""

    name: str | None = None
    base_url: str | None = None
    key: str | None = field(default=None, repr=False)
    enabled: bool | None = None
    models: tuple[ListedModel, ...] | None = None


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a provider said when it was asked for its models."""

    __test__ = False  # no test of pytest's

    ok: bool
    latency_ms: int
    detail: str
    models: tuple[ListedModel, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as it may be shown: of the key only a hint."""

    id: UUID
    kind: ProviderKind
    name: str
    base_url: str
    key_hint: str
    enabled: bool
    models: tuple[ListedModel, ...]
    tested_at: datetime | None
    test_result: Mapping[str, Any] | None
    version: int
    created_at: datetime
    updated_at: datetime


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

    async def list_providers(self, principal: Principal) -> list[Provider]:
        async with self._database.read(principal) as session:
            return [_shown(row) for row in await sql.list_providers(session, principal)]

    async def create(self, principal: Principal, draft: ProviderDraft) -> Provider:
        """Store a provider, its key sealed; the answer holds a hint of it at most."""
        base_url = checked_address(self._guard, draft.kind, draft.base_url)
        key = draft.key or None
        if key is None and draft.kind not in NO_KEY_NEEDED:
            raise ProviderKeyNeededError("This kind of provider needs an API key.", pointer="/key")
        async with self._database.transaction(principal) as session:
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
                key_hint=_hint(key),
                enabled=draft.enabled,
                models=_stored(draft.models),
                tested_at=None,
                test_result=None,
                version=1,
                created_by=principal.user_id,
                created_at=now,
                updated_at=now,
            )
            await sql.add_provider(session, row)
            return _shown(row)

    async def update(
        self, principal: Principal, provider_id: UUID, version: int | None, change: ProviderChange
    ) -> Provider:
        """Change a provider. A new address of another origin needs the key entered anew."""
        async with self._database.transaction(principal) as session:
            row = await self._get(session, principal, provider_id)
            if version is not None and version != row.version:
                raise _conflict(row)
            values = await self._values(session, principal, row, change)
            if not values:
                return _shown(row)
            if not await sql.change_provider(session, principal, row.id, row.version, values):
                await session.refresh(row)
                raise _conflict(row)
            await session.refresh(row)
            return _shown(row)

    async def delete(self, principal: Principal, provider_id: UUID) -> None:
        async with self._database.transaction(principal) as session:
            await sql.delete_provider(session, await self._get(session, principal, provider_id))

    async def test(self, principal: Principal, provider_id: UUID) -> TestResult:
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
            result = await self._ask(kind, credentials)
        values: dict[str, Any] = {"test_result": _test_json(result)}
        if result.ok and result.models:
            values["models"] = _stored(result.models)
        async with self._database.transaction(principal) as session:
            await sql.record_test(session, principal, provider_id, values)
        return result

    async def test_draft(self, principal: Principal, draft: ProviderDraft) -> TestResult:
        """Ask a provider that is not stored (yet) for its models."""
        base_url = checked_address(self._guard, draft.kind, draft.base_url)
        scope = Scope(principal.workspace_id, principal.user_id)
        return await self._ask(draft.kind, Credentials(base_url, draft.key or "", scope))

    async def _ask(self, kind: ProviderKind, credentials: Credentials) -> TestResult:
        began = monotonic()
        try:
            models = await self._proxy.adapter(kind).list_models(credentials, _TEST)
        except ProviderFault as fault:
            return TestResult(ok=False, latency_ms=_ms(began), detail=fault.detail)
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
        if change.name is not None and change.name != row.name:
            if await sql.is_name_taken(session, principal, change.name, but=row.id):
                raise ProviderNameTakenError
            values["name"] = change.name
        if change.base_url is not None:
            kind = cast("ProviderKind", row.kind)
            address = checked_address(self._guard, kind, change.base_url)
            if row.sealed_key and not change.key and not same_origin(row.base_url, address):
                # Else whoever may edit could have the key sent to a server of their own.
                raise ProviderKeyNeededError(
                    "Enter the key again: it was given for another address.", pointer="/key"
                )
            values |= {"base_url": address} if address != row.base_url else {}
        if change.key:
            values["sealed_key"] = await self._seal(session, principal, row.id, change.key)
            values["key_hint"] = _hint(change.key)
        if change.enabled is not None and change.enabled != row.enabled:
            values["enabled"] = change.enabled
        if change.models is not None:
            values["models"] = _stored(change.models)
        return values

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


def _shown(row: ProviderRow) -> Provider:
    return Provider(
        id=row.id,
        kind=cast("ProviderKind", row.kind),
        name=row.name,
        base_url=row.base_url,
        key_hint=row.key_hint,
        enabled=row.enabled,
        models=tuple(listed_models(row.models)),
        tested_at=row.tested_at,
        test_result=row.test_result,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _conflict(row: ProviderRow) -> ProviderConflictError:
    return ProviderConflictError(extra={"current": {"id": str(row.id), "version": row.version}})


def _hint(key: str | None) -> str:
    """The last characters, so that people can tell their keys apart; nothing of a short one."""
    if not key:
        return ""
    return f"…{key[-_HINT_CHARS:]}" if len(key) >= _SHORT_KEY else "…"


def _stored(models: Sequence[ListedModel]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in asdict(model).items() if value is not None}
        for model in models[:MAX_MODELS]
    ]


def _test_json(result: TestResult) -> dict[str, Any]:
    return {
        "ok": result.ok,
        "latency_ms": result.latency_ms,
        "detail": result.detail,
        "models": len(result.models),
    }


def _ms(began: float) -> int:
    return round((monotonic() - began) * 1000)
