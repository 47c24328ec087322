"""What people ask of researches: to begin one, how far it is, its report, to stop it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, ReadSession, Scope, WriteSession
from vectal.platform.db.paging import Slice, decode_id, encode_cursor
from vectal.platform.ids import new_id
from vectal.research.contracts import (
    UNDER_WAY,
    Limits,
    NewResearch,
    Report,
    Research,
    Spent,
    Stage,
    State,
)
from vectal.research.errors import (
    NoEngineError,
    NoReportError,
    NotUnderWayError,
    ResearchNotFoundError,
    TooManyError,
    UnderWayError,
)
from vectal.research.ports import Enqueue
from vectal.research.repository import researches
from vectal.research.search import SearchEngine
from vectal.research.service.asked import Asked
from vectal.research.service.asking import Models
from vectal.research.service.journal import depth_of, tell_row
from vectal.research.service.sealing import ResearchSeals
from vectal.research.tables import ResearchRow

MOST_UNDER_WAY: Final = 5
"""Of one person."""
_KIND: Final = "researches"
_LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class Researches:
    database: Database
    seals: ResearchSeals
    engines: Sequence[SearchEngine]
    models: Models
    enqueue: Enqueue
    clock: Clock

    async def create(
        self, principal: Principal, new: NewResearch, research_id: UUID | None = None
    ) -> Research:
        """Queue a research; one whose id there is already is given as it is.

        Raises `NoEngineError`, `TooManyError`, `ForbiddenError`.
        """
        if not self.engines:
            raise NoEngineError
        await self.models.check_caller(principal)
        research_id, now = research_id or new_id(), self.clock.now()
        async with self.database.transaction(principal) as session:
            known = await researches.find(session, principal, research_id)
            if known is not None:
                return await self._opened(session, principal, known)
            if await researches.count_under_way(session, principal) >= MOST_UNDER_WAY:
                words = f"{MOST_UNDER_WAY} of one person may be; wait for one to end."
                raise TooManyError(words)
            question = await self.seals.seal_text(
                session, principal, research_id, "sealed_question", new.question
            )
            await researches.add(
                session,
                principal,
                id=research_id,
                depth=new.depth,
                asked=Asked.by(principal).as_json(),
                searches_most=new.limits.searches,
                pages_most=new.limits.pages,
                tokens_most=new.limits.tokens,
                cost_most_usd=new.limits.cost_usd,
                rounds_most=new.limits.rounds,
                sealed_question=question,
                created_at=now,
                touched_at=now,
                deadline_at=now + timedelta(seconds=new.limits.seconds),
            )
            row = await self._find(session, principal, research_id)
            await self.enqueue(session, principal.user_id, research_id)
            await tell_row(session, row)
            return await self._opened(session, principal, row)

    async def get(self, principal: Principal, research_id: UUID) -> Research:
        """Raises `ResearchNotFoundError`."""
        async with self.database.read(principal) as session:
            row = await self._find(session, principal, research_id)
            return await self._opened(session, principal, row)

    async def list_own(
        self, principal: Principal, *, cursor: str | None, limit: int
    ) -> Slice[Research]:
        """The newest first. Raises `InvalidCursorError`."""
        before = decode_id(_KIND, cursor) if cursor is not None else None
        async with self.database.read(principal) as session:
            rows = await researches.list_own(session, principal, before=before, limit=limit + 1)
            items = [await self._opened(session, principal, row) for row in rows[:limit]]
        is_more = len(rows) > limit
        return Slice(items, encode_cursor(_KIND, [str(items[-1].id)]) if is_more else None)

    async def cancel(self, principal: Principal, research_id: UUID) -> Research:
        """Stop it; whoever works on it notices within a second.

        Raises `ResearchNotFoundError` and `NotUnderWayError`.
        """
        async with self.database.transaction(principal) as session:
            row = await self._find(session, principal, research_id, lock=True)
            if row.state not in UNDER_WAY:
                raise NotUnderWayError
            now = self.clock.now()
            await researches.end(session, principal, row.id, state="cancelled", ended_at=now)
            await tell_row(session, row, state="cancelled")
            row = await self._find(session, principal, research_id)
            return await self._opened(session, principal, row)

    async def delete(self, principal: Principal, research_id: UUID) -> None:
        """Forget its question, what it has read, and its report.

        Raises `ResearchNotFoundError`; `UnderWayError` for one that was not stopped.
        """
        async with self.database.transaction(principal) as session:
            row = await self._find(session, principal, research_id, lock=True)
            if row.state in UNDER_WAY:
                raise UnderWayError
            await researches.remove(session, principal, research_id)
            await tell_row(session, row, state="deleted")

    async def get_report(self, principal: Principal, research_id: UUID) -> tuple[Research, Report]:
        """Raises `ResearchNotFoundError`; `NoReportError` while it has none."""
        async with self.database.read(principal) as session:
            row = await self._find(session, principal, research_id)
            if row.sealed_report is None:
                words = "It is under way." if row.state in UNDER_WAY else f"It is {row.state}."
                raise NoReportError(words)
            report = await self.seals.open_report(session, principal, row.id, row.sealed_report)
            return await self._opened(session, principal, row), report

    async def list_stalled(self, silence: timedelta) -> Sequence[tuple[Scope, UUID]]:
        """Researches that nobody works on, and who they are of; for a sweep."""
        async with self.database.system("research.list_stalled") as session:
            found = await researches.list_stalled(session, self.clock.now() - silence, _LISTED)
        return [(Scope(workspace, user), research) for workspace, user, research in found]

    async def take_up(self, session: WriteSession, scope: DataScope, research_id: UUID) -> None:
        """Queue a stalled one again."""
        await self.enqueue(session, scope.user_id, research_id)

    async def _find(
        self, session: ReadSession, scope: DataScope, research_id: UUID, *, lock: bool = False
    ) -> ResearchRow:
        row = await researches.find(session, scope, research_id, lock=lock)
        if row is None:
            raise ResearchNotFoundError
        return row

    async def _opened(self, session: ReadSession, scope: DataScope, row: ResearchRow) -> Research:
        question = await self.seals.open_text(
            session, scope, row.id, "sealed_question", row.sealed_question
        )
        detail = None
        if row.sealed_detail is not None:
            detail = await self.seals.open_text(
                session, scope, row.id, "sealed_detail", row.sealed_detail
            )
        seconds = round((row.deadline_at - row.created_at).total_seconds())
        return Research(
            id=row.id,
            question=question,
            depth=depth_of(row),
            state=cast("State", row.state),
            stage=cast("Stage", row.stage),
            limits=Limits(
                row.searches_most,
                row.pages_most,
                row.tokens_most,
                row.cost_most_usd,
                seconds,
                row.rounds_most,
            ),
            spent=Spent(row.searches, row.pages, row.tokens, row.cost_usd, row.rounds),
            sources_found=row.sources_found,
            pages_read=row.pages_read,
            created_at=row.created_at,
            deadline_at=row.deadline_at,
            ended_at=row.ended_at,
            code=row.code,
            detail=detail,
        )
