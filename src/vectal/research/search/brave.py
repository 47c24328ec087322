"""Brave Search: `GET /res/v1/web/search`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

import msgspec

from vectal.platform.db import DataScope
from vectal.research.search import Answer, EngineName, Query
from vectal.research.search.asking import EngineHttp, make_hit, usable

BASE_URL: Final = "https://api.search.brave.com"
_PRICE: Final = Decimal("0.005")
_MOST: Final = 20


class _Result(msgspec.Struct):
    url: str = ""
    title: str | None = None
    description: str | None = None
    page_age: str | None = None
    extra_snippets: list[str] = []


class _Web(msgspec.Struct):
    results: list[_Result] = []


class _Results(msgspec.Struct):
    web: _Web | None = None
    """Left out when nothing was found."""


@dataclass(frozen=True, slots=True)
class BraveEngine:
    http: EngineHttp

    @property
    def name(self) -> EngineName:
        return "brave"

    @property
    def price_usd(self) -> Decimal:
        return _PRICE

    async def search(self, scope: DataScope, query: Query) -> Answer:
        asked = {"q": query.text, "count": min(query.limit, _MOST), "text_decorations": "false"}
        path = "/res/v1/web/search?" + urlencode(asked)
        found = await self.http.ask(scope, "GET", path, _Results)
        results = found.web.results if found.web is not None else []
        hits = (make_hit(each.url, each.title, _words(each), each.page_age) for each in results)
        return Answer(usable(hits, query.limit), _PRICE)


def headers_of(key: str) -> dict[str, str]:
    return {"x-subscription-token": key}


def _words(result: _Result) -> str:
    return " … ".join([result.description or "", *result.extra_snippets])
