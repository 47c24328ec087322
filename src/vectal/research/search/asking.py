"""What engines over HTTP have in common: one deadline, few tries, one way to fail, tidy hits."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar

import msgspec

from vectal.platform.db import DataScope
from vectal.platform.http import Caller, HttpCallError, HttpClient, HttpLimits, HttpRequest
from vectal.platform.resilience import BreakerOpenError, RetryRule
from vectal.platform.telemetry import get_logger
from vectal.research.search import Hit, SearchFaultError

_LIMITS: Final = HttpLimits(total_s=25.0, first_byte_s=20.0, idle_s=10.0, max_bytes=4 << 20)
_RETRY: Final = RetryRule(attempts=2, first_s=0.3, longest_s=2.0)
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TITLE_CHARS: Final = 300
_SNIPPET_CHARS: Final = 2_000
_URL_CHARS: Final = 2_000
_PURPOSE: Final = "web search"
_UNAUTHORIZED: Final = frozenset((401, 403))
_TOO_MANY: Final = 429
_OUT_OF_MONEY: Final = frozenset((402, 432, 433))

T = TypeVar("T")
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EngineHttp:
    """The way to one engine. A search may be asked twice: it changes nothing."""

    client: HttpClient
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    async def ask(
        self, scope: DataScope, method: str, path: str, shape: type[T], body: object = None
    ) -> T:
        """An answer of success as `shape`. Raises `SearchFaultError`."""
        headers, content = {**self.headers, "accept": "application/json"}, b""
        if body is not None:
            headers["content-type"] = "application/json"
            content = msgspec.json.encode(body)
        request = HttpRequest(
            method, self.base_url + path, headers, content, _LIMITS, _RETRY, may_repeat=True
        )
        caller = Caller(_PURPOSE, scope.workspace_id, scope.user_id)
        try:
            response = await self.client.send(request, caller)
            if response.ok:
                return response.json(shape)
        except (HttpCallError, BreakerOpenError) as error:
            raise SearchFaultError(str(error)) from error
        _log.warning("research.engine_refuses", status=response.status, url=self.base_url)
        raise SearchFaultError(_words(response.status))


def _words(status: int) -> str:
    if status in _UNAUTHORIZED:
        return "It does not take the key."
    if status == _TOO_MANY:
        return "It was asked too often."
    if status in _OUT_OF_MONEY:
        return "Its plan is used up."
    return f"It answers with status {status}."


def make_hit(url: str, title: str | None, snippet: str | None, published: str | None = None) -> Hit:
    """A hit in plain text: engines mark words with tags and write entities."""
    return Hit(
        url.strip()[: _URL_CHARS + 1],
        _plain(title or "", _TITLE_CHARS),
        _plain(snippet or "", _SNIPPET_CHARS),
        day_of(published),
    )


def usable(hits: Iterable[Hit], limit: int) -> tuple[Hit, ...]:
    """Web addresses of a sane length; the first `limit` of them."""
    web = (
        hit
        for hit in hits
        if hit.url.lower().startswith(("https://", "http://")) and len(hit.url) <= _URL_CHARS
    )
    return tuple(hit for hit, _ in zip(web, range(limit), strict=False))


def day_of(text: str | None) -> str | None:
    """The day of a date or a time in ISO form, as `2027-01-31`; None for anything else."""
    match = _DAY.match((text or "").strip())
    if match is None:
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return day.isoformat()


def _plain(text: str, limit: int) -> str:
    plain = html.unescape(_TAG.sub("", text[: 4 * limit]))
    return " ".join("".join(c if c.isprintable() else " " for c in plain).split())[:limit]
