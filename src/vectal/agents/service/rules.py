"""How much is at work at once, when a worker counts as gone, and which engines there are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from vectal.agents.contracts import EngineName
from vectal.agents.errors import NoSuchEngineError

PER_WORKSPACE: Final = 4
PER_PROCESS: Final = 32
LEASE_S: Final = 10.0
CRASH_LIMIT: Final = 5
SILENCE_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class AgentRules:
    """`per_workspace` runs of one workspace, and `per_process` in one process, work at once.

    `crash_limit` processes may die over one step; a step that ends sets the count back. `engine`
    brings on the runs that name none.
    `silence_s` after a call of n8n was due, somebody asks what has become of it.
    """

    per_workspace: int = PER_WORKSPACE
    per_process: int = PER_PROCESS
    lease_s: float = LEASE_S
    crash_limit: int = CRASH_LIMIT
    engine: EngineName = "native"
    silence_s: float = SILENCE_S


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Which engines a new run may have, and which it gets when it names none."""

    usual: EngineName = "native"
    offered: Collection[EngineName] = ("native",)

    def pick(self, wanted: EngineName | None) -> EngineName:
        """Raises `NoSuchEngineError` for one that is not set up; the usual one gives way."""
        if wanted is None:
            return self.usual if self.usual in self.offered else "native"
        if wanted not in self.offered:
            raise NoSuchEngineError(f"{wanted} is not set up here.")
        return wanted
