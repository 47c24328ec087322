"""A kind of things as a search sees it. Pure types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from vectal.auth.principal import Principal
from vectal.search.contracts import Hit

Found: TypeAlias = tuple[list[Hit], str | None]
Ask: TypeAlias = Callable[[Principal, str, int, str | None], Awaitable[Found]]
"""Principal, words, limit and cursor; hits and the cursor behind them."""


@dataclass(frozen=True, slots=True)
class Part:
    """What it takes to see things of this kind, and how they are asked for."""

    action: str
    ask: Ask
