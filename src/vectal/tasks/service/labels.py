"""Use cases of labels."""

from typing import Final
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database
from vectal.platform.db.paging import InvalidCursorError, decode_cursor, encode_cursor
from vectal.platform.ids import new_id
from vectal.tasks.contracts import Label, LabelPage
from vectal.tasks.errors import LabelExistsError, LabelNotFoundError, LimitReachedError
from vectal.tasks.events import LabelChanged
from vectal.tasks.fields import clean_labels
from vectal.tasks.limits import LABELS_A_WORKSPACE
from vectal.tasks.repository import labels
from vectal.tasks.service.cursors import as_id
from vectal.tasks.service.labelling import color_for
from vectal.tasks.service.projects import clean_color

_CURSOR: Final = "labels"


class LabelService:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def list_labels(
        self, principal: Principal, *, cursor: str | None = None, limit: int = 50
    ) -> LabelPage:
        after = _read_cursor(cursor) if cursor else None
        async with self._database.read(principal) as session:
            found = await labels.list_labels(session, principal.workspace_id, after, limit + 1)
        page = found[:limit]
        items = tuple(label for label, _ in page)
        if len(found) <= limit:
            return LabelPage(items, None)
        return LabelPage(items, encode_cursor(_CURSOR, [page[-1][1], str(page[-1][0].id)]))

    async def create(self, principal: Principal, name: str, color: str | None = None) -> Label:
        (cleaned,) = clean_labels([name])
        label = Label(new_id(), cleaned, clean_color(color) if color else color_for(cleaned))
        async with self._database.transaction(principal) as session:
            if await labels.count_labels(session, principal.workspace_id) >= LABELS_A_WORKSPACE:
                raise LimitReachedError(f"A workspace takes {LABELS_A_WORKSPACE} labels.")
            if not await labels.insert_labels(
                session, principal.workspace_id, [label], self._clock.now()
            ):
                raise LabelExistsError
            await session.emit(LabelChanged(label.id, "created"))
        return label

    async def update(
        self,
        principal: Principal,
        label_id: UUID,
        *,
        name: str | None = None,
        color: str | None = None,
    ) -> Label:
        values: dict[str, str] = {}
        if name is not None:
            (values["name"],) = clean_labels([name])
        if color is not None:
            values["color"] = clean_color(color)
        async with self._database.transaction(principal) as session:
            found = await labels.find_label(session, principal.workspace_id, label_id)
            if found is None:
                raise LabelNotFoundError
            if values and not await labels.update_label(
                session, principal.workspace_id, label_id, values
            ):
                raise LabelExistsError
            await session.emit(LabelChanged(label_id, "updated"))
        return Label(label_id, values.get("name", found.name), values.get("color", found.color))

    async def delete(self, principal: Principal, label_id: UUID) -> None:
        """Delete a label; tasks lose it."""
        async with self._database.transaction(principal) as session:
            if not await labels.delete_label(session, principal.workspace_id, label_id):
                raise LabelNotFoundError
            await session.emit(LabelChanged(label_id, "deleted"))


def _read_cursor(cursor: str) -> tuple[str, UUID]:
    name, id_ = decode_cursor(_CURSOR, cursor, length=2)
    label_id = as_id(id_)
    if not isinstance(name, str) or "\x00" in name or label_id is None:
        raise InvalidCursorError
    return name, label_id
