"""Perplexity: its Search API (`POST /search`), and Sonar (`POST /chat/completions`).

Sonar writes an answer of its own, which is not believed: only the pages that it leans on are taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from vectal.platform.db import DataScope
from vectal.research.search import Answer, EngineName, Hit, Query
from vectal.research.search.asking import EngineHttp, make_hit, usable

BASE_URL: Final = "https://api.perplexity.ai"
_SEARCH_PRICE: Final = Decimal("0.005")
_SONAR_PRICE: Final = Decimal("0.02")
"""The dearest request fee, and a dollar a million tokens for what little it may write."""
_SONAR_TOKENS: Final = 400
_MOST: Final = 20


class _Result(msgspec.Struct):
    url: str = ""
    title: str | None = None
    snippet: str | None = None
    date: str | None = None
    last_updated: str | None = None


class _Results(msgspec.Struct):
    results: list[_Result] = []


class _Cost(msgspec.Struct):
    total_cost: float | None = None


class _Usage(msgspec.Struct):
    cost: _Cost | None = None


class _Written(msgspec.Struct):
    search_results: list[_Result] = []
    citations: list[str] = []
    usage: _Usage | None = None


@dataclass(frozen=True, slots=True)
class PerplexityEngine:
    http: EngineHttp

    @property
    def name(self) -> EngineName:
        return "perplexity"

    @property
    def price_usd(self) -> Decimal:
        return _SEARCH_PRICE

    async def search(self, scope: DataScope, query: Query) -> Answer:
        asked = {"query": query.text, "max_results": min(query.limit, _MOST)}
        found = await self.http.ask(scope, "POST", "/search", _Results, asked)
        hits = (_hit(each) for each in found.results)
        return Answer(usable(hits, query.limit), _SEARCH_PRICE)


@dataclass(frozen=True, slots=True)
class SonarEngine:
    http: EngineHttp

    @property
    def name(self) -> EngineName:
        return "sonar"

    @property
    def price_usd(self) -> Decimal:
        return _SONAR_PRICE

    async def search(self, scope: DataScope, query: Query) -> Answer:
        asked = {
            "model": "sonar",
            "messages": [{"role": "user", "content": query.text}],
            "max_tokens": _SONAR_TOKENS,
            "web_search_options": {"search_context_size": "low"},
        }
        found = await self.http.ask(scope, "POST", "/chat/completions", _Written, asked)
        results = found.search_results or [_Result(url=url) for url in found.citations]
        hits = usable((_hit(each) for each in results), query.limit)
        return Answer(hits, _cost(found))


def headers_of(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def _hit(result: _Result) -> Hit:
    return make_hit(result.url, result.title, result.snippet, result.date or result.last_updated)


def _cost(found: _Written) -> Decimal:
    """As it says itself; the most that it could be where it does not say, or says more."""
    told = found.usage.cost.total_cost if found.usage and found.usage.cost else None
    if told is None or not told >= 0:
        return _SONAR_PRICE
    return Decimal(str(round(told, 8)))
