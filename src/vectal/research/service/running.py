"""The way of a research: its rounds (plan, search, read), then write, check, report.

A run may be killed anywhere. The next one goes on behind the last step that was written down; what
an older one still writes is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope
from vectal.platform.errors import AppError
from vectal.platform.telemetry import get_logger
from vectal.research.errors import EndedError, NoEngineError
from vectal.research.ports import Rights
from vectal.research.repository import researches
from vectal.research.search import SearchEngine
from vectal.research.service.asked import Asked
from vectal.research.service.asking import Asking
from vectal.research.service.checking import judge
from vectal.research.service.finishing import make_report
from vectal.research.service.gathering import Gathering
from vectal.research.service.journal import Journal, TakenOverError
from vectal.research.service.reading import Reading
from vectal.research.service.sealing import ResearchSeals
from vectal.research.service.writing import write

LOOK_EVERY_S: Final = 0.5
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    database: Database
    seals: ResearchSeals
    engines: Sequence[SearchEngine]
    asking: Asking
    reading: Reading
    rights: Rights
    clock: Clock

    async def run(self, scope: DataScope, research_id: UUID, *, is_last: bool = False) -> None:
        """Bring a research to its end; does nothing when it has one.

        Raises what may go away by itself, so that the job is tried again; when it `is_last`, that
        too ends the research as failed.
        """
        async with self.database.transaction(scope) as session:
            row = await researches.take(session, scope, research_id, self.clock.now())
        if row is None:
            return
        journal = Journal(self.database, self.seals, scope, self.clock, row)
        try:
            await self._watch(journal)
        except TakenOverError:
            _log.info("research.taken_over", research_id=str(research_id))
        except Exception as error:
            # A fault of this research ends it; what may pass is raised again for another try.
            ending = _ending_of(error, is_last=is_last)
            if ending is None:
                raise
            _log.warning("research.ended", research_id=str(research_id), code=ending[0])
            await self._fail(journal, *ending)
            if not isinstance(error, AppError):
                raise

    async def _watch(self, journal: Journal) -> None:
        """Work, and look now and then whether the work is still wanted."""
        left = (journal.row.deadline_at - self.clock.now()).total_seconds()
        work = asyncio.create_task(self._work(journal))
        try:
            while left > 0:
                done, _ = await asyncio.wait({work}, timeout=min(left, LOOK_EVERY_S))
                if done:
                    return await work
                if not await journal.is_ours():
                    raise TakenOverError
                left = (journal.row.deadline_at - self.clock.now()).total_seconds()
            raise EndedError("research.deadline", "It took longer than it was allowed to.")
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work})
            if not work.cancelled() and (error := work.exception()) is not None:
                _log.info("research.stopped", error=repr(error))

    async def _work(self, journal: Journal) -> None:
        try:
            await self._go(journal)
        except ExceptionGroup as group:
            # Searches and pages run side by side; the first that failed speaks for all.
            raise _first(group) from group

    async def _go(self, journal: Journal) -> None:
        if not self.engines:
            raise NoEngineError
        question = await journal.load()
        principal = await self._principal(journal)
        found = await self._gathering.gather(journal, principal, question)
        draft = await write(
            self.asking, journal, principal, question, found.queries, found.candidates, found.pages
        )
        if not draft.text:
            words = "No page that was found speaks of the question."
            raise EndedError("research.nothing_said", words)
        judged = await judge(self.asking, journal, principal, question, draft)
        report = await asyncio.to_thread(
            make_report,
            journal.row,
            found,
            draft,
            judged,
            wanted=len(found.queries) * len(self.engines),
        )
        async with self.database.read(journal.scope) as session:
            sealed = await self.seals.seal_report(
                session, journal.scope, journal.research_id, report
            )
        ended = {"state": "done", "stage": "done", "ended_at": self.clock.now()}
        async with journal.change(tell=True, sealed_report=sealed, **ended):
            pass

    @property
    def _gathering(self) -> Gathering:
        return Gathering(self.engines, self.asking, self.reading, self.clock)

    async def _principal(self, journal: Journal) -> Principal:
        principal = Asked.from_json(journal.row.asked).principal(journal.scope)
        if await self.rights.still_valid([principal]):
            words = "The session or key that asked for it was revoked."
            raise EndedError("research.rights_gone", words)
        return principal

    async def _fail(self, journal: Journal, code: str, words: str) -> None:
        scope, research_id = journal.scope, journal.research_id
        async with self.database.read(scope) as session:
            sealed = await self.seals.seal_text(
                session, scope, research_id, "sealed_detail", words[:1_000]
            )
        ended = {"state": "failed", "code": code, "ended_at": self.clock.now()}
        with suppress(TakenOverError):
            async with journal.change(tell=True, sealed_detail=sealed, **ended):
                pass


def _ending_of(error: Exception, *, is_last: bool) -> tuple[str, str] | None:
    """Code and words when the research ends by it; None when another try may help."""
    if isinstance(error, EndedError):
        return error.why, error.detail
    if isinstance(error, NoEngineError):
        return error.code, error.detail
    if not is_last:
        return None
    if isinstance(error, AppError):
        return error.code, error.detail
    return "internal", "Something went wrong on our side."


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """Neither searches nor pages open groups within their own."""
    parts = cast("Sequence[Exception]", group.exceptions)
    return next((each for each in parts if isinstance(each, TakenOverError)), parts[0])
