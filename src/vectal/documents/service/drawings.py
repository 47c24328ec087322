"""Pages as pictures, drawn in the locked child when somebody looks at them, and kept nowhere.

A browser keeps what it has got under its tag, so a page is drawn once for each that looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.documents.errors import DrawingBusyError, PageNotFoundError
from vectal.documents.extraction.contracts import PageMissing, PictureOptions
from vectal.documents.extraction.sandbox import Sandbox
from vectal.documents.extraction.source import DocumentSource
from vectal.documents.service.rules import DocumentRules
from vectal.files.service import FileServices, OpenVersion


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page that can be drawn."""

    opened: OpenVersion = field(repr=False)
    page: int
    width: int
    """Pixels at most."""

    @property
    def etag(self) -> str:
        """Strong as long as the same program draws: a version never changes."""
        return f'"{self.opened.etag[1:-1]}-{self.page}-{self.width}"'


class Drawings:
    def __init__(self, files: FileServices, sandbox: Sandbox, rules: DocumentRules) -> None:
        self._files = files
        self._sandbox = sandbox
        self._rules = rules
        self._slots = asyncio.Semaphore(rules.drawers)
        self._waiting = 0

    async def find(
        self, principal: Principal, file_id: UUID, page: int, width: int, number: int | None = None
    ) -> Drawing:
        """Raises what `FileServices.open_version` raises."""
        return Drawing(await self._files.open_version(principal, file_id, number), page, width)

    async def draw(self, drawing: Drawing) -> bytes:
        """A WebP. Raises `PageNotFoundError`, `ExtractionError` and `DrawingBusyError`."""
        limits = self._rules.drawing_limits
        options = PictureOptions(drawing.opened.file.name, drawing.page, drawing.width, limits)
        async with self._turn():
            stream = drawing.opened.read()
            async with aclosing(stream):
                source = await DocumentSource.collect(stream, limits)
            with source:
                drawn = await self._sandbox.draw(source, options)
        if isinstance(drawn, PageMissing):
            raise PageNotFoundError(f"It has {drawn.pages}.")
        return drawn.content

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        if self._waiting >= self._rules.drawings_waiting:
            raise DrawingBusyError
        self._waiting += 1
        try:
            async with asyncio.timeout(self._rules.drawing_wait_s):
                await self._slots.acquire()
        except TimeoutError:
            raise DrawingBusyError from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()
