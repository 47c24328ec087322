"""Looking back: the calls of a workspace one by one, and how its providers are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from vectal.ai.catalog.offers import Offer
from vectal.ai.policy import can_see_everyones_usage
from vectal.ai.ports import Health
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.health import read_health
from vectal.ai.proxy.measures import Measured
from vectal.ai.repository import usage as usage_sql
from vectal.ai.service.reach import ReachReader
from vectal.ai.tables import UsageRow
from vectal.ai.usage.filters import CallFilter
from vectal.auth.principal import Principal
from vectal.platform.db import Database
from vectal.platform.db.paging import Slice, decode_place, encode_place
from vectal.platform.resilience.breaker import State

CURSOR: Final = "ai_calls"


@dataclass(frozen=True, slots=True)
class OfferHealth:
    """A model at a provider, as this process has met it.

    `state` is that of its breaker and `since` as the breaker tells it, both None while the
    model was not asked. `measured` speaks for its latest calls, and is None for too few of them.
    """

    provider_id: UUID | None
    provider: str
    model: str
    health: Health
    failure_share: float
    state: State | None
    since: datetime | None
    measured: Measured | None


class CallReader:
    def __init__(self, database: Database, reach: ReachReader, proxy: ModelProxy) -> None:
        self._database = database
        self._reach = reach
        self._proxy = proxy

    async def list_calls(
        self,
        principal: Principal,
        *,
        cursor: str | None,
        limit: int,
        everyone: bool,
        wanted: CallFilter | None = None,
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
                wanted=wanted,
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
            self._health_of(offer, states.get(offer.key, "healthy"))
            for offer in (*reach.catalog.offers, *reach.catalog.embeddings)
        ]
        return sorted(found, key=lambda each: (each.health == "healthy", each.provider, each.model))

    def _health_of(self, offer: Offer, health: Health) -> OfferHealth:
        board, measures = self._proxy.breakers, self._proxy.measures
        # Only look: a breaker that is made for a look would push out one that is in use.
        breaker = board.find(offer.key) if offer.key in board.list_states() else None
        return OfferHealth(
            offer.provider.id,
            offer.provider.name,
            offer.model.name,
            health,
            breaker.failure_share if breaker else 0.0,
            breaker.state if breaker else None,
            breaker.since if breaker else None,
            measures.snapshot().get(offer.key),
        )
