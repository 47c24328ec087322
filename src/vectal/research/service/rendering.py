"""Reports as files. A PDF takes a second of a processor, so few are made at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.platform.errors import UnavailableError
from vectal.research.contracts import Report
from vectal.research.report.markdown import to_markdown
from vectal.research.service.researches import Researches

_PATIENCE_S: Final = 15.0


class PrintingBusyError(UnavailableError):
    code = "research.printing_busy"
    title = "Too many reports are being printed now"


@dataclass(frozen=True, slots=True)
class Rendering:
    researches: Researches
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    async def to_markdown(self, principal: Principal, research_id: UUID) -> str:
        """Raises `ResearchNotFoundError` and `NoReportError`."""
        research, report = await self.researches.get_report(principal, research_id)
        return to_markdown(research.question, report, research.ended_at)

    async def to_pdf(self, principal: Principal, research_id: UUID) -> bytes:
        """Raises `ResearchNotFoundError`, `NoReportError` and `PrintingBusyError`."""
        research, report = await self.researches.get_report(principal, research_id)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self.slots.acquire()
        except TimeoutError as error:
            raise PrintingBusyError from error
        try:
            return await asyncio.to_thread(_print, research.question, report, research.ended_at)
        finally:
            self.slots.release()


def _print(question: str, report: Report, ended_at: datetime | None) -> bytes:
    """In a thread, and so are the imports: fonts take a tenth of a second, and most never print."""
    from vectal.research.report.pdf import to_pdf  # noqa: PLC0415

    return to_pdf(question, report, ended_at)
