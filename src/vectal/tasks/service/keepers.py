"""Items that change things of other rooms: their keepers, and what changesets ask of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal
from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.platform.ids import new_id
from vectal.tasks import policy
from vectal.tasks.contracts import (
    Changeset,
    ChangesetItem,
    Decided,
    Foreign,
    ItemKind,
    Operation,
    Prepared,
    Proposal,
)
from vectal.tasks.errors import ChangesetClosedError
from vectal.tasks.ports import Keeper
from vectal.tasks.repository.changesets import Json, StoredChangeset, StoredItem


@dataclass(frozen=True, slots=True)
class Keepers:
    """Who keeps what is no task; filled at bootstrap."""

    known: dict[ItemKind, Keeper] = field(default_factory=dict[ItemKind, Keeper])

    def check(self, principal: Principal, kind: ItemKind, operation: Operation) -> None:
        """Raises `ForbiddenError` for what the principal could not do by hand."""
        if kind == "task":
            may = policy.can_apply(principal, operation)
        else:
            may = self.get(kind).can_apply(principal, operation)
        if not may:
            raise ForbiddenError(f"You may not change {kind}s in this workspace.")

    def get(self, kind: ItemKind) -> Keeper:
        keeper = self.known.get(kind)
        if keeper is None:
            # A worker without that room, or one of an older release: whoever has it decides.
            raise ChangesetClosedError(f"Nothing here keeps {kind}s.")
        return keeper

    async def build(
        self,
        session: WriteSession,
        principal: Principal,
        asked: Foreign,
        waiting: Sequence[StoredItem],
        position: int,
    ) -> StoredItem:
        """The item of a proposal, after what waits in the changeset already."""
        kept = [item.kept for item in waiting if item.kind == asked.kind and item.state.is_waiting]
        prepared = await self.get(asked.kind).prepare(session, principal, asked, kept)
        return StoredItem(
            new_id(),
            position,
            asked.operation,
            prepared.subject_id,
            prepared.title,
            prepared.before,
            prepared.after,
            kind=asked.kind,
        )

    async def edit(
        self,
        session: WriteSession,
        principal: Principal,
        item: StoredItem,
        fields: Mapping[str, JsonValue],
    ) -> Prepared:
        return await self.get(item.kind).edit(session, principal, item.kept, fields)

    async def show(
        self, session: ReadSession, scope: DataScope, changeset: StoredChangeset
    ) -> Changeset:
        """The changeset as people read it."""
        shown = changeset.shown()
        items = [await self._show_item(session, scope, item) for item in shown.items]
        return replace(shown, items=tuple(items))

    async def _show_item(
        self, session: ReadSession, scope: DataScope, item: ChangesetItem
    ) -> ChangesetItem:
        keeper = self.known.get(item.kind)
        if keeper is None:
            return item

        async def reveal(fields: Json | None) -> Json | None:
            if fields is None:
                return None
            return await keeper.reveal(session, scope, item.task_id, fields)

        return replace(
            item,
            before=await reveal(item.before),
            after=await reveal(item.after),
            proposed=await reveal(item.proposed),
        )


@dataclass(frozen=True, slots=True)
class ForeignHand:
    """Accepts and undoes within one transaction, for one person."""

    keepers: Keepers
    session: WriteSession
    principal: Principal
    force: bool

    async def accept(self, item: StoredItem) -> StoredItem:
        keeper = self.keepers.get(item.kind)
        outcome = await keeper.accept(self.session, self.principal, item.kept, force=self.force)
        if outcome.conflict is not None:
            return _conflicting(item, outcome)
        applied = dict(outcome.applied or {})
        return replace(item, status="accepted", conflict=None, applied=applied)

    async def undo(self, item: StoredItem) -> StoredItem:
        keeper = self.keepers.get(item.kind)
        outcome = await keeper.undo(self.session, self.principal, item.kept, force=self.force)
        if outcome.conflict is not None:
            return _conflicting(item, outcome)
        return replace(item, status="undone", conflict=None)


def kind_of(proposal: Proposal | Foreign) -> ItemKind:
    return proposal.kind if isinstance(proposal, Foreign) else "task"


def _conflicting(item: StoredItem, outcome: Decided) -> StoredItem:
    return replace(item, status="conflict", conflict=outcome.conflict)
