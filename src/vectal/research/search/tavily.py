"""Tavily: `POST /search`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from vectal.platform.db import DataScope
from vectal.research.search import Answer, EngineName, Query
from vectal.research.search.asking import EngineHttp, make_hit, usable

BASE_URL: Final = "https://api.tavily.com"
_PRICE: Final = Decimal("0.008")
"""A basic search takes one credit."""
_MOST: Final = 20


class _Result(msgspec.Struct):
    url: str = ""
    title: str | None = None
    content: str | None = None
    published_date: str | None = None


class _Results(msgspec.Struct):
    results: list[_Result] = []


@dataclass(frozen=True, slots=True)
class TavilyEngine:
    http: EngineHttp

    @property
    def name(self) -> EngineName:
        return "tavily"

    @property
    def price_usd(self) -> Decimal:
        return _PRICE

    async def search(self, scope: DataScope, query: Query) -> Answer:
        asked = {
            "query": query.text,
            "max_results": min(query.limit, _MOST),
            "search_depth": "basic",
            "include_answer": False,
        }
        found = await self.http.ask(scope, "POST", "/search", _Results, asked)
        hits = (make_hit(r.url, r.title, r.content, r.published_date) for r in found.results)
        return Answer(usable(hits, query.limit), _PRICE)


def headers_of(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}
