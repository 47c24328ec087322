"""A task's fields as values and as JSON: cleaned, compared and kept consistent.

Pure. History and changesets store fields as JSON, services work on values; this is the bridge.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, cast
from uuid import UUID

from pydantic import JsonValue, TypeAdapter, ValidationError

from vectal.platform.printable import to_lines, to_one_line
from vectal.tasks.contracts import FIELDS, LOWEST_PRIORITY, STATUSES, Task, TaskFields
from vectal.tasks.errors import InvalidFieldError, LimitReachedError
from vectal.tasks.limits import LABEL_NAME, LABELS_A_TASK, NOTES, TITLE

FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
_FIELDS: Final[TypeAdapter[TaskFields]] = TypeAdapter(TaskFields)


BLANK: Final = TaskFields(
    title="",
    notes="",
    status="todo",
    priority=LOWEST_PRIORITY,
    project_id=None,
    parent_id=None,
    labels=[],
    due_on=None,
    due_at=None,
    assignee_id=None,
)
"""What a new task holds where nothing is given."""


def fields_of(task: Task) -> TaskFields:
    return TaskFields(
        title=task.title,
        notes=task.notes,
        status=task.status,
        priority=task.priority,
        project_id=task.project_id,
        parent_id=task.parent_id,
        labels=[label.name for label in task.labels],
        due_on=task.due_on,
        due_at=task.due_at,
        assignee_id=task.assignee_id,
    )


def encode(fields: TaskFields) -> dict[str, JsonValue]:
    """The fields as JSON, in a fixed order."""
    dumped: dict[str, JsonValue] = _FIELDS.dump_python(fields, mode="json")
    return {name: dumped[name] for name in FIELDS if name in dumped}


def decode(stored: Mapping[str, JsonValue]) -> TaskFields:
    """Fields from our own JSON; what is not a field is left out."""
    known = {name: stored[name] for name in FIELDS if name in stored}
    return _FIELDS.validate_python(known)


def is_same(field: str, left: object, right: object) -> bool:
    """Tell whether two values of a field, plain or as JSON, mean the same."""
    if field == "labels":
        return fold(cast("Iterable[str]", left)) == fold(cast("Iterable[str]", right))
    return left == right


def fold(names: Iterable[str]) -> set[str]:
    """Label names without the case that people don't care about."""
    return {name.lower() for name in names}


def differing(before: TaskFields, wanted: TaskFields) -> TaskFields:
    """What of `wanted` is not so already."""
    old, new = cast("dict[str, Any]", before), cast("dict[str, Any]", wanted)
    changed = {name: new[name] for name in new if not is_same(name, old.get(name), new[name])}
    return cast("TaskFields", changed)


def picked(fields: TaskFields, names: Iterable[str]) -> TaskFields:
    known = cast("dict[str, Any]", fields)
    return cast("TaskFields", {name: known[name] for name in names if name in known})


def couple(fields: TaskFields) -> TaskFields:
    """A task has a day or a moment, not both: setting one clears the other."""
    coupled = fields.copy()
    if coupled.get("due_on") is not None and coupled.get("due_at") is not None:
        raise InvalidFieldError("Give due_on or due_at, not both.", pointer="/due_at")
    if coupled.get("due_on") is not None:
        coupled["due_at"] = None
    elif coupled.get("due_at") is not None:
        coupled["due_on"] = None
    return coupled


def clean(fields: TaskFields) -> TaskFields:
    """Checked fields, trimmed and consistent; raises `InvalidFieldError` for the first bad one."""
    cleaned = cast("dict[str, Any]", couple(fields))
    for name, value in cleaned.items():
        cleaner = _CLEANERS.get(name)
        if cleaner is not None:
            cleaned[name] = cleaner(value)
    return cast("TaskFields", cleaned)


def read(given: Mapping[str, object]) -> TaskFields:
    """Fields from what a model wrote; raises `InvalidFieldError` when a value has no such type."""
    try:
        return clean(_FIELDS.validate_python(dict(given)))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = "/".join(str(part) for part in first["loc"])
        raise InvalidFieldError(f"{where}: {first['msg']}", pointer=f"/{where}") from error


def _clean_title(title: str) -> str:
    line = to_one_line(title)
    if not 0 < len(line) <= TITLE:
        raise InvalidFieldError(f"A title takes 1 to {TITLE} characters.", pointer="/title")
    return line


def _clean_notes(notes: str) -> str:
    lines = to_lines(notes)
    if len(lines) > NOTES:
        raise InvalidFieldError(f"Notes take up to {NOTES} characters.", pointer="/notes")
    return lines


def _clean_status(status: str) -> str:
    if status not in STATUSES:
        raise InvalidFieldError(f"status is one of {', '.join(STATUSES)}.", pointer="/status")
    return status


def _clean_priority(priority: int) -> int:
    if not 1 <= priority <= LOWEST_PRIORITY:
        raise InvalidFieldError("priority is 1 (highest) to 4 (none).", pointer="/priority")
    return priority


def clean_labels(names: Iterable[str]) -> list[str]:
    """Each name once, in order, as first spelled."""
    kept: dict[str, str] = {}
    for name in names:
        line = to_one_line(name)
        if not 0 < len(line) <= LABEL_NAME:
            raise InvalidFieldError(
                f"A label takes 1 to {LABEL_NAME} characters.", pointer="/labels"
            )
        kept.setdefault(line.lower(), line)
    if len(kept) > LABELS_A_TASK:
        raise LimitReachedError(f"A task takes {LABELS_A_TASK} labels.", pointer="/labels")
    return list(kept.values())


def _clean_due_on(day: date | None) -> date | None:
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidFieldError(
            f"due_on lies between {FIRST_DAY} and {LAST_DAY}.", pointer="/due_on"
        )
    return day


def _clean_due_at(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise InvalidFieldError("due_at needs an offset, such as Z.", pointer="/due_at")
    try:
        utc = moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError as error:
        raise InvalidFieldError("due_at is out of range.", pointer="/due_at") from error
    if not FIRST_DAY <= utc.date() <= LAST_DAY:
        raise InvalidFieldError(
            f"due_at lies between {FIRST_DAY} and {LAST_DAY}.", pointer="/due_at"
        )
    return utc


_CLEANERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "title": _clean_title,
    "notes": _clean_notes,
    "status": _clean_status,
    "priority": _clean_priority,
    "labels": clean_labels,
    "due_on": _clean_due_on,
    "due_at": _clean_due_at,
}

_UUID_FIELDS: Final = frozenset({"project_id", "parent_id", "assignee_id"})


def references(fields: TaskFields) -> set[UUID]:
    """The ids that the fields name."""
    known = cast("dict[str, Any]", fields)
    return {known[name] for name in _UUID_FIELDS if known.get(name) is not None}
