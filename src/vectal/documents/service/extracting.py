"""The first stage: pages, read in the locked child and stored sealed as they come."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final

from vectal.documents.extraction.contracts import (
    Detected,
    ExtractionEvent,
    ExtractionOptions,
    Finished,
    Page,
    PartFailed,
    Progress,
)
from vectal.documents.extraction.contracts import Notice as Said
from vectal.documents.extraction.sandbox import Sandbox
from vectal.documents.extraction.source import DocumentSource
from vectal.documents.repository import documents, pages
from vectal.documents.service.journal import Journal
from vectal.documents.service.rules import DocumentRules
from vectal.documents.service.sealing import DocumentSeals, Report
from vectal.files.service import OpenVersion

_HELD: Final = 16
"""Pages that wait for their transaction at most; a killed worker reads them again."""
_HELD_S: Final = 1.0


@dataclass
class _Held:
    """What was said since the last transaction."""

    pages: list[Page] = field(default_factory=list[Page])
    total: int = 0
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Extracting:
    sandbox: Sandbox
    seals: DocumentSeals
    rules: DocumentRules
    slots: asyncio.Semaphore

    async def run(self, journal: Journal, opened: OpenVersion) -> None:
        """Store all pages that are not stored yet. Raises `ExtractionError`, `TakenOverError`."""
        async with self.slots:
            stream = opened.read()
            async with aclosing(stream):
                source = await DocumentSource.collect(stream, self.rules.limits)
            with source:
                await journal.begin_try()  # it waited for its turn until here, and cost nobody
                await self._read(journal, source, opened.file.name)

    async def _read(self, journal: Journal, source: DocumentSource, name: str) -> None:
        options = ExtractionOptions(
            name=name,
            start_page=journal.row.pages_done + 1,
            ocr=self.rules.ocr,
            limits=self.rules.limits,
        )
        held, report = _Held(total=journal.row.pages_total), Report()
        loop = asyncio.get_running_loop()
        async with aclosing(self.sandbox.extract(source, options)) as events:
            async for event in events:
                held.since = held.since or loop.time()
                report = await self._take(journal, held, report, event)
                if len(held.pages) >= _HELD or loop.time() - held.since > _HELD_S:
                    await self._store(journal, held)
        await self._store(journal, held, report)

    async def _take(
        self, journal: Journal, held: _Held, report: Report, event: ExtractionEvent
    ) -> Report:
        if isinstance(event, Page):
            held.pages.append(event)
        elif isinstance(event, Progress):
            held.total = max(held.total, event.total)
        elif isinstance(event, Detected):
            async with journal.step(kind=event.kind):
                pass
        elif isinstance(event, PartFailed):
            words = f"The attachment {event.name} could not be read. {event.detail}".strip()
            return report.with_notices((Said("attachment_skipped", words),))
        elif isinstance(event, Finished):
            said = report.with_notices(event.notices)
            return Report(title=event.title[:500], notices=said.notices)
        return report

    async def _store(self, journal: Journal, held: _Held, report: Report | None = None) -> None:
        """Pages and how far we are, in one transaction; with a report, the stage is over."""
        done = held.pages[-1].number if held.pages else journal.row.pages_done
        values: dict[str, Any] = {"pages_done": done, "pages_total": max(held.total, done)}
        if held.pages:
            values["tries"] = 0
        if report is not None:
            values |= {"stage": "chunks", "pages_total": done}
        scope, owner_id, document_id = journal.scope, journal.owner_id, journal.document_id
        async with journal.step(tell=report is not None, **values) as session:
            sealed = [
                (
                    page.number,
                    await self.seals.seal_page(session, scope, document_id, owner_id, page),
                )
                for page in held.pages
            ]
            await pages.add(session, scope, document_id, owner_id, sealed)
            if report is not None:
                words = await self.seals.seal_report(session, scope, document_id, owner_id, report)
                await documents.change(session, scope, document_id, sealed_report=words)
        held.pages, held.since = [], 0.0
