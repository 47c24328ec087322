"""How much is at work at once, and when a worker counts as gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PER_WORKSPACE: Final = 4
PER_PROCESS: Final = 32
LEASE_S: Final = 10.0
CRASH_LIMIT: Final = 5


@dataclass(frozen=True, slots=True)
class AgentRules:
    """`per_workspace` runs of one workspace, and `per_process` in one process, work at once.

    `crash_limit` processes may die over one step; a step that ends sets the count back.
    """

    per_workspace: int = PER_WORKSPACE
    per_process: int = PER_PROCESS
    lease_s: float = LEASE_S
    crash_limit: int = CRASH_LIMIT
