"""The secret that requests to a workspace's judge are signed with: made, sealed, shown once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from vectal.ai.guardrails.signing import new_raw_key, secret_of
from vectal.ai.repository import preferences as sql
from vectal.ai.service.reach import (
    ReachChanges,
    old_webhook_secret_place,
    owner_of,
    webhook_secret_place,
)
from vectal.platform.clock import Clock
from vectal.platform.crypto import ErasedError, Keyring, UnreadableError
from vectal.platform.db import Database, DataScope, WriteSession

OVERLAP: Final = timedelta(hours=24)
"""How long a secret signs on, beside the one that has taken its place."""


@dataclass(frozen=True, slots=True)
class WebhookSecretState:
    """Since when there is a secret, and until when the one before it signs beside it."""

    made_at: datetime | None = None
    old_signs_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewWebhookSecret:
    """`secret` can't be had again."""

    secret: str = field(repr=False)
    made_at: datetime
    old_signs_until: datetime | None


class WebhookSecretService:
    def __init__(
        self, database: Database, keyring: Keyring, clock: Clock, changes: ReachChanges
    ) -> None:
        self._database = database
        self._changes = changes
        self._keyring = keyring
        self._clock = clock

    async def get_state(self, principal: DataScope) -> WebhookSecretState:
        async with self._database.read(principal) as session:
            row = await sql.find_preferences(session, principal)
        if row is None:
            return WebhookSecretState()
        until = row.old_webhook_secret_until
        signs = until is not None and until > self._clock.now()
        return WebhookSecretState(row.webhook_secret_at, until if signs else None)

    async def make(self, principal: DataScope) -> NewWebhookSecret:
        """Make a secret. The one before signs beside it for `OVERLAP`; older ones no more."""
        raw, now = new_raw_key(), self._clock.now()
        place = webhook_secret_place(principal)
        async with self._database.transaction(principal) as session:
            self._changes.note(session, principal)
            old = await self._seal_old(session, principal)
            until = None if old is None else now + OVERLAP
            sealed = await self._keyring.seal(session, owner_of(principal), raw, place)
            values = {
                "sealed_webhook_secret": sealed,
                "webhook_secret_at": now,
                "sealed_old_webhook_secret": old,
                "old_webhook_secret_until": until,
            }
            await sql.save_preferences(session, principal, values)
        return NewWebhookSecret(secret_of(raw), now, until)

    async def _seal_old(self, session: WriteSession, principal: DataScope) -> bytes | None:
        """The secret that holds now, sealed for its new place; None when there is none to keep."""
        row = await sql.lock_preferences(session, principal)
        if row.sealed_webhook_secret is None:
            return None
        owner, place = owner_of(principal), webhook_secret_place(principal)
        try:
            raw = await self._keyring.open(session, owner, row.sealed_webhook_secret, place)
        except (UnreadableError, ErasedError):
            return None  # lost: that is what it is replaced for
        return await self._keyring.seal(session, owner, raw, old_webhook_secret_place(principal))
