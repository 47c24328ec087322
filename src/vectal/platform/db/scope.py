"""Whose rows a transaction may touch."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


class DataScope(Protocol):
    """What row-level security needs to know; a principal satisfies it."""

    @property
    def workspace_id(self) -> UUID: ...
    @property
    def user_id(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope without a principal, for jobs that carry ids only."""

    workspace_id: UUID
    user_id: UUID
