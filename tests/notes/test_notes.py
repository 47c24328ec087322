"""Notes are files; what models write waits sealed, and nothing of it is ever lost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text as sql
from tests.fixtures.accounts import MakeUser
from tests.notes.conftest import Desk

from vectal.ai.contracts import Mode, ToolContext, ToolOutput
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Role
from vectal.notes.contracts import FOLDER, MAX_CHARS
from vectal.notes.errors import BadNoteError, NoteNotFoundError
from vectal.notes.tools import make_tools
from vectal.platform.ids import new_id
from vectal.tasks.contracts import Changeset, Foreign, Origin
from vectal.tasks.errors import NothingToChangeError


async def call(
    desk: Desk,
    called: str,
    /,
    *,
    turn: UUID | None = None,
    run: UUID | None = None,
    mode: Mode = "act",
    **arguments: Any,
) -> ToolOutput:
    tool = next(tool for tool in make_tools(desk.notes) if tool.name == called)
    turn = None if run else turn or new_id()
    context = ToolContext(desk.me, turn, turn, "1", mode, "UTC", run)
    output: ToolOutput = await tool.handler(context, tool.input.model_validate(arguments))
    return output


async def write(desk: Desk, name: str, text: str, **more: Any) -> Changeset:
    output = await call(desk, "write_note", name=name, text=text, **more)
    assert output.changeset_id is not None
    return await desk.tasks.changesets.get(desk.me, output.changeset_id)


async def accept(desk: Desk, changeset: Changeset, **more: Any) -> Changeset:
    return await desk.tasks.changesets.accept(desk.me, changeset.id, **more)


async def undo(desk: Desk, changeset: Changeset, **more: Any) -> Changeset:
    return await desk.tasks.changesets.undo(desk.me, changeset.id, **more)


async def test_a_new_note_is_a_file_once_it_is_accepted(desk: Desk) -> None:
    changeset = await write(desk, "Trip", "# Trip\r\n\nPack.")
    (item,) = changeset.items
    assert (changeset.title, item.kind) == ("Create “Trip.md”", "note")
    assert item.after == {"text": "# Trip\n\nPack."}
    assert await desk.names() == []
    await accept(desk, changeset)
    assert await desk.names() == ["Trip.md"]
    (file,) = (await desk.notes.shelf.list_notes(desk.me, "trip")).items
    assert (file.media_type, file.visibility) == ("text/markdown", "private")
    folder = await desk.files.folders.get(desk.me, file.folder_id or new_id())
    assert folder.name == FOLDER
    assert await desk.text(file.id) == "# Trip\n\nPack."
    assert (await accept(desk, changeset)).status == "accepted"
    assert await desk.names() == ["Trip.md"]
    assert (await undo(desk, changeset)).status == "undone"
    assert await desk.names() == []
    await desk.files.trash.restore_file(desk.me, file.id)
    assert await desk.names() == ["Trip.md"]


async def test_a_note_is_replaced_and_brought_back(desk: Desk) -> None:
    file = await desk.put("Trip.md", "Pack.")
    changeset = await write(desk, "trip", "Pack, and lock the door.")
    (item,) = changeset.items
    assert (item.operation, item.task_id) == ("update", file.id)
    assert item.before is not None
    assert item.before["text"] == "Pack."
    await accept(desk, changeset)
    assert await desk.text(file.id) == "Pack, and lock the door."
    assert await desk.names() == ["Trip.md"]
    await undo(desk, changeset)
    assert await desk.text(file.id) == "Pack."
    versions = await desk.files.versions.list_versions(desk.me, file.id)
    assert [each.number for each in versions.items] == [3, 2, 1]


async def test_what_a_person_has_written_since_is_a_conflict(desk: Desk) -> None:
    file = await desk.put("Trip.md", "Pack.")
    changeset = await write(desk, "Trip", "Stay.", note_id=str(file.id))
    await desk.put("Trip.md", "Pack warmly.")
    stuck = await accept(desk, changeset)
    assert stuck.items[0].conflict is not None
    assert await desk.text(file.id) == "Pack warmly."
    await accept(desk, changeset, force=True)
    assert await desk.text(file.id) == "Stay."
    await desk.put("Trip.md", "Go.")
    assert (await undo(desk, changeset)).items[0].conflict is not None
    assert await desk.text(file.id) == "Go."
    await undo(desk, changeset, force=True)
    assert await desk.text(file.id) == "Pack warmly."


async def test_a_note_that_is_gone_is_a_conflict(desk: Desk) -> None:
    file = await desk.put("Trip.md", "Pack.")
    changeset = await write(desk, "Trip", "Stay.")
    await desk.files.trash.trash_file(desk.me, file.id)
    assert (await accept(desk, changeset)).items[0].status == "conflict"
    with pytest.raises(NoteNotFoundError):
        await desk.text(file.id)


async def test_what_waits_is_sealed_and_is_put_into_other_words(desk: Desk) -> None:
    changeset = await write(desk, "Trip", "Swordfish.")
    item = changeset.items[0]
    edit = desk.tasks.changesets.edit
    edited = await edit(desk.me, changeset.id, item.id, {"text": "Marlin."})
    assert edited.items[0].after == {"text": "Marlin."}
    assert edited.items[0].proposed == {"text": "Swordfish."}
    for wrong in ({"title": "Other"}, {"text": " "}, {"text": "x" * (MAX_CHARS + 1)}):
        with pytest.raises(BadNoteError):
            await edit(desk.me, changeset.id, item.id, wrong)
    async with desk.database.read(desk.me) as session:
        query = sql("SELECT i::text FROM changeset_items i WHERE id = :id")
        ((kept,),) = (await session.execute(query, {"id": item.id})).all()
    assert "Swordfish" not in kept
    assert "Marlin" not in kept
    await accept(desk, changeset)
    (file,) = (await desk.notes.shelf.list_notes(desk.me, None)).items
    assert await desk.text(file.id) == "Marlin."


async def test_nothing_is_proposed_twice(desk: Desk) -> None:
    turn, run = new_id(), new_id()
    await write(desk, "Trip", "Pack.", turn=turn)
    with pytest.raises(NothingToChangeError):
        await write(desk, "trip.md", "Pack more.", turn=turn)
    await desk.put("Old.md", "Same.")
    with pytest.raises(NothingToChangeError):
        await write(desk, "Old", "Same.")
    first = await call(desk, "write_note", run=run, name="Run", text="Done.")
    again = await call(desk, "write_note", run=run, name="Run", text="Done.")
    assert (again.content, again.changeset_id) == (first.content, first.changeset_id)


async def test_a_model_lists_and_reads_notes_alone(desk: Desk) -> None:
    file = await desk.put("Trip.md", "Pack. " * 10)
    other = await desk.notes.shelf.files.folders.create(desk.me, "Else")
    listed = json.loads((await call(desk, "list_notes")).content)
    assert [each["name"] for each in listed["notes"]] == ["Trip.md"]
    read = json.loads((await call(desk, "read_note", note_id=str(file.id), start=6)).content)
    assert (read["text"], read["more_characters"]) == ("Pack. " * 9, 0)
    with pytest.raises(NoteNotFoundError):
        await call(desk, "read_note", note_id=str(other.id))
    untrusted = {tool.name for tool in make_tools(desk.notes) if "untrusted" in tool.returns}
    assert untrusted == {"list_notes", "read_note"}
    written = await call(desk, "write_note", name="Trip", text="New.")
    assert "Pack" not in written.content + written.summary


async def test_notes_of_others_are_theirs(desk: Desk, make_user: MakeUser) -> None:
    file = await desk.put("Trip.md", "Pack.")
    stranger = await make_user(workspace_id=desk.me.workspace_id, role=Role.MEMBER)
    viewer = await make_user(workspace_id=desk.me.workspace_id, role=Role.VIEWER)
    other = replace(desk, person=stranger)
    assert await other.names() == []
    with pytest.raises(NoteNotFoundError):
        await call(other, "read_note", note_id=str(file.id))
    with pytest.raises(NoteNotFoundError):
        await call(other, "write_note", name="Trip", text="Mine.", note_id=str(file.id))
    with pytest.raises(ForbiddenError):
        await call(replace(desk, person=viewer), "write_note", name="Trip", text="Mine.")
    with pytest.raises(ForbiddenError):
        await call(desk, "write_note", mode="ask", name="Trip", text="Mine.")
    deletion = Foreign("note", "delete", {}, file.id)
    with pytest.raises(ForbiddenError):
        await desk.tasks.changesets.propose(desk.me, Origin(new_id()), [deletion])
