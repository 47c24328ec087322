"""Facts about runs. Each is private to the owner and carries ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from vectal.agents.run import RunState
from vectal.platform.events import Event


@dataclass(frozen=True)
class RunChanged(Event):
    """A run has moved, or has come further; `last_seq` says how far its journal reaches."""

    type: ClassVar[str] = "agents.run_changed"

    run_id: UUID
    state: RunState
    last_seq: int


@dataclass(frozen=True)
class RunWaitChanged(Event):
    """A run has begun or ceased to wait for a person, or has ended; a few of them in its life.

    What it waits for, and whether it still does, whoever hears of it asks the run.
    """

    type: ClassVar[str] = "agents.run_wait_changed"

    run_id: UUID
    state: RunState


@dataclass(frozen=True)
class RunFinished(Event):
    """A run has ended: what posts its report, or tells its owner, listens here."""

    type: ClassVar[str] = "agents.run_finished"

    run_id: UUID
    state: RunState
    task_id: UUID | None
    conversation_id: UUID | None
