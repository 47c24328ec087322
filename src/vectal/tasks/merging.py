"""Three-way merge of a proposed change with what people did in the meantime. Pure.

A change touches some fields and knows what they held before. Where a field still holds that, the
change goes through; where a person has changed it since, it is a conflict, unless forced. Labels
merge one by one, so that they never conflict. Undoing is the same merge the other way round.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast, get_args
from uuid import UUID

from vectal.tasks.contracts import (
    ChangesetStatus,
    ItemKind,
    ItemStatus,
    Operation,
    TaskFields,
)
from vectal.tasks.fields import is_same

# Fields that only make sense together: if one of them moves, all are compared.
UNITS: Final[tuple[tuple[str, ...], ...]] = (
    ("due_on", "due_at"),
    ("project_id", "parent_id"),
)
_LABELS: Final = "labels"


@dataclass(frozen=True, slots=True)
class Merge:
    """What to write, and the fields in which somebody has gone another way."""

    wanted: TaskFields
    conflicts: tuple[str, ...] = ()


def merge(
    current: TaskFields, before: TaskFields, after: TaskFields, *, force: bool = False
) -> Merge:
    """Bring `after` to a task that held `before` when the change was made."""
    now, old, new = (cast("dict[str, Any]", fields) for fields in (current, before, after))
    wanted: dict[str, Any] = {}
    conflicts: list[str] = []
    for unit in units_of(new):
        if unit == (_LABELS,):
            wanted[_LABELS] = merge_labels(now[_LABELS], old.get(_LABELS, []), new[_LABELS])
        elif _agree(unit, now, new):
            continue
        elif force or _agree(unit, now, old):
            wanted |= {name: new[name] for name in unit}
        else:
            conflicts += unit
    return Merge(cast("TaskFields", wanted), tuple(conflicts))


def merge_labels(current: Sequence[str], before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Take away what the change took away, add what it added, leave the rest."""
    kept_before = {name.lower() for name in before}
    kept_after = {name.lower() for name in after}
    merged = {
        name.lower(): name
        for name in current
        if not (name.lower() in kept_before and name.lower() not in kept_after)
    }
    for name in after:
        if name.lower() not in kept_before:
            merged.setdefault(name.lower(), name)
    return list(merged.values())


def units_of(names: Iterable[str]) -> list[tuple[str, ...]]:
    """The fields grouped as they are compared; a unit is whole even if one field is named."""
    grouped: dict[tuple[str, ...], None] = {}
    for name in names:
        unit = next((one for one in UNITS if name in one), (name,))
        grouped[unit] = None
    return list(grouped)


def whole_units(names: Iterable[str]) -> list[str]:
    return [name for unit in units_of(names) for name in unit]


def _agree(unit: Iterable[str], left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    return all(is_same(name, left.get(name), right.get(name)) for name in unit)


@dataclass(frozen=True, slots=True)
class ItemState:
    """What deciding needs to know of an item."""

    id: UUID
    operation: Operation
    task_id: UUID
    parent_id: UUID | None
    status: ItemStatus
    is_applied: bool

    @property
    def is_waiting(self) -> bool:
        """Not decided: also when accepting it met a conflict."""
        return not self.is_applied and self.status in {"pending", "conflict"}


def find_makers(items: Collection[ItemState], item: ItemState) -> list[ItemState]:
    """The items that create the task which this one works on or puts its task below."""
    wanted = {item.task_id, item.parent_id}
    return [
        other
        for other in items
        if other.operation == "create" and other.task_id in wanted and other.id != item.id
    ]


def find_missing(items: Collection[ItemState], chosen: Collection[UUID]) -> list[UUID]:
    """Makers that the chosen items need, and that are neither accepted nor chosen."""
    missing: dict[UUID, None] = {}
    for item in items:
        if item.id in chosen:
            for maker in find_makers(items, item):
                if maker.id not in chosen and not maker.is_applied:
                    missing[maker.id] = None
    return list(missing)


def with_dependents(items: Sequence[ItemState], chosen: Collection[UUID]) -> set[UUID]:
    """The chosen items, and those that wait for what they would have created."""
    doomed = set(chosen)
    while True:
        more = {
            item.id
            for item in items
            if item.is_waiting
            and item.id not in doomed
            and any(maker.id in doomed for maker in find_makers(items, item))
        }
        if not more:
            return doomed
        doomed |= more


def status_of(items: Iterable[ItemState]) -> ChangesetStatus:
    """A changeset's status, by its items."""
    kinds = {_kind(item) for item in items}
    if kinds <= {"waiting"}:
        return "pending"
    if kinds <= {"applied"}:
        return "accepted"
    if kinds <= {"rejected"}:
        return "rejected"
    if kinds <= {"undone", "rejected"}:
        return "undone"
    return "partly"


def _kind(item: ItemState) -> str:
    if item.is_waiting:
        return "waiting"
    return "applied" if item.is_applied else item.status


_WORDS: Final[Mapping[Operation, tuple[str, str]]] = {
    "create": ("Create", "new"),
    "update": ("Change", "changed"),
    "complete": ("Complete", "completed"),
    "delete": ("Delete", "deleted"),
}
_KINDS: Final[tuple[ItemKind, ...]] = get_args(ItemKind)


def describe(
    operations: Sequence[Operation], first_title: str, kinds: Sequence[ItemKind] | None = None
) -> str:
    """A changeset's title: "Create “Pay rent”", or "3 new tasks, 1 changed event".

    `kinds` says of each operation what it is done to; without it to tasks.
    """
    if len(operations) == 1:
        return f"{_WORDS[operations[0]][0]} “{_shorten(first_title)}”"
    done = Counter(zip(kinds or ["task"] * len(operations), operations, strict=True))
    parts: list[str] = []
    for kind in _KINDS:
        for operation, (_, many) in _WORDS.items():
            if count := done[kind, operation]:
                parts.append(f"{count} {many} {kind}{'s' if count > 1 else ''}")
    return ", ".join(parts)


def _shorten(title: str, longest: int = 80) -> str:
    return title if len(title) <= longest else f"{title[: longest - 1]}…"
