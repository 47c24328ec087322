"""Notes that models propose to write: how changesets prepare, do and undo them.

What is proposed waits sealed under the key of the person, as the file itself will be. Accepting
stores a version of a file, and undoing brings the one before it back, or puts a new note into the
trash: nothing is ever lost.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

from pydantic import JsonValue

from vectal.auth.principal import Principal
from vectal.files.contracts import File
from vectal.notes import policy
from vectal.notes.contracts import MAX_CHARS
from vectal.notes.errors import BadNoteError, NoteNotFoundError
from vectal.notes.service.shelf import Shelf, with_suffix
from vectal.platform.crypto import Aad, KeyOwner, Keyring
from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.platform.ids import new_id
from vectal.platform.printable import to_lines, to_one_line
from vectal.tasks.contracts import (
    Conflict,
    Decided,
    Foreign,
    ItemKind,
    KeptItem,
    Operation,
    Prepared,
)
from vectal.tasks.errors import NothingToChangeError

Json = Mapping[str, JsonValue]
_NAME: Final = 190
_GONE: Final = Conflict(("deleted",), {}, "The note is deleted.")
_SEALED: Final = "sealed_text"


@dataclass(frozen=True, slots=True)
class NoteKeeper:
    """Works in the changeset's transaction, with the rights of whoever decides."""

    shelf: Shelf
    keyring: Keyring

    @property
    def kind(self) -> ItemKind:
        return "note"

    def can_apply(self, principal: Principal, operation: Operation) -> bool:
        return policy.can_apply(principal, operation)

    async def prepare(
        self,
        session: WriteSession,
        principal: Principal,
        asked: Foreign,
        waiting: Sequence[KeptItem],
    ) -> Prepared:
        """Of a name that is taken the note is replaced; what waits already is not proposed again.

        Raises `BadNoteError`, `NoteNotFoundError` and `NothingToChangeError`.
        """
        text = _clean_text(str(asked.fields.get("text", "")))
        file = await self._find_base(principal, asked)
        if file is not None:
            known = await self.shelf.read(principal, file.id)
            if any(item.subject_id == file.id for item in waiting):
                raise NothingToChangeError("A change of this note waits already; edit that one.")
            if known.is_cut:
                raise BadNoteError("The note is too long to be replaced.", pointer="/text")
            if known.text == text:
                raise NothingToChangeError("The note says that already.")
            before = await self._seal(session, principal, file.id, known.text)
            after = await self._seal(session, principal, file.id, text)
            return Prepared(file.id, file.name, {**before, "number": file.number}, after)
        name, note_id = _clean_name(asked), asked.subject_id or new_id()
        if any(item.title.casefold() == name.casefold() for item in waiting):
            raise NothingToChangeError("A note of this name waits already.")
        return Prepared(note_id, name, None, await self._seal(session, principal, note_id, text))

    async def _find_base(self, principal: Principal, asked: Foreign) -> File | None:
        """The note that is to be replaced, if it is one that is there."""
        if asked.operation == "update":
            if asked.subject_id is None:
                raise NoteNotFoundError
            return await self.shelf.get_file(principal, asked.subject_id)
        return None

    async def edit(
        self, session: WriteSession, principal: Principal, item: KeptItem, fields: Json
    ) -> Prepared:
        """The note in other words. Raises `BadNoteError` for a field that is not its text."""
        for name in fields:
            if name != "text":
                raise BadNoteError("Only the text of a note can be edited.", pointer=f"/{name}")
        text = _clean_text(str(fields.get("text", "")))
        proposed = await self.reveal(session, principal, item.subject_id, item.after or {})
        if proposed.get("text") == text:
            return Prepared(item.subject_id, item.title, item.before, item.after)
        after = await self._seal(session, principal, item.subject_id, text)
        return Prepared(item.subject_id, item.title, item.before, after)

    async def accept(
        self, session: WriteSession, principal: Principal, item: KeptItem, *, force: bool
    ) -> Decided:
        fields = await self.reveal(session, principal, item.subject_id, item.after or {})
        text = str(fields.get("text", ""))
        if item.operation == "create":
            made = await self.shelf.write(principal, item.title, text, None)
            return Decided({"file_id": str(made.id), "number": made.number})
        try:
            file = await self.shelf.get_file(principal, item.subject_id)
        except NoteNotFoundError:
            return Decided(conflict=_GONE)
        if file.number != (item.before or {}).get("number") and not force:
            return Decided(conflict=_moved_on(file))
        stored = await self.shelf.write(principal, file.name, text, file)
        return Decided({"file_id": str(file.id), "number": stored.number, "before": file.number})

    async def undo(
        self, session: WriteSession, principal: Principal, item: KeptItem, *, force: bool
    ) -> Decided:
        del session
        applied = item.applied or {}
        try:
            file = await self.shelf.get_file(principal, UUID(str(applied.get("file_id"))))
        except NoteNotFoundError:
            # What was created is gone as wanted; what is gone has nothing to bring back.
            return Decided({}) if item.operation == "create" else Decided(conflict=_GONE)
        if file.number != applied.get("number") and not force:
            return Decided(conflict=_moved_on(file))
        if item.operation == "create":
            await self.shelf.files.trash.trash_file(principal, file.id)
        else:
            before = int(cast("int", applied.get("before", 1)))
            await self.shelf.files.versions.restore(principal, file.id, before)
        return Decided({})

    async def reveal(
        self, session: ReadSession, scope: DataScope, subject_id: UUID, fields: Json
    ) -> dict[str, JsonValue]:
        """The fields as people read them."""
        sealed = fields.get(_SEALED)
        if not isinstance(sealed, str):
            return dict(fields)
        opened = await self.keyring.open(
            session, _owner(scope), base64.b64decode(sealed), _place(scope, subject_id)
        )
        shown = {name: value for name, value in fields.items() if name != _SEALED}
        return {"text": opened.decode(), **shown}

    async def _seal(
        self, session: WriteSession, principal: Principal, subject_id: UUID, text: str
    ) -> dict[str, JsonValue]:
        place = _place(principal, subject_id)
        sealed = await self.keyring.seal(session, _owner(principal), text.encode(), place)
        return {_SEALED: base64.b64encode(sealed).decode()}


def _clean_text(text: str) -> str:
    lines = to_lines(text)
    if not lines.strip() or len(lines) > MAX_CHARS:
        raise BadNoteError(f"A note takes 1 to {MAX_CHARS} characters.", pointer="/text")
    return lines


def _clean_name(asked: Foreign) -> str:
    name = to_one_line(str(asked.fields.get("name", ""))).replace("/", "-").replace("\\", "-")
    if not 0 < len(name) <= _NAME:
        raise BadNoteError(f"A name takes 1 to {_NAME} characters.", pointer="/name")
    return with_suffix(name)


def _moved_on(file: File) -> Conflict:
    return Conflict(("text",), {}, f"The note has moved on, to version {file.number}.")


def _owner(scope: DataScope) -> KeyOwner:
    return KeyOwner.user(scope.user_id)


def _place(scope: DataScope, subject_id: UUID) -> Aad:
    return Aad("changeset_items", "text", str(subject_id), scope.workspace_id)
