"""Turns proposals into the items of a changeset, checked as if they were done now.

Later proposals see what earlier ones of the same changeset would make: a subtask of a task that
does not exist yet, a second change of the same title.
"""

from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from pydantic import JsonValue

from vectal.platform.ids import new_id
from vectal.tasks.contracts import Proposal, Task, TaskFields
from vectal.tasks.errors import (
    InvalidFieldError,
    NothingToChangeError,
    TaskNotFoundError,
    TooDeepError,
    UnknownReferenceError,
)
from vectal.tasks.fields import BLANK, clean, decode, differing, encode, fields_of, picked
from vectal.tasks.limits import DEPTH
from vectal.tasks.merging import merge, whole_units
from vectal.tasks.ports import People
from vectal.tasks.repository import tasks
from vectal.tasks.repository.changesets import StoredItem
from vectal.tasks.service import families
from vectal.tasks.service.ledger import Ledger

_PARENT: Final = "/parent_id"


@dataclass(frozen=True, slots=True)
class _Foreseen:
    """A task as the earlier items would leave it; `task` is None while it does not exist."""

    fields: TaskFields
    task: Task | None
    is_deleted: bool = False


class Proposer:
    """Builds the items of one changeset, in order."""

    def __init__(self, ledger: Ledger, people: People) -> None:
        self._ledger = ledger
        self._people = people
        self._foreseen: dict[UUID, _Foreseen] = {}

    async def remember(self, item: StoredItem) -> None:
        """Take an item that is in the changeset already, and waits, into account."""
        if item.kind != "task" or not item.state.is_waiting:
            return
        after = decode(item.after or {})
        if item.operation == "create":
            self._foreseen[item.task_id] = _Foreseen(BLANK | after, None)
            return
        known = await self._find(item.task_id)
        if known is None:
            return
        if item.operation == "delete":
            self._foreseen[item.task_id] = _Foreseen(known.fields, known.task, is_deleted=True)
            return
        merged = merge(known.fields, decode(item.before or {}), after).wanted
        self._foreseen[item.task_id] = _Foreseen(known.fields | merged, known.task)

    async def build(self, proposal: Proposal, position: int) -> StoredItem:
        fields = clean(proposal.fields)
        if proposal.operation == "create":
            return await self._create(proposal.task_id or new_id(), fields, position)
        if proposal.task_id is None:
            raise TaskNotFoundError
        known = await self._get(proposal.task_id)
        if proposal.operation == "delete":
            return await self._delete(proposal.task_id, known, position)
        if proposal.operation == "complete":
            fields = TaskFields(status="done")
        return await self._update(proposal, known, fields, position)

    async def labels_of(self, task_id: UUID) -> list[str]:
        return (await self._get(task_id)).fields.get("labels", [])

    async def _create(self, task_id: UUID, fields: TaskFields, position: int) -> StoredItem:
        if not fields.get("title"):
            raise InvalidFieldError("A new task needs a title.", pointer="/title")
        ledger = self._ledger
        if task_id in self._foreseen or await tasks.list_versions(
            ledger.session, ledger.workspace_id, [task_id]
        ):
            raise NothingToChangeError("This task was prepared already.")
        settled = await self.settle(fields, None)
        await self.check_assignee(settled)
        self._foreseen[task_id] = _Foreseen(BLANK | settled, None)
        title = fields.get("title", "")
        return StoredItem(new_id(), position, "create", task_id, title, None, encode(settled))

    async def _update(
        self, proposal: Proposal, known: _Foreseen, fields: TaskFields, position: int
    ) -> StoredItem:
        settled = await self.settle(fields, known)
        changed = differing(known.fields, settled)
        if not changed:
            raise NothingToChangeError("The task is like that already.")
        await self.check_assignee(changed)
        names = whole_units(cast("dict[str, Any]", changed))
        after = known.fields | changed
        task_id = proposal.task_id or new_id()
        self._foreseen[task_id] = _Foreseen(after, known.task)
        return StoredItem(
            new_id(),
            position,
            proposal.operation,
            task_id,
            known.fields.get("title", ""),
            _shown(known.fields, names),
            _shown(after, names),
        )

    async def _delete(self, task_id: UUID, known: _Foreseen, position: int) -> StoredItem:
        if known.task is None:
            raise NothingToChangeError("The task is only proposed. Reject it instead.")
        family = await families.list_family(self._ledger, task_id)
        self._foreseen[task_id] = _Foreseen(known.fields, known.task, is_deleted=True)
        return StoredItem(
            new_id(),
            position,
            "delete",
            task_id,
            known.fields.get("title", ""),
            encode(known.fields),
            None,
            guard={str(one.id): one.version for one in family},
        )

    async def settle(self, fields: TaskFields, known: _Foreseen | None) -> TaskFields:
        """Make project and parent agree, where the parent may be a task of this changeset."""
        parent_id = fields.get("parent_id")
        parent = self._foreseen.get(parent_id) if parent_id is not None else None
        if parent is None or parent.task is not None:
            if known is not None and known.task is None:
                return await self._settle_unborn(fields, known)
            return await families.settle(self._ledger, fields, known.task if known else None)
        if parent_id is not None and await self._depth_below(parent_id) > DEPTH:
            raise TooDeepError(f"Tasks nest {DEPTH} levels deep.", pointer=_PARENT)
        if known is not None and known.task is not None:
            raise UnknownReferenceError(
                "The parent is only proposed. Wait until it exists.", pointer=_PARENT
            )
        return fields | TaskFields(project_id=parent.fields.get("project_id"))

    async def _settle_unborn(self, fields: TaskFields, known: _Foreseen) -> TaskFields:
        """Change a task that is itself a proposal: where it goes is checked as for a new one."""
        moved = picked(fields, ("project_id", "parent_id"))
        if not moved:
            return fields
        if "parent_id" not in moved and known.fields.get("parent_id") is not None:
            moved["parent_id"] = None
        return fields | await families.settle(self._ledger, moved)

    async def _depth_below(self, parent_id: UUID) -> int:
        """The level of a new subtask of a proposed task."""
        depth, here = 1, parent_id
        while (known := self._foreseen.get(here)) is not None and known.task is None:
            depth += 1
            above = known.fields.get("parent_id")
            if above is None or depth > DEPTH:
                return depth
            here = above
        line = await tasks.list_ancestors(self._ledger.session, self._ledger.workspace_id, here)
        return depth + len(line)

    async def _get(self, task_id: UUID) -> _Foreseen:
        known = await self._find(task_id)
        if known is None or known.is_deleted:
            raise TaskNotFoundError
        return known

    async def _find(self, task_id: UUID) -> _Foreseen | None:
        if task_id not in self._foreseen:
            found = await tasks.find_tasks(
                self._ledger.session, self._ledger.workspace_id, [task_id]
            )
            if task_id not in found:
                return None
            task = found[task_id]
            self._foreseen[task_id] = _Foreseen(fields_of(task), task)
        return self._foreseen[task_id]

    async def check_assignee(self, fields: TaskFields) -> None:
        assignee_id = fields.get("assignee_id")
        if assignee_id is not None:
            known = await self._people.find_names(self._ledger.author, [assignee_id])
            if assignee_id not in known:
                raise UnknownReferenceError(
                    "The assignee is no member of this workspace.", pointer="/assignee_id"
                )


def _shown(fields: TaskFields, names: list[str]) -> dict[str, JsonValue]:
    encoded = encode(fields)
    return {name: encoded[name] for name in names}
