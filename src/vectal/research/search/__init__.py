"""Search engines behind one port: a query goes in, addresses and a few words of each come out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from vectal.platform.db import DataScope
from vectal.platform.errors import AppError

EngineName: TypeAlias = Literal["searxng", "perplexity", "sonar", "brave", "tavily"]
QUERY_CHARS: Final = 380
"""Brave takes 400 characters; the others take more."""


class Hit(msgspec.Struct, frozen=True):
    """A page that an engine names. All of it was written by strangers."""

    url: str
    title: str
    snippet: str
    published_on: str | None = None
    """As `2027-01-31`."""


class Answer(msgspec.Struct, frozen=True):
    """What one search gave, the best first."""

    hits: tuple[Hit, ...]
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Query:
    text: str
    limit: int = 10
    """Hits at most."""


class SearchFaultError(AppError):
    """An engine that does not answer, or not so that we understand it; the detail says more."""

    code = "research.search_failed"
    status = 502
    title = "A search engine did not answer"


class SearchEngine(Protocol):
    @property
    def name(self) -> EngineName: ...

    @property
    def price_usd(self) -> Decimal:
        """The most that one search costs; set aside before it is made."""
        ...

    async def search(self, scope: DataScope, query: Query) -> Answer:
        """Raises `SearchFaultError`."""
        ...
