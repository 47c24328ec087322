"""What a workspace can reach at this moment: catalogue, preferences and opened keys.

Read in one short transaction that ends before any model is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import msgspec

from vectal.ai.catalog.offers import (
    BatchRoute,
    Catalog,
    Location,
    Offer,
    ProviderSpec,
    ResponsesRoute,
    build_catalog,
)
from vectal.ai.catalog.spec import ModelsFile, ModelSpec
from vectal.ai.contracts import Slot
from vectal.ai.guardrails.contracts import GuardrailRules
from vectal.ai.guardrails.signing import SigningKey
from vectal.ai.ports import Credentials, ListedModel, ProviderKind
from vectal.ai.providers.untrusted import as_model_name, as_object
from vectal.ai.repository import preferences as preferences_sql
from vectal.ai.repository import providers as providers_sql
from vectal.ai.router.request import CacheRule, DataPolicy, Preferences, Taste
from vectal.ai.tables import PreferencesRow, ProviderRow
from vectal.platform.clock import Clock
from vectal.platform.crypto import Aad, ErasedError, KeyOwner, Keyring, UnreadableError
from vectal.platform.db import Database, DataScope, ReadSession, Scope, WriteSession
from vectal.platform.momentary import Recent
from vectal.platform.telemetry import get_logger

NO_KEY_NEEDED: Final[frozenset[ProviderKind]] = frozenset(("simulator", "openai_compatible"))

_WORKSPACES: Final = 1_000
"""Whose views are kept."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reach:
    """`keys` holds the credentials of each provider that has them; None is the built-in."""

    catalog: Catalog
    preferences: Preferences
    keys: Mapping[UUID | None, Credentials] = field(repr=False)

    def credentials(self, offer: Offer) -> Credentials | None:
        return self.keys.get(offer.provider.id)


class _Known(NamedTuple):
    """What was read of a workspace; it holds while its rows have this stamp, until then."""

    reach: Reach
    stamp: str
    until: datetime


class ReachChanges:
    """Tells who keeps what workspaces reach that this process has just changed it.

    Other processes look anew within a second.
    """

    def __init__(self) -> None:
        self.heard: list[Callable[[UUID], None]] = []

    def note(self, session: WriteSession, scope: DataScope) -> None:
        """Providers or preferences were written; it is told once that is committed."""
        session.after_commit(lambda: self._tell(scope.workspace_id))

    def _tell(self, workspace_id: UUID) -> None:
        for hear in self.heard:
            hear(workspace_id)


class ReachReader:
    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        models: ModelsFile,
        clock: Clock,
        local: ModelSpec | None = None,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._models = models
        self._clock = clock
        self._local = local
        self.changes = ReachChanges()
        self._known: Recent[UUID, _Known] = Recent(_WORKSPACES)

    async def read(self, scope: DataScope) -> Reach:
        """The very same while nothing has changed."""
        async with self._database.read(scope) as session:
            stamp = await providers_sql.find_stamp(session, scope)
            known = self._known.find(scope.workspace_id)
            if known and known.stamp == stamp and self._clock.now() < known.until:
                return known.reach
            reach, until = await self._read(session, scope)
        if until is not None:
            self._known.keep(scope.workspace_id, _Known(reach, stamp, until))
        return reach

    async def _read(self, session: ReadSession, scope: DataScope) -> tuple[Reach, datetime | None]:
        """As it is now, and until when it stays so if nobody changes it; None: not at all."""
        rows = await providers_sql.list_providers(session, scope)
        liked = await preferences_sql.find_preferences(session, scope)
        enabled = [row for row in rows if row.enabled]
        keys: dict[UUID | None, Credentials] = {None: Credentials("", scope=_scope(scope))}
        for row in enabled:
            credentials = await self.open(session, scope, row)
            if credentials is not None:
                keys[row.id] = credentials
        preferences = await self._signing(session, scope, liked)
        usable = [spec_of(row) for row in enabled]
        off = any(row.kind == "simulator" and not row.enabled for row in rows)
        now = self._clock.now()
        catalog = build_catalog(
            self._models, usable, now.date(), with_simulator=not off, local=self._local
        )
        # What could not be opened is tried again, and a secret that overlaps ends by itself.
        overlaps = liked is not None and liked.old_webhook_secret_until is not None
        is_lasting = len(keys) == len(enabled) + 1 and not overlaps
        return Reach(catalog, preferences, keys), _next_day(now) if is_lasting else None

    async def _signing(
        self, session: ReadSession, scope: DataScope, row: PreferencesRow | None
    ) -> Preferences:
        """The preferences, with the key that the webhook's requests are signed with."""
        preferences = preferences_of(row)
        rules = preferences.guardrails
        if row is None or row.sealed_webhook_secret is None or rules.webhook is None:
            return preferences
        raw = await self._open_secret(
            session, scope, row.sealed_webhook_secret, webhook_secret_place(scope)
        )
        old, until = row.sealed_old_webhook_secret, row.old_webhook_secret_until
        if old is None or until is None or until <= self._clock.now():
            return replace(preferences, guardrails=rules.signed_with(SigningKey(raw)))
        old_raw = await self._open_secret(session, scope, old, old_webhook_secret_place(scope))
        key = SigningKey(raw, old_raw, until.timestamp())
        return replace(preferences, guardrails=rules.signed_with(key))

    async def _open_secret(
        self, session: ReadSession, scope: DataScope, sealed: bytes, place: Aad
    ) -> bytes | None:
        try:
            return await self._keyring.open(session, owner_of(scope), sealed, place)
        except (UnreadableError, ErasedError):
            _log.warning("ai.webhook_secret_unreadable")
            return None

    async def open(
        self, session: ReadSession, scope: DataScope, row: ProviderRow
    ) -> Credentials | None:
        """The credentials of a provider; None when its key is missing or can't be opened."""
        if row.sealed_key is None:
            bare = Credentials(row.base_url, scope=_scope(scope))
            return bare if row.kind in NO_KEY_NEEDED else None
        try:
            key = await self._keyring.open(
                session, owner_of(scope), row.sealed_key, key_place(scope, row.id)
            )
        except (UnreadableError, ErasedError):
            _log.warning("ai.key_unreadable", provider_id=str(row.id))
            return None
        return Credentials(row.base_url, key.decode(), _scope(scope))


