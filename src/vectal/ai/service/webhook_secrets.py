"""The secret that requests to a workspace's judge are signed with: made, sealed, shown once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from vectal.ai.guardrails.signing import new_raw_key, secret_of
from vectal.ai.repository import preferences as sql
from vectal.ai.service.reach import owner_of, webhook_secret_place
from vectal.platform.clock import Clock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope


@dataclass(frozen=True, slots=True)
class NewWebhookSecret:
    """`secret` can't be had again."""

    secret: str = field(repr=False)
    made_at: datetime


class WebhookSecretService:
    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    async def made_at(self, principal: DataScope) -> datetime | None:
        """When the secret was made that holds now; None when there is none."""
        async with self._database.read(principal) as session:
            row = await sql.find_preferences(session, principal)
        return None if row is None else row.webhook_secret_at

    async def make(self, principal: DataScope) -> NewWebhookSecret:
        """Make a secret. It takes the place of the one before, from the next call on."""
        raw, now = new_raw_key(), self._clock.now()
        place = webhook_secret_place(principal)
        async with self._database.transaction(principal) as session:
            sealed = await self._keyring.seal(session, owner_of(principal), raw, place)
            values = {"sealed_webhook_secret": sealed, "webhook_secret_at": now}
            await sql.save_preferences(session, principal, values)
        return NewWebhookSecret(secret_of(raw), now)
