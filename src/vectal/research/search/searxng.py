"""SearXNG, a metasearch engine that one runs oneself: `GET /search?format=json`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

import msgspec

from vectal.platform.db import DataScope
from vectal.research.search import Answer, EngineName, Query, SearchFaultError
from vectal.research.search.asking import EngineHttp, make_hit, usable

_FREE: Final = Decimal(0)


class _Result(msgspec.Struct, rename="camel"):
    url: str | None = None
    title: str | None = None
    content: str | None = None
    published_date: str | None = None


class _Results(msgspec.Struct):
    results: list[_Result]
    unresponsive_engines: list[list[str | None]] = []


@dataclass(frozen=True, slots=True)
class SearxngEngine:
    http: EngineHttp

    @property
    def name(self) -> EngineName:
        return "searxng"

    @property
    def price_usd(self) -> Decimal:
        return _FREE

    async def search(self, scope: DataScope, query: Query) -> Answer:
        path = "/search?" + urlencode({"q": query.text, "format": "json", "safesearch": "0"})
        found = await self.http.ask(scope, "GET", path, _Results)
        hits = usable(
            (make_hit(r.url, r.title, r.content, r.published_date) for r in found.results if r.url),
            query.limit,
        )
        if not hits and found.unresponsive_engines:
            names = ", ".join(str(each[0]) for each in found.unresponsive_engines if each)
            raise SearchFaultError(f"Its own engines do not answer: {names[:200]}.")
        return Answer(hits)
