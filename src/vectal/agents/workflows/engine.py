"""The port of an engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from vectal.agents.run import RunMove
from vectal.agents.tables import RunRow
from vectal.platform.db import WriteSession


class Engine(Protocol):
    """Hears of its runs in the transactions that change them, and does not wait for anybody."""

    async def begin(self, session: WriteSession, row: RunRow) -> None:
        """A run of this engine is new; it is woken right after."""
        ...

    async def wake(self, session: WriteSession, row: RunRow, move: RunMove | None) -> None:
        """The run waits for its next step, from `row.not_before` on; `move` brought it there.

        None: it is new, or has come from another engine.
        """
        ...

    async def rest(self, session: WriteSession, row: RunRow) -> None:
        """The run has ended, or a person has the word."""
        ...


Engines: TypeAlias = Mapping[str, Engine]
"""By name."""
