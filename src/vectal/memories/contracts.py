"""What a memory is to everybody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

MAX_CHARS: Final = 1_000
MAX_MEMORIES: Final = 500
"""Of one person in one workspace; all of them are read where one is looked for."""


@dataclass(frozen=True, slots=True)
class MemorySource:
    """The run or the turn that wrote it down; neither: the person."""

    run_id: UUID | None = None
    turn_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    id: UUID
    text: str = field(repr=False)
    source: MemorySource
    created_at: datetime
    updated_at: datetime
