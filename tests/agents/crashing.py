"""Processes that die at a point, and people who look after what they leave."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.fixtures.agents import Crew, Say, effects_of, make_crew

from vectal.agents.contracts import Run
from vectal.agents.entries import Entry
from vectal.agents.run import RunState
from vectal.agents.service.journal import Journal, Lease
from vectal.auth.principal import Principal
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database


class ProcessDiedError(BaseException):
    """As kill -9: nothing of the process does anything any more."""


@dataclass
class Points:
    """Counts the points that are passed, and dies at one of them."""

    die_at: int | str | None = None
    """A number, or a name."""
    passed: list[str] = field(default_factory=list[str])

    async def at(self, point: str) -> None:
        self.passed.append(point)
        if self.die_at in (len(self.passed) - 1, point):
            raise ProcessDiedError(point)


class MortalJournal(Journal):
    """Dies before or after it has written."""

    points: Points

    async def append(self, lease: Lease, written: Sequence[Entry], **options: Any) -> bool:
        await self.points.at("before the append")
        is_written = await super().append(lease, written, **options)
        await self.points.at("after the append")
        return is_written


def make_mortal(database: Database, keyring: Keyring, say: Say, points: Points) -> Crew:
    crew = make_crew(database, keyring, say, at=points.at)
    journal = crew.agents.runner.controller.holding.journal
    journal.__class__ = MortalJournal
    assert isinstance(journal, MortalJournal)
    journal.points = points
    return crew


async def live(crew: Crew, owner: Principal, run_id: UUID) -> Run:
    """One process works at the run until it dies or has nothing to do."""
    await crew.agents.runner.fill()
    tasks = [running.task for running in crew.agents.runner.active.values()]
    if tasks:
        await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.exception()  # a death is expected, and nobody else asks for it
    return await crew.agents.runs.get(owner, run_id)


async def look_after(crew: Crew, owner: Principal, run: Run) -> None:
    """What a person does with a call in doubt: look for its effect, then say what became of it."""
    if run.state is not RunState.NEEDS_REVIEW:
        return
    begun = [e for e in await crew.journal(owner, run.id) if e.kind == "call_begun"][-1]
    found = await effects_of(crew.database, str(begun.data["call_id"]))
    await crew.agents.moves.settle(owner, run.id, outcome="done" if found else "not_done")
