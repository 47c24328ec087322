"""Use cases of changesets: propose, look at, accept, reject, undo."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, WriteSession
from vectal.platform.db.paging import encode_cursor
from vectal.platform.ids import new_id
from vectal.tasks import merging, policy
from vectal.tasks.contracts import (
    Changeset,
    ChangesetFilter,
    ChangesetPage,
    ChangesetStatus,
    Foreign,
    Operation,
    Origin,
    Proposal,
)
from vectal.tasks.errors import (
    ChangesetClosedError,
    ChangesetDependencyError,
    ChangesetItemNotFoundError,
    ChangesetNotFoundError,
    LimitReachedError,
)
from vectal.tasks.events import ChangesetChanged
from vectal.tasks.limits import ITEMS_A_CHANGESET
from vectal.tasks.ports import Keeper, People
from vectal.tasks.repository import changesets, tasks
from vectal.tasks.repository.changesets import StoredChangeset, StoredItem
from vectal.tasks.service.applying import ItemHand
from vectal.tasks.service.cursors import read_id
from vectal.tasks.service.editing import Editor
from vectal.tasks.service.keepers import ForeignHand, Keepers, kind_of
from vectal.tasks.service.ledger import Author, Ledger
from vectal.tasks.service.proposing import Proposer
from vectal.tasks.service.tasks import author_of
from vectal.tasks.service.writing import TaskWriter

_CURSOR: Final = "changesets"
_ACCEPTABLE: Final = frozenset({"pending", "conflict", "accepted"})

Act = Callable[[ItemHand, StoredItem], Awaitable[StoredItem]]


class ChangesetService:
    """A changeset belongs to the person for whom it was proposed, and works with her rights."""

    def __init__(
        self, database: Database, clock: Clock, writer: TaskWriter, people: People
    ) -> None:
        self._database = database
        self._clock = clock
        self._writer = writer
        self._people = people
        self._keepers = Keepers()

    def take_in(self, keeper: Keeper) -> None:
        """Changesets may change the things of this room, too; at bootstrap."""
        self._keepers.known[keeper.kind] = keeper

    async def propose(
        self, principal: Principal, origin: Origin, proposals: Sequence[Proposal | Foreign]
    ) -> Changeset:
        """Add proposals to the turn's pending changeset, or begin one; all or none.

        A run has one changeset, also when a person has decided on some of it. Nothing is changed
        until somebody accepts. What could not be accepted now raises.
        """
        if not proposals:
            raise LimitReachedError("Propose something.")
        for proposal in proposals:
            self._keepers.check(principal, kind_of(proposal), proposal.operation)
        async with self._database.transaction(principal) as session:
            ledger = Ledger(session, author_of(principal), self._clock.now())
            known = await self._open_changeset(ledger, origin)
            if known is not None and _knows_call(known, origin):
                return await self._keepers.show(session, principal, known)
            built = await self._build(ledger, principal, known, proposals)
            items = [replace(item, call_id=origin.call_id) for item in built]
            changeset = await self._store(ledger, origin, known, items)
            await session.emit(ChangesetChanged(changeset.id))
            return await self._keepers.show(session, principal, changeset)

    async def foresee_labels(
        self, principal: Principal, origin: Origin, task_id: UUID
    ) -> list[str]:
        """The labels of a task as this turn's proposals would leave it."""
        async with self._database.transaction(principal) as session:
            ledger = Ledger(session, author_of(principal), self._clock.now())
            proposer = Proposer(ledger, self._people)
            known = await self._open_changeset(ledger, origin)
            for item in known.items if known else ():
                await proposer.remember(item)
            return await proposer.labels_of(task_id)

    async def _open_changeset(self, ledger: Ledger, origin: Origin) -> StoredChangeset | None:
        """The run's changeset, or the turn's as long as nobody has decided on any of it."""
        if origin.run_id is not None:
            await changesets.lock_run(ledger.session, ledger.workspace_id, origin.run_id)
            return await changesets.lock_of_run(ledger.session, ledger.workspace_id, origin.run_id)
        if origin.turn_id is None:
            return None
        await changesets.lock_turn(ledger.session, ledger.workspace_id, origin.turn_id)
        undecided = await changesets.lock_undecided(
            ledger.session, ledger.workspace_id, origin.turn_id
        )
        return next((one for one in undecided if one.status == "pending"), None)

    async def _build(
        self,
        ledger: Ledger,
        principal: Principal,
        known: StoredChangeset | None,
        proposals: Sequence[Proposal | Foreign],
    ) -> list[StoredItem]:
        there = known.items if known else ()
        if len(there) + len(proposals) > ITEMS_A_CHANGESET:
            raise LimitReachedError(f"A changeset takes {ITEMS_A_CHANGESET} items.")
        proposer = Proposer(ledger, self._people)
        for item in there:
            await proposer.remember(item)
        built: list[StoredItem] = []
        for position, proposal in enumerate(proposals, start=len(there)):
            if isinstance(proposal, Proposal):
                built.append(await proposer.build(proposal, position))
                continue
            before = (*there, *built)
            built.append(
                await self._keepers.build(ledger.session, principal, proposal, before, position)
            )
        return built

    async def _store(
        self,
        ledger: Ledger,
        origin: Origin,
        known: StoredChangeset | None,
        items: Sequence[StoredItem],
    ) -> StoredChangeset:
        session, workspace_id = ledger.session, ledger.workspace_id
        everything = (*(known.items if known else ()), *items)
        title = _describe(everything)
        if known is None:
            known = StoredChangeset(
                new_id(),
                title,
                "pending",
                origin.conversation_id,
                origin.turn_id,
                origin.run_id,
                ledger.author.user_id,
                ledger.at,
            )
            await changesets.insert_changeset(session, workspace_id, known)
        status = merging.status_of(item.state for item in everything)
        if known.items:
            await changesets.update_changeset(
                session, workspace_id, known.id, title=title, status=status, at=ledger.at
            )
        await changesets.insert_items(session, workspace_id, known, items)
        return replace(known, title=title, status=status, items=everything)

    async def get(self, principal: Principal, changeset_id: UUID) -> Changeset:
        async with self._database.read(principal) as session:
            found = await changesets.find_changeset(session, principal.workspace_id, changeset_id)
            if found is None or not policy.can_decide(principal, found.created_by):
                raise ChangesetNotFoundError
            return await self._keepers.show(session, principal, found)

    async def list_changesets(
        self,
        principal: Principal,
        wanted: ChangesetFilter,
        *,
        cursor: str | None = None,
        limit: int = 50,
    ) -> ChangesetPage:
        """The newest first."""
        before = read_id(_CURSOR, cursor) if cursor else None
        async with self._database.read(principal) as session:
            found = await changesets.list_changesets(
                session, principal.workspace_id, wanted, before, limit + 1
            )
            page = found[:limit]
            shown = [await self._keepers.show(session, principal, one) for one in page]
        following = encode_cursor(_CURSOR, [str(page[-1].id)]) if len(found) > limit else None
        return ChangesetPage(tuple(shown), following)

    async def accept(
        self,
        principal: Principal,
        changeset_id: UUID,
        item_ids: Collection[UUID] | None = None,
        *,
        force: bool = False,
    ) -> Changeset:
        """Do the items, or all that wait. An item that people have overtaken is a conflict.

        `force` does it nevertheless. Accepting once more changes nothing.
        """
        async with self._database.transaction(principal) as session:
            changeset = await self._lock(session, principal, changeset_id)
            if changeset.status == "superseded":
                raise ChangesetClosedError("A newer attempt has replaced these changes.")
            waiting = {item.id for item in changeset.items if item.state.is_waiting}
            chosen = _choose(changeset, item_ids, waiting)
            for item in changeset.items:
                if item.id in chosen and item.status not in _ACCEPTABLE:
                    raise ChangesetClosedError(f"“{item.title}” was {item.status}.")
            states = [item.state for item in changeset.items]
            missing = merging.find_missing(states, chosen & waiting)
            if missing:
                raise ChangesetDependencyError(missing)
            return await self._decide(
                session,
                principal,
                changeset,
                [item for item in changeset.items if item.id in chosen & waiting],
                lambda hand, item: hand.accept(item),
                force=force,
            )

    async def undo(
        self,
        principal: Principal,
        changeset_id: UUID,
        item_ids: Collection[UUID] | None = None,
        *,
        force: bool = False,
    ) -> Changeset:
        """Give back what accepted items changed, the last first; what people changed stays.

        `force` takes that back too. Undoing once more changes nothing.
        """
        async with self._database.transaction(principal) as session:
            changeset = await self._lock(session, principal, changeset_id)
            applied = {item.id for item in changeset.items if item.state.is_applied}
            chosen = _choose(changeset, item_ids, applied)
            for item in changeset.items:
                if item.id in chosen - applied and item.status != "undone":
                    raise ChangesetClosedError(f"“{item.title}” was not accepted.")
            return await self._decide(
                session,
                principal,
                changeset,
                [item for item in reversed(changeset.items) if item.id in chosen & applied],
                lambda hand, item: hand.undo(item),
                force=force,
            )

    async def reject(
        self, principal: Principal, changeset_id: UUID, item_ids: Collection[UUID] | None = None
    ) -> Changeset:
        """Turn items down, or all that wait, and whatever builds on them."""
        async with self._database.transaction(principal) as session:
            changeset = await self._lock(session, principal, changeset_id)
            if changeset.status == "superseded":
                raise ChangesetClosedError("A newer attempt has replaced these changes.")
            waiting = {item.id for item in changeset.items if item.state.is_waiting}
            chosen = _choose(changeset, item_ids, waiting)
            for item in changeset.items:
                if item.id in chosen - waiting and item.status != "rejected":
                    raise ChangesetClosedError(f"“{item.title}” was {item.status}.")
            doomed = merging.with_dependents([item.state for item in changeset.items], chosen)
            decided = _rejected(item for item in changeset.items if item.id in doomed & waiting)
            return await self._keep(session, principal, changeset, decided)

    async def edit(
        self,
        principal: Principal,
        changeset_id: UUID,
        item_id: UUID,
        fields: Mapping[str, Any],
    ) -> Changeset:
        """Put these fields in the place of the proposed ones; nothing is done before accepting.

        An update keeps to the fields that were proposed. What was proposed stays visible.
        """
        async with self._database.transaction(principal) as session:
            changeset = await self._lock(session, principal, changeset_id)
            if changeset.status == "superseded":
                raise ChangesetClosedError("A newer attempt has replaced these changes.")
            item = next((one for one in changeset.items if one.id == item_id), None)
            if item is None:
                raise ChangesetItemNotFoundError(f"The changeset has no item {item_id}.")
            self._keepers.check(principal, item.kind, item.operation)
            ledger = Ledger(session, author_of(principal), self._clock.now())
            editor = Editor(ledger, self._people, changeset, self._keepers, principal)
            edited = await editor.edit(item, fields)
            if edited and item.position == 0:
                title = _describe((edited[0], *changeset.items[1:]))
                changeset = replace(changeset, title=title)
            return await self._keep(session, principal, changeset, edited)

    async def discard_pending(self, scope: DataScope, turn_id: UUID) -> None:
        """Put aside what a turn has proposed and nobody has accepted: it starts anew."""
        async with self._database.transaction(scope) as session:
            await changesets.lock_turn(session, scope.workspace_id, turn_id)
            for changeset in await changesets.lock_undecided(session, scope.workspace_id, turn_id):
                waiting = [item for item in changeset.items if item.state.is_waiting]
                is_untouched = changeset.status == "pending"
                await self._keep(
                    session,
                    scope,
                    changeset,
                    _rejected(waiting),
                    status="superseded" if is_untouched else None,
                )

    async def _decide(
        self,
        session: WriteSession,
        principal: Principal,
        changeset: StoredChangeset,
        items: Sequence[StoredItem],
        act: Act,
        *,
        force: bool,
    ) -> Changeset:
        for item in items:
            self._keepers.check(principal, item.kind, item.operation)
        author: Author = author_of(principal, changeset.id, changeset.run_id)
        ledger = Ledger(session, author, self._clock.now())
        # All at once and in the order of ids, as everyone does who wants several.
        task_ids = [item.task_id for item in items if item.kind == "task"]
        await tasks.lock_tasks(session, principal.workspace_id, task_ids)
        foreign = ForeignHand(self._keepers, session, principal, force)
        hand = ItemHand(ledger, self._writer, foreign, force=force)
        decided = [await act(hand, item) for item in items]
        await ledger.flush()
        return await self._keep(session, principal, changeset, decided)

    async def _keep(
        self,
        session: WriteSession,
        scope: DataScope,
        changeset: StoredChangeset,
        decided: Sequence[StoredItem],
        *,
        status: ChangesetStatus | None = None,
    ) -> Changeset:
        """Store what was decided, and tell of it."""
        by_id = {item.id: item for item in decided}
        items = tuple(by_id.get(item.id, item) for item in changeset.items)
        if items == changeset.items and status is None:
            return await self._keepers.show(session, scope, changeset)
        for item in decided:
            await changesets.update_item(session, scope.workspace_id, item)
        status = status or merging.status_of(item.state for item in items)
        await changesets.update_changeset(
            session,
            scope.workspace_id,
            changeset.id,
            title=changeset.title,
            status=status,
            at=self._clock.now(),
        )
        await session.emit(ChangesetChanged(changeset.id))
        kept = replace(changeset, status=status, items=items)
        return await self._keepers.show(session, scope, kept)

    async def _lock(
        self, session: WriteSession, principal: Principal, changeset_id: UUID
    ) -> StoredChangeset:
        found = await changesets.lock_changeset(session, principal.workspace_id, changeset_id)
        if found is None or not policy.can_decide(principal, found.created_by):
            raise ChangesetNotFoundError
        return found


def _describe(items: Sequence[StoredItem]) -> str:
    operations: list[Operation] = [item.operation for item in items]
    return merging.describe(operations, items[0].title, [item.kind for item in items])


def _knows_call(changeset: StoredChangeset, origin: Origin) -> bool:
    """Whether this call of a run was made before."""
    return origin.call_id is not None and any(
        item.call_id == origin.call_id for item in changeset.items
    )


def _choose(
    changeset: StoredChangeset, item_ids: Collection[UUID] | None, every: set[UUID]
) -> set[UUID]:
    """The named items, or all that the step applies to."""
    if item_ids is None:
        return every
    unknown = set(item_ids) - {item.id for item in changeset.items}
    if unknown:
        raise ChangesetItemNotFoundError(f"The changeset has no item {min(unknown)}.")
    return set(item_ids)


def _rejected(items: Iterable[StoredItem]) -> list[StoredItem]:
    return [replace(item, status="rejected", conflict=None) for item in items]
