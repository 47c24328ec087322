"""A person puts a proposed change into other words before she accepts it.

What is accepted then is what she wrote; what was proposed stays with the item, and so does each
edit. Everything else holds as before: what the change believes of the task is what the model saw,
so a field that people have changed since is a conflict whether it was edited or not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from pydantic import JsonValue

from vectal.auth.principal import Principal
from vectal.tasks.contracts import FIELDS, TaskFields
from vectal.tasks.errors import (
    ChangesetClosedError,
    InvalidFieldError,
    LimitReachedError,
    NothingToChangeError,
    UnknownReferenceError,
)
from vectal.tasks.fields import clean, decode, differing, encode
from vectal.tasks.limits import EDITS_AN_ITEM
from vectal.tasks.ports import People
from vectal.tasks.repository.changesets import StoredChangeset, StoredItem
from vectal.tasks.service import families
from vectal.tasks.service.keepers import Keepers
from vectal.tasks.service.ledger import Ledger
from vectal.tasks.service.proposing import Proposer

_PROJECT: Final = "/project_id"


class Editor:
    """Works within the transaction of a ledger, on a changeset that is locked."""

    def __init__(
        self,
        ledger: Ledger,
        people: People,
        changeset: StoredChangeset,
        keepers: Keepers,
        principal: Principal,
    ) -> None:
        self._ledger = ledger
        self._keepers = keepers
        self._principal = principal
        self._proposer = Proposer(ledger, people)
        self._changeset = changeset

    async def edit(self, item: StoredItem, fields: Mapping[str, Any]) -> list[StoredItem]:
        """The item with these fields in the place of the proposed ones, to be decided anew.

        Behind it come proposed subtasks that have to follow it into another project.

        Raises `ChangesetClosedError` for an item that is decided, or that has nothing to edit, and
        what proposing the same would raise.
        """
        if not item.state.is_waiting:
            raise ChangesetClosedError(f"“{item.title}” was {item.status}.")
        if item.operation not in {"create", "update"}:
            raise ChangesetClosedError("Only what a task, event or note holds can be edited.")
        after, title = await self._wanted(item, fields)
        if after == item.after:
            return []
        if len(item.edits) >= EDITS_AN_ITEM:
            raise LimitReachedError(f"An item is edited {EDITS_AN_ITEM} times at most.")
        entry: dict[str, JsonValue] = {
            "at": self._ledger.at.isoformat(),
            "before": dict(item.after or {}),
            "after": after,
        }
        edits = (*item.edits, entry)
        edited = replace(
            item, after=after, title=title, status="pending", conflict=None, edits=edits
        )
        return [edited, *(self._followers(edited) if item.operation == "create" else ())]

    async def _wanted(
        self, item: StoredItem, fields: Mapping[str, Any]
    ) -> tuple[dict[str, JsonValue], str]:
        """What the item holds from now on, and what it is called."""
        if item.kind != "task":
            session = self._ledger.session
            edited = await self._keepers.edit(session, self._principal, item, fields)
            return dict(edited.after or {}), edited.title
        for name in fields:
            if name not in FIELDS:
                raise InvalidFieldError(f"A task has no {name}.", pointer=f"/{name}")
        cleaned = clean(cast("TaskFields", fields))
        await self._proposer.check_assignee(cleaned)
        if item.operation == "create":
            after = await self._created(item, cleaned)
            return after, str(after["title"])
        return await self._changed(item, cleaned), item.title

    def _followers(self, top: StoredItem) -> Iterator[StoredItem]:
        project = (top.after or {}).get("project_id")
        for other in self._changeset.items:
            is_below = other.state.is_waiting and other.state.parent_id == top.task_id
            if other.operation == "create" and is_below:
                follower = replace(other, after={**(other.after or {}), "project_id": project})
                yield follower
                yield from self._followers(follower)

    async def _created(self, item: StoredItem, fields: TaskFields) -> dict[str, JsonValue]:
        for other in self._changeset.items:
            if other.position < item.position:
                await self._proposer.remember(other)
        wanted = decode(item.after or {})
        if wanted.get("parent_id") is not None and "project_id" not in fields:
            # It goes where its parent is, wherever that has gone since.
            wanted.pop("project_id", None)
        settled = await self._proposer.settle(wanted | fields, None)
        if "project_id" in fields and settled.get("project_id") != fields.get("project_id"):
            words = "A subtask is in the project of its parent."
            raise UnknownReferenceError(words, pointer=_PROJECT)
        return encode(settled)

    async def _changed(self, item: StoredItem, fields: TaskFields) -> dict[str, JsonValue]:
        proposed, before = decode(item.after or {}), decode(item.before or {})
        for name in cast("Mapping[str, Any]", fields):
            if name not in proposed:
                words = f"The proposal leaves {name} as it is; change it at the task."
                raise InvalidFieldError(words, pointer=f"/{name}")
        if "project_id" in fields:
            await self._check_project(fields, proposed, before)
        after = proposed | fields
        if not differing(before, after):
            raise NothingToChangeError("That is what the task holds already. Reject it instead.")
        return encode(after)

    async def _check_project(
        self, fields: TaskFields, proposed: TaskFields, before: TaskFields
    ) -> None:
        if proposed.get("parent_id") is not None or before.get("parent_id") is not None:
            words = "A subtask is in the project of its parent."
            raise UnknownReferenceError(words, pointer=_PROJECT)
        project_id = fields.get("project_id")
        if project_id is not None:
            await families.check_project(self._ledger, project_id)
