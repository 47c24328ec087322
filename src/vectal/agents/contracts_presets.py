"""What a preset of runs is to everybody else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from vectal.agents.contracts import Budget
from vectal.ai.contracts import AUTO, ModelChoice

MAX_PRESETS: Final = 100
"""Of one person in one workspace."""
MAX_PLACEHOLDERS: Final = 10
DEFAULT_HOURS: Final = 24
MAX_HOURS: Final = 2_160
_PLACEHOLDER: Final = re.compile(r"\{([^\W_][\w -]{0,39})\}")


@dataclass(frozen=True, slots=True)
class PresetWords:
    """What a person has written: sealed where it is stored."""

    name: str
    icon: str
    """An emoji, or nothing."""
    goal: str = field(repr=False)
    """What should be done; `{city}` is asked for when a run begins."""
    criteria: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class PresetContent:
    """All of a preset that its owner decides. `tools` None grants all that the caller may use."""

    words: PresetWords
    budget: Budget = field(default_factory=Budget)
    hours: int = DEFAULT_HOURS
    """From the beginning of a run to its deadline."""
    tools: tuple[str, ...] | None = None
    choice: ModelChoice = AUTO
    project_id: UUID | None = None
    is_shared: bool = False
    """Everybody in the workspace sees and uses it."""


@dataclass(frozen=True, slots=True)
class Preset:
    id: UUID
    owner_id: UUID
    content: PresetContent
    version: int
    created_at: datetime
    updated_at: datetime


def placeholders_of(words: PresetWords) -> list[str]:
    """The names in braces, each once, in the order in which a reader meets them."""
    return list(dict.fromkeys(_PLACEHOLDER.findall("\n".join((words.goal, *words.criteria)))))
