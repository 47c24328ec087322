"""Asks every module at once, each within a time of its own: a slow one costs its part only."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.platform.errors import UnavailableError
from vectal.platform.resilience import DeadlineExceededError, within
from vectal.platform.telemetry import get_logger
from vectal.search.contracts import Facet, Kind, Wanted
from vectal.search.errors import CursorKindError
from vectal.search.service.parts import Part
from vectal.search.service.sources import Sources

__all__ = ["SearchService", "Sources"]

PART_S: Final = 2.0
AT_ONCE: Final = 8
"""Parts that are asked at a time by all searches of a process: each holds a connection."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SearchService:
    parts: Mapping[Kind, Part]
    part_s: float = PART_S
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @classmethod
    def build(cls, sources: Sources) -> Self:
        return cls(sources.parts())

    async def search(self, principal: Principal, wanted: Wanted) -> list[Facet]:
        """A facet for each kind that was asked for, in that order.

        Raises `CursorKindError`, and `InvalidCursorError` for a cursor of another search.
        """
        if wanted.cursor is not None and len(wanted.kinds) != 1:
            raise CursorKindError
        return await asyncio.gather(*(self._ask(principal, wanted, kind) for kind in wanted.kinds))

    async def _ask(self, principal: Principal, wanted: Wanted, kind: Kind) -> Facet:
        part = self.parts[kind]
        if not can(principal, part.action):
            return Facet(kind, "not_allowed")
        try:
            async with within(self.part_s), self.slots:
                hits, more = await part.ask(principal, wanted.text, wanted.limit, wanted.cursor)
        except (DeadlineExceededError, UnavailableError) as error:
            _log.warning("search.part_not_asked", kind=kind, error=repr(error))
            return Facet(kind, "unavailable")
        return Facet(kind, "searched", tuple(hits), more)
