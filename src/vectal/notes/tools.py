"""What a model may do with notes: list them, read one, and propose to write one."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from vectal.ai.contracts import Taint, Tool, ToolContext, ToolOutput
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Scope
from vectal.notes import policy
from vectal.notes.contracts import FOLDER, MAX_CHARS
from vectal.notes.service import NoteServices
from vectal.notes.service.shelf import with_suffix
from vectal.platform.ids import new_id
from vectal.tasks.contracts import Foreign, Origin

_PRIVATE: Final = frozenset[Taint](("private",))
_OF_OTHERS: Final = frozenset[Taint](("untrusted", "private"))
_CHARS: Final = 20_000
_NOTE: Final = (
    "Nothing is written yet. The user sees the note beside your answer and accepts or rejects it. "
    "Do not prepare it again."
)


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ListNotes(_Input):
    words: Annotated[str | None, Field(max_length=200, description="Words of names")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class ReadNote(_Input):
    note_id: Annotated[UUID, Field(description="As list_notes names it")]
    start: Annotated[int, Field(ge=0, le=300_000, description="Characters to leave out")] = 0


class WriteNote(_Input):
    name: Annotated[str, Field(min_length=1, max_length=190)]
    text: Annotated[str, Field(min_length=1, max_length=MAX_CHARS, description="Markdown")]
    note_id: Annotated[
        UUID | None, Field(description="The note to replace whole; a new one when left out")
    ] = None


def make_tools(services: NoteServices) -> tuple[Tool[Any], ...]:
    """The tools to register at bootstrap."""
    hand = _Hand(services)
    return (
        Tool(
            name="list_notes",
            title="Look at notes",
            description=f"List the user's notes, the files of the folder {FOLDER}.",
            input=ListNotes,
            scope=Scope.FILES_READ,
            mode="read",
            effect="pure",
            handler=hand.list_notes,
            returns=_OF_OTHERS,
        ),
        Tool(
            name="read_note",
            title="Read a note",
            description="Read a note as Markdown.",
            input=ReadNote,
            scope=Scope.FILES_READ,
            mode="read",
            effect="pure",
            handler=hand.read_note,
            returns=_OF_OTHERS,
        ),
        Tool(
            name="write_note",
            title="Prepare a note",
            description="Prepare a new note, or the whole new text of one that is there.",
            input=WriteNote,
            scope=Scope.FILES_WRITE,
            mode="write",
            effect="idempotent",
            handler=hand.write_note,
            returns=_PRIVATE,
            proposes=True,
        ),
    )


class _Hand:
    def __init__(self, services: NoteServices) -> None:
        self._services = services

    async def list_notes(self, context: ToolContext, asked: ListNotes) -> ToolOutput:
        _check(context)
        page = await self._services.shelf.list_notes(
            context.principal, asked.words, limit=asked.limit
        )
        shown: list[JsonValue] = [
            {"id": str(file.id), "name": file.name, "changed": f"{file.updated_at:%Y-%m-%d}"}
            for file in page.items
        ]
        count = len(shown)
        content: dict[str, JsonValue] = {"notes": shown, "more": page.next_cursor is not None}
        return ToolOutput(_json(content), f"{count} note{'' if count == 1 else 's'}")

    async def read_note(self, context: ToolContext, asked: ReadNote) -> ToolOutput:
        _check(context)
        note = await self._services.shelf.read(context.principal, asked.note_id)
        text = note.text[asked.start : asked.start + _CHARS]
        more = len(note.text) - asked.start - len(text)
        content: dict[str, JsonValue] = {
            "id": str(note.file.id),
            "name": note.file.name,
            "text": text,
            "more_characters": max(more, 0),
        }
        return ToolOutput(_json(content), f"{len(text)} characters of a note")

    async def write_note(self, context: ToolContext, asked: WriteNote) -> ToolOutput:
        if context.mode != "act":
            raise ForbiddenError("Changes can only be prepared in Act mode.")
        note_id = asked.note_id
        if note_id is None:
            same = await self._services.shelf.find_named(context.principal, with_suffix(asked.name))
            note_id = None if same is None else same.id
        proposal = Foreign(
            "note",
            "create" if note_id is None else "update",
            {"name": asked.name, "text": asked.text},
            note_id or _made_id(context),
        )
        call_id = context.call_id if context.run_id is not None else None
        origin = Origin(context.turn_id, context.conversation_id, context.run_id, call_id)
        changeset = await self._services.tasks.changesets.propose(
            context.principal, origin, [proposal]
        )
        content: dict[str, JsonValue] = {
            "state": "awaiting the user's decision",
            "note": _NOTE,
            "changeset_id": str(changeset.id),
            "operation": proposal.operation,
        }
        verb = "Write" if proposal.operation == "create" else "Change"
        return ToolOutput(_json(content), f"{verb} a note", changeset.id)


def _check(context: ToolContext) -> None:
    if not policy.can_read(context.principal):
        raise ForbiddenError("You may not read files in this workspace.")


def _made_id(context: ToolContext) -> UUID:
    """What stands for the note until it is there: the same when the call is made again."""
    origin = context.run_id or context.turn_id
    return new_id() if origin is None else uuid5(origin, f"note:{context.call_id}")


def _json(value: dict[str, JsonValue]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
