"""A page of the web as text: fetched by the one way out, read in the locked child, kept nowhere."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

import msgspec

from vectal.auth.principal import Principal
from vectal.documents.cleaning import clean
from vectal.documents.errors import WebPageRefusedError
from vectal.documents.extraction.contracts import (
    ExtractionOptions,
    Finished,
    OcrOptions,
    Page,
)
from vectal.documents.extraction.sandbox import Sandbox
from vectal.documents.extraction.source import DocumentSource
from vectal.documents.service.rules import DocumentRules
from vectal.platform.http import Caller, HttpClient, HttpLimits, HttpRequest

_PURPOSE: Final = "web page"
_LIMITS: Final = HttpLimits(
    total_s=25.0, connect_s=5.0, first_byte_s=15.0, idle_s=10.0, max_bytes=8 << 20, redirects=5
)
_READING_S: Final = 20.0
_MOST_PAGES: Final = 200
_MOST_CHARS: Final = 400_000
_NAMES: Final = {
    "text/html": "page.html",
    "application/xhtml+xml": "page.xhtml",
    "text/markdown": "page.md",
    "text/csv": "page.csv",
    "text/plain": "page.txt",
    "application/json": "page.txt",
    "application/pdf": "page.pdf",
}
"""What the reader takes for a hint; an address is no name of a file."""
_HEADERS: Final = {
    "accept": "text/html,application/xhtml+xml,text/plain,application/pdf;q=0.9,*/*;q=0.5",
    "accept-language": "en;q=0.8,*;q=0.5",
}


@dataclass(frozen=True, slots=True)
class WebPage:
    """`text` is Markdown where the page was HTML; `address` is where redirects have led."""

    address: str
    title: str = field(repr=False)
    text: str = field(repr=False)
    has_hidden_text: bool
    """It holds characters that a reader does not see; each run is named in its place."""
    is_cut: bool


class WebPages:
    """`client` must be one that reaches public addresses alone, whatever the operator has opened.

    Who says which page to read may be a page that was read before.
    """

    def __init__(self, client: HttpClient, sandbox: Sandbox, rules: DocumentRules) -> None:
        self._client = client
        self._sandbox = sandbox
        self._rules = rules
        self._slots = asyncio.Semaphore(rules.parsers)

    async def read(self, principal: Principal, url: str) -> WebPage:
        """Raises `HttpCallError`, `ExtractionError`, and `WebPageRefusedError` for other answers.

        No cookie and no credential goes along: what is read is what anybody could read.
        """
        caller = Caller(_PURPOSE, principal.workspace_id, principal.user_id)
        request = HttpRequest("GET", url, headers=_HEADERS, limits=_LIMITS)
        answer = await self._client.send(request, caller)
        if not answer.ok:
            raise WebPageRefusedError(f"The page answers with status {answer.status}.")
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        pages, title = await self._extract(answer.body, _NAMES.get(media_type, "page"))
        cleaned = [clean(page) for page in pages]
        text = "\n\n".join(each.text for each in cleaned if each.text)
        return WebPage(
            answer.url,
            " ".join(title.split())[:300],
            text[:_MOST_CHARS],
            any(each.hidden for each in cleaned),
            len(text) > _MOST_CHARS,
        )

    async def _extract(self, body: bytes, name: str) -> tuple[list[Page], str]:
        limits = msgspec.structs.replace(
            self._rules.limits,
            document_bytes=_LIMITS.max_bytes,
            cpu_s=int(_READING_S),
            deadline_s=_READING_S,
            idle_s=_READING_S,
            pages=_MOST_PAGES,
            parts=1,
        )
        options = ExtractionOptions(name=name, ocr=OcrOptions(mode="off"), limits=limits)
        pages: list[Page] = []
        title = ""
        async with self._slots:
            with DocumentSource.of(body) as source:
                async with aclosing(self._sandbox.extract(source, options)) as events:
                    async for event in events:
                        if isinstance(event, Page):
                            pages.append(event)
                        elif isinstance(event, Finished):
                            title = event.title
        return pages, title
