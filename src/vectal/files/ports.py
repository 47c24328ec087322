"""What this room needs of others; bootstrap says who provides it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.files.contracts import ScanState, TargetKind
from vectal.platform.db import DataScope


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scan has found; `threat` is the name of it."""

    state: ScanState
    threat: str | None = None


class Scanner(Protocol):
    """Looks for viruses."""

    async def scan(self, body: AsyncIterator[bytes]) -> Verdict:
        """Read `body` to its end, or until the verdict is known.

        `scanning` says that nobody could look yet and that it has to be tried again.
        """
        ...


class Targets(Protocol):
    """Knows what files may be attached to; tasks and chat do."""

    async def may_see(self, principal: Principal, kind: TargetKind, target_id: UUID) -> bool: ...

    async def may_change(self, principal: Principal, kind: TargetKind, target_id: UUID) -> bool: ...


class Standing(Protocol):
    """Knows who still belongs to a workspace; `accounts` does."""

    async def is_member(self, scope: DataScope) -> bool: ...
