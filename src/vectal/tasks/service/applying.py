"""Does and undoes one item of a changeset on the tasks as they are now.

Every method returns the item as it is afterwards: accepted, undone, or in conflict with what
people have done, and then nothing of theirs was overwritten.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast

from pydantic import JsonValue

from vectal.platform.errors import AppError
from vectal.tasks.contracts import Conflict, Task, TaskFields
from vectal.tasks.fields import BLANK, decode, differing, encode, fields_of, picked
from vectal.tasks.merging import merge, whole_units
from vectal.tasks.repository import tasks
from vectal.tasks.repository.changesets import StoredItem
from vectal.tasks.repository.rows import StoredTask
from vectal.tasks.service import families
from vectal.tasks.service.keepers import ForeignHand
from vectal.tasks.service.ledger import Ledger
from vectal.tasks.service.writing import TaskWriter

_GONE: Final = Conflict(("deleted",), {}, "The task is deleted.")
_FAMILY: Final = "subtasks"


class ItemHand:
    """Works within the transaction of a ledger, whose author carries the changeset."""

    def __init__(
        self, ledger: Ledger, writer: TaskWriter, foreign: ForeignHand, *, force: bool
    ) -> None:
        self._ledger = ledger
        self._writer = writer
        self._foreign = foreign
        self._force = force

    async def accept(self, item: StoredItem) -> StoredItem:
        return await self._try(item, self._accept if item.kind == "task" else self._foreign.accept)

    async def undo(self, item: StoredItem) -> StoredItem:
        return await self._try(item, self._undo if item.kind == "task" else self._foreign.undo)

    async def _try(self, item: StoredItem, act: Any) -> StoredItem:
        try:
            async with self._ledger.attempt():
                done: StoredItem = await act(item)
                return done
        except AppError as error:
            # What is no longer possible (a project gone, a family too deep) is a conflict too.
            return _conflicting(item, _pointed(error), {}, error.detail)

    async def _accept(self, item: StoredItem) -> StoredItem:
        if item.operation == "create":
            return await self._create(item)
        stored = await self._lock(item)
        if stored is None or stored.deleted_at is not None:
            if item.operation == "delete" and stored is not None:
                # Somebody was faster; there is nothing of ours to undo later.
                return _accepted(item, {"deleted_at": None})
            return replace(item, status="conflict", conflict=_GONE)
        if item.operation == "delete":
            return await self._delete(item, stored.task)
        return await self._change(item, stored.task)

    async def _create(self, item: StoredItem) -> StoredItem:
        if await self._lock(item) is not None:
            return _conflicting(item, (), {}, "The task exists already.")
        fields = decode(item.after or {})
        task = await self._writer.create(self._ledger, fields, task_id=item.task_id)
        return _accepted(item, {"after": encode(fields_of(task))})

    async def _change(self, item: StoredItem, task: Task) -> StoredItem:
        current = fields_of(task)
        merged = merge(
            current, decode(item.before or {}), decode(item.after or {}), force=self._force
        )
        if merged.conflicts:
            return _conflicting(item, merged.conflicts, _shown(current, merged.conflicts))
        written = await self._writer.change(self._ledger, task, _minimal(current, merged.wanted))
        touched = whole_units(cast("dict[str, Any]", differing(current, fields_of(written))))
        return _accepted(
            item,
            {
                "before": encode(picked(current, touched)),
                "after": encode(picked(fields_of(written), touched)),
                "completed_at": _moment(task.completed_at),
            },
        )

    async def _delete(self, item: StoredItem, task: Task) -> StoredItem:
        current = fields_of(task)
        moved_on = [
            *cast("dict[str, Any]", differing(decode(item.before or {}), current)),
            *([_FAMILY] if await self._family_moved_on(item) else []),
        ]
        if moved_on and not self._force:
            return _conflicting(item, moved_on, _shown(current, moved_on))
        await self._writer.delete(self._ledger, task)
        return _accepted(item, {"deleted_at": _moment(self._ledger.at)})

    async def _family_moved_on(self, item: StoredItem) -> bool:
        family = await families.list_family(self._ledger, item.task_id)
        return {str(one.id): one.version for one in family} != dict(item.guard or {})

    async def _undo(self, item: StoredItem) -> StoredItem:
        stored = await self._lock(item)
        if item.operation == "delete":
            return await self._undelete(item, stored)
        if stored is None or stored.deleted_at is not None:
            # What is gone has no fields to give back; what was created is gone as wanted.
            if item.operation == "create":
                return _undone(item)
            return replace(item, status="conflict", conflict=_GONE)
        if item.operation == "create":
            return await self._uncreate(item, stored.task)
        return await self._change_back(item, stored.task)

    async def _uncreate(self, item: StoredItem, task: Task) -> StoredItem:
        current = fields_of(task)
        made = BLANK | decode(_part(item, "after"))
        family = await families.list_family(self._ledger, task.id)
        moved_on = [
            *cast("dict[str, Any]", differing(made, current)),
            *([_FAMILY] if family else []),
        ]
        if moved_on and not self._force:
            return _conflicting(item, moved_on, _shown(current, moved_on))
        await self._writer.delete(self._ledger, task)
        return _undone(item)

    async def _change_back(self, item: StoredItem, task: Task) -> StoredItem:
        """Give back each field that is as accepting left it; keep what people changed since."""
        current = fields_of(task)
        merged = merge(
            current, decode(_part(item, "after")), decode(_part(item, "before")), force=self._force
        )
        await self._writer.change(
            self._ledger,
            task,
            _minimal(current, merged.wanted),
            completed_at=_read_moment((item.applied or {}).get("completed_at")),
        )
        if not merged.conflicts:
            return _undone(item)
        # What was given back is no longer ours: people may set it to anything from here on.
        left = {
            name: encode(picked(decode(_part(item, name)), merged.conflicts))
            for name in ("before", "after")
        }
        kept = replace(item, applied={**(item.applied or {}), **left})
        return _conflicting(kept, merged.conflicts, _shown(current, merged.conflicts))

    async def _undelete(self, item: StoredItem, stored: StoredTask | None) -> StoredItem:
        ours = _read_moment((item.applied or {}).get("deleted_at"))
        if stored is None:
            return replace(item, status="conflict", conflict=_GONE)
        if stored.deleted_at is None or ours is None:
            return _undone(item)
        if stored.deleted_at != ours and not self._force:
            return replace(item, status="conflict", conflict=_GONE)
        await self._writer.restore(self._ledger, stored)
        return _undone(item)

    async def _lock(self, item: StoredItem) -> StoredTask | None:
        found = await tasks.lock_tasks(
            self._ledger.session, self._ledger.workspace_id, [item.task_id]
        )
        return found.get(item.task_id)


def _minimal(current: TaskFields, wanted: TaskFields) -> TaskFields:
    """Only what differs: naming a parent that stays would ask whether it still may."""
    changed = differing(current, wanted)
    return picked(wanted, whole_units(cast("dict[str, Any]", changed)))


def _accepted(item: StoredItem, applied: Mapping[str, JsonValue]) -> StoredItem:
    return replace(item, status="accepted", conflict=None, applied=dict(applied))


def _undone(item: StoredItem) -> StoredItem:
    return replace(item, status="undone", conflict=None)


def _conflicting(
    item: StoredItem, fields: Any, current: Mapping[str, JsonValue], detail: str = ""
) -> StoredItem:
    return replace(item, status="conflict", conflict=Conflict(tuple(fields), current, detail))


def _shown(current: TaskFields, names: Any) -> dict[str, JsonValue]:
    encoded = encode(current)
    return {name: encoded[name] for name in names if name in encoded}


def _pointed(error: AppError) -> tuple[str, ...]:
    """The fields that an error points at."""
    entries = cast("list[dict[str, str]]", error.extra.get("errors", []))
    return tuple(entry["pointer"].removeprefix("/") for entry in entries if entry["pointer"])


def _part(item: StoredItem, name: str) -> Mapping[str, JsonValue]:
    return cast("Mapping[str, JsonValue]", (item.applied or {}).get(name) or {})


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _read_moment(stored: JsonValue) -> datetime | None:
    return datetime.fromisoformat(stored) if isinstance(stored, str) else None
