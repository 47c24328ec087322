"""What this module needs from others."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue

from vectal.auth.principal import Principal
from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.tasks.contracts import Decided, Foreign, ItemKind, KeptItem, Operation, Prepared


class People(Protocol):
    """Knows the members of a workspace; `accounts` does."""

    async def find_names(self, scope: DataScope, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Display names of those that are members here; the others are left out."""
        ...


class Answers(Protocol):
    """Takes answers to what runs have asked; `agents` does.

    It joins the caller's transaction, and writes the answer down as a comment in it.
    """

    async def answer(self, principal: Principal, run_id: UUID, call_id: str, text: str) -> None:
        """Raises where the run is another person's, or waits for no answer to this question."""
        ...

    async def hear(self, principal: Principal, task_id: UUID, text: str) -> None:
        """Tell the person's own runs that are at work on the task; nothing where there are none."""
        ...


class Keeper(Protocol):
    """Knows the things of another room that changesets change: `calendar` its events.

    It joins the changeset's transaction. What it raises while accepting or undoing becomes a
    conflict of the item, and nothing of it stays.
    """

    @property
    def kind(self) -> ItemKind: ...

    def can_apply(self, principal: Principal, operation: Operation) -> bool:
        """Tell whether the principal could do by hand what is proposed."""
        ...

    async def prepare(
        self,
        session: WriteSession,
        principal: Principal,
        asked: Foreign,
        waiting: Sequence[KeptItem],
    ) -> Prepared:
        """Check a proposal as if it were done after what waits; what could not be done raises."""
        ...

    async def edit(
        self,
        session: WriteSession,
        principal: Principal,
        item: KeptItem,
        fields: Mapping[str, JsonValue],
    ) -> Prepared:
        """Put these fields in the place of the proposed ones; nothing is done yet."""
        ...

    async def accept(
        self, session: WriteSession, principal: Principal, item: KeptItem, *, force: bool
    ) -> Decided: ...

    async def undo(
        self, session: WriteSession, principal: Principal, item: KeptItem, *, force: bool
    ) -> Decided: ...

    async def reveal(
        self,
        session: ReadSession,
        scope: DataScope,
        subject_id: UUID,
        fields: Mapping[str, JsonValue],
    ) -> dict[str, JsonValue]:
        """The fields as people read them; what waits may be sealed."""
        ...