def _next_day(now: datetime) -> datetime:
    """When models may retire again."""
    return datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)


def spec_of(row: ProviderRow) -> ProviderSpec:
    kind = cast("ProviderKind", row.kind)
    return ProviderSpec(
        row.id,
        kind,
        row.name,
        row.base_url,
        tuple(listed_models(row.models)),
        row.weight,
        row.priority,
        row.region,
        "inside" if kind == "simulator" else cast("Location", row.location),
        cast("BatchRoute", row.batches),
        cast("ResponsesRoute", row.responses),
    )


def listed_models(stored: Iterable[object]) -> Iterable[ListedModel]:
    """Models as they were stored; written by us alone, so only the shape is checked."""
    for entry in stored:
        fields = as_object(entry)
        if as_model_name(fields.get("name")) is not None:
            yield ListedModel(**fields)


def preferences_of(row: PreferencesRow | None) -> Preferences:
    if row is None:
        return Preferences()
    return Preferences(
        cast("Taste", row.taste),
        cast("tuple[ProviderKind, ...]", tuple(row.providers)),
        frozenset(row.blocked_models),
        None if row.slots is None else cast("frozenset[Slot]", frozenset(row.slots)),
        DataPolicy(
            row.never_leaves, frozenset(row.allowed_providers), frozenset(row.allowed_regions)
        ),
        row.aliases,
        {name: tuple(names) for name, names in row.fallbacks.items()},
        msgspec.convert(row.response_cache, CacheRule),
        row.hedge_after_ms,
        msgspec.convert(row.guardrails, GuardrailRules),
    )


def columns_of(preferences: Preferences) -> dict[str, Any]:
    """The whole row but its workspace; the other way round than `preferences_of`."""
    slots, policy = preferences.slots, preferences.policy
    return {
        "taste": preferences.taste,
        "providers": list(preferences.providers),
        "blocked_models": sorted(preferences.blocked_models),
        "slots": None if slots is None else sorted(slots),
        "never_leaves": policy.never_leaves,
        "allowed_providers": sorted(policy.providers),
        "allowed_regions": sorted(policy.regions),
        "aliases": dict(preferences.aliases),
        "fallbacks": {name: list(names) for name, names in preferences.fallbacks.items()},
        "response_cache": msgspec.to_builtins(preferences.response_cache),
        "hedge_after_ms": preferences.hedge_after_ms,
        "guardrails": msgspec.to_builtins(preferences.guardrails.signed_with(None)),
    }


def owner_of(scope: DataScope) -> KeyOwner:
    return KeyOwner.workspace(scope.workspace_id)


def key_place(scope: DataScope, provider_id: UUID) -> Aad:
    return Aad("ai_providers", "sealed_key", provider_id, scope.workspace_id)


def webhook_secret_place(scope: DataScope) -> Aad:
    place = "sealed_webhook_secret"
    return Aad("ai_preferences", place, scope.workspace_id, scope.workspace_id)


def old_webhook_secret_place(scope: DataScope) -> Aad:
    place = "sealed_old_webhook_secret"
    return Aad("ai_preferences", place, scope.workspace_id, scope.workspace_id)


def _scope(scope: DataScope) -> DataScope:
    return Scope(scope.workspace_id, scope.user_id)
