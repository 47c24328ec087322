"""Looking back: the calls of a workspace one by one, and how its providers are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.ai.policy import can_see_everyones_usage
from vectal.ai.ports import Health
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.health import read_health
from vectal.ai.repository import usage as usage_sql
from vectal.ai.service.reach import ReachReader
from vectal.ai.tables import UsageRow
from vectal.auth.principal import Principal
from vectal.platform.db import Database
from vectal.platform.db.paging import Slice, decode_place, encode_place

CURSOR: Final = "ai_calls"


@dataclass(frozen=True, slots=True)
class OfferHealth:
    """A model at a provider, as this process has met it."""

    provider_id: UUID | None
    provider: str
    model: str
    health: Health
    failure_share: float


class CallReader:
    def __init__(self, database: Database, reach: ReachReader, proxy: ModelProxy) -> None:
        self._database = database
        self._reach = reach
        self._proxy = proxy

    async def list_calls(
        self, principal: Principal, *, cursor: str | None, limit: int, everyone: bool
    ) -> Slice[UsageRow]:
        """Newest first. Members see their own; `everyone` is for administrators."""
        sees_all = everyone and can_see_everyones_usage(principal)
        async with self._database.read(principal) as session:
            rows = await usage_sql.list_calls(
                session,
                principal,
                user_id=None if sees_all else principal.user_id,
                before=None if cursor is None else decode_place(CURSOR, cursor),
                limit=limit + 1,
            )
        page = list(rows[:limit])
        if len(rows) <= limit:
            return Slice(page, None)
        last = page[-1]
        return Slice(page, encode_place(CURSOR, last.at, last.id))

    async def list_health(self, principal: Principal) -> list[OfferHealth]:
        """Every model within reach with its health in this process, the ailing first."""
        reach = await self._reach.read(principal)
        states = read_health(self._proxy.breakers)
        found = [
            OfferHealth(
                offer.provider.id,
                offer.provider.name,
                offer.model.name,
                states.get(offer.key, "healthy"),
                self._proxy.breakers.find(offer.key).failure_share if offer.key in states else 0.0,
            )
            for offer in (*reach.catalog.offers, *reach.catalog.embeddings)
        ]
        return sorted(found, key=lambda each: (each.health == "healthy", each.provider, each.model))
