"""The pages: asked for through the one way out, their text taken out behind locks, kept sealed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from vectal.platform.http import Caller, HttpCallError, HttpClient, HttpLimits, HttpRequest
from vectal.platform.http.messages import HttpResponse
from vectal.platform.resilience import BreakerOpenError
from vectal.platform.telemetry import get_logger
from vectal.research.merging import Candidate
from vectal.research.ports import PageReader, PageUnreadableError
from vectal.research.rounds import Share
from vectal.research.search.asking import day_of
from vectal.research.service.journal import Journal
from vectal.research.service.steps import PageDone

_LIMITS: Final = HttpLimits(
    total_s=25.0, connect_s=5.0, first_byte_s=15.0, idle_s=8.0, max_bytes=8 << 20, redirects=5
)
_HEADERS: Final = {
    "accept": "text/html,application/xhtml+xml,application/pdf,text/plain;q=0.8,*/*;q=0.1",
    "accept-language": "en;q=0.8,*;q=0.5",
    "user-agent": "Mozilla/5.0 (compatible; Vectal research; reads a page for one person)",
}
_KINDS: Final = {
    "text/html": "page.html",
    "application/xhtml+xml": "page.html",
    "application/pdf": "page.pdf",
    "text/plain": "page.txt",
    "text/markdown": "page.md",
}
_TEXT_CHARS: Final = 300_000
_HEAD_BYTES: Final = 65_536
_NUMBERS: Final = re.compile(r"\[\d{1,3}\]")
_PUBLISHED: Final = re.compile(
    rb"""(?:article:published_time|datePublished|dcterms\.created|date\.issued)["'][^<>]{0,80}?"""
    rb"""["']\s{0,4}(\d{4}-\d{2}-\d{2})""",
    re.IGNORECASE,
)
_AT_ONCE: Final = 4
_SPARE: Final = 2
"""Pages that fail are made up for by so many times more candidates, within the limit."""
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """`slots` are the pages that are asked for at once, over all researches of a process."""

    client: HttpClient
    reader: PageReader
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))

    async def read_all(
        self,
        journal: Journal,
        candidates: Sequence[Candidate],
        known: Mapping[str, PageDone],
        share: Share,
        seconds: float,
    ) -> bool:
        """Read the best of the candidates until the round has its share; False: time was short.

        The `known` were read before, in this round or another, and are not asked for again.
        """
        chosen = candidates[: share.wanted * _SPARE]
        await journal.enter("reading")
        waiting = iter(chosen)
        good = sum(page.fault == "" for page in known.values())
        is_full = False
        in_turn = asyncio.Lock()  # so that the count that is written only grows

        async def work() -> None:
            nonlocal good, is_full
            for each in waiting:
                if good >= share.wanted or is_full:
                    return
                if journal.find(key_of(each), PageDone) is not None:
                    continue
                async with self.slots:
                    if not await journal.reserve_page(share.pages):
                        is_full = True
                        return
                    page = await self._read(journal, each)
                async with in_turn:
                    good += page.fault == ""
                    await journal.write(key_of(each), page, pages_read=good)

        limit = asyncio.timeout(max(0.0, seconds))
        try:
            async with limit, asyncio.TaskGroup() as group:
                for _ in range(min(_AT_ONCE, len(chosen))):
                    group.create_task(work())
        except TimeoutError:
            if not limit.expired():
                raise
            return False
        return True

    async def _read(self, journal: Journal, candidate: Candidate) -> PageDone:
        url = candidate.url
        caller = Caller("research page", journal.scope.workspace_id, journal.scope.user_id)
        try:
            response = await self.client.send(
                HttpRequest("GET", url, _HEADERS, limits=_LIMITS), caller
            )
            name = _name_of(response)
            words = await self.reader.read(name, response.body)
        except (HttpCallError, BreakerOpenError, PageUnreadableError) as error:
            _log.info("research.page_unread", code=error.code)
            return PageDone(url, fault=str(error)[:300])
        # Numbers in brackets would look like citations of ours.
        text = _NUMBERS.sub("", words.text[:_TEXT_CHARS]).strip()
        if not text:
            return PageDone(url, fault="It holds no text.")
        return PageDone(
            url,
            words.title[:300],
            text,
            candidate.published_on or _published(response.body),
            words.has_hidden_text,
        )


def pages_of(journal: Journal, candidates: Sequence[Candidate]) -> dict[str, PageDone]:
    """Pages that were asked for, with and without text, by the canonical address."""
    found = ((each.key, journal.find(key_of(each), PageDone)) for each in candidates)
    return {key: page for key, page in found if page is not None}


def key_of(candidate: Candidate) -> str:
    """Keys are readable by whoever reads the table, so no address stands in them."""
    return f"page:{sha256(candidate.key.encode()).hexdigest()[:32]}"


def _name_of(response: HttpResponse) -> str:
    if not response.ok:
        raise PageUnreadableError(f"It answers with status {response.status}.")
    media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    name = _KINDS.get(media)
    if name is None:
        raise PageUnreadableError("It is no page of text.")
    return name


def _published(content: bytes) -> str | None:
    found = _PUBLISHED.search(content[:_HEAD_BYTES])
    return day_of(found[1].decode("ascii")) if found else None
