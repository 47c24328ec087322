"""Who sees what: private files are their owner's, contents are one owner's and one workspace's."""

from uuid import UUID

import pytest
from sqlalchemy import text
from tests.files.conftest import MakeDrawer, pieces
from tests.fixtures.accounts import MakeUser

from vectal.auth.principal import Role
from vectal.files.contracts import FileChange, FileFilter, FolderChange, UploadDraft
from vectal.files.errors import (
    FolderPlaceError,
    NotYoursError,
    StoredFileNotFoundError,
    UploadNotFoundError,
)
from vectal.platform.db import Database

TABLES = ("folders", "files", "file_versions", "file_blobs", "file_uploads", "file_upload_parts")


async def test_a_private_file_is_its_owners_alone(
    make_user: MakeUser, make_drawer: MakeDrawer
) -> None:
    ada = make_drawer(await make_user())
    bob = make_drawer(await make_user(workspace_id=ada.person.workspace_id, role=Role.ADMIN))
    file = await ada.put("Diary.txt", b"dear diary")
    assert await bob.names() == []
    for act in (
        bob.services.get_file(bob.me, file.id),
        bob.services.open_version(bob.me, file.id),
        bob.services.trash.trash_file(bob.me, file.id),
        bob.services.files.change(bob.me, file.id, FileChange(name="Mine.txt")),
        bob.services.files.copy(bob.me, file.id, None),
        bob.services.versions.list_versions(bob.me, file.id),
        bob.put(replaces=file.id),
    ):
        with pytest.raises(StoredFileNotFoundError):
            await act
    upload = await ada.services.uploads.create(ada.me, UploadDraft("a", 3))
    with pytest.raises(UploadNotFoundError):
        await bob.services.uploads.get(bob.me, upload.id)


async def test_showing_a_file_and_taking_it_back(
    make_user: MakeUser, make_drawer: MakeDrawer
) -> None:
    ada = make_drawer(await make_user())
    bob = make_drawer(await make_user(workspace_id=ada.person.workspace_id, role=Role.MEMBER))
    file = await ada.put("Plan.txt", b"first")
    await ada.put("Plan.txt", b"second", replaces=file.id)
    shared = await ada.services.files.change(ada.me, file.id, FileChange(visibility="workspace"))
    assert shared.visibility == "workspace"
    assert await bob.names() == ["Plan.txt"]
    assert await bob.names(FileFilter(words="plan")) == ["Plan.txt"]
    assert await bob.read(shared, 1) == b"first"
    assert await bob.read(shared) == b"second"
    with pytest.raises(NotYoursError):
        await bob.services.files.change(bob.me, file.id, FileChange(visibility="private"))
    renamed = await bob.services.files.change(bob.me, file.id, FileChange(name="Ours.txt"))
    assert renamed.name == "Ours.txt"
    await ada.services.files.change(ada.me, file.id, FileChange(visibility="private"))
    assert await bob.names() == []
    assert await ada.read(file, 1) == b"first"
    await ada.sweep()
    assert await ada.audit() == ([], [])
    assert len(ada.objects()) == 2


async def test_a_folder_says_who_sees_what_is_in_it(
    make_user: MakeUser, make_drawer: MakeDrawer
) -> None:
    ada = make_drawer(await make_user())
    bob = make_drawer(await make_user(workspace_id=ada.person.workspace_id))
    folders = ada.services.folders
    shared = await folders.create(ada.me, "Ours", visibility="workspace")
    private = await folders.create(ada.me, "Mine")
    below = await folders.create(ada.me, "Deeper", shared.id)
    assert below.visibility == "workspace"
    file = await ada.put("Plan.txt", folder_id=below.id)
    assert file.visibility == "workspace"
    assert await bob.read(file) == b"the plan"
    moved = await ada.services.files.change(
        ada.me, file.id, FileChange(move=True, folder_id=private.id)
    )
    assert (moved.visibility, moved.folder_id) == ("private", private.id)
    assert await bob.names() == []
    with pytest.raises(FolderPlaceError):
        await folders.change(ada.me, private.id, FolderChange(move=True, parent_id=shared.id))


async def _blobs(db: Database, workspace_id: UUID) -> list[tuple[UUID, bytes]]:
    async with db.system("tests.blobs") as session:
        rows = await session.execute(
            text("SELECT id, content_key FROM file_blobs WHERE workspace_id = :w"),
            {"w": workspace_id},
        )
        return [(row[0], row[1]) for row in rows.all()]


async def test_equal_contents_are_kept_once_for_one_owner_and_are_unlike_for_others(
    make_user: MakeUser, make_drawer: MakeDrawer, db: Database
) -> None:
    ada = make_drawer(await make_user())
    bob = make_drawer(await make_user(workspace_id=ada.person.workspace_id))
    eve = make_drawer(await make_user())
    body = b"the same bytes" * 1_000
    for drawer in (ada, ada, bob, eve):
        await drawer.put(body=body)
    await ada.put(body=body, visibility="workspace")
    await bob.put(body=body, visibility="workspace")
    await ada.sweep()
    ours = await _blobs(db, ada.person.workspace_id)
    theirs = await _blobs(db, eve.person.workspace_id)
    # Hers, his, and the workspace's; nothing in them says that they are equal.
    assert len(ours) == 3
    assert len(theirs) == 1
    assert len({key for _, key in (*ours, *theirs)}) == 4
    sealed = {each.read_bytes() for each in ada.objects()}
    assert len(sealed) == 4
    assert not any(b"the same bytes" in each for each in sealed)


@pytest.mark.parametrize("table", TABLES)
async def test_row_security_shows_a_stranger_nothing(
    make_user: MakeUser, make_drawer: MakeDrawer, db: Database, table: str
) -> None:
    ada = make_drawer(await make_user())
    colleague = await make_user(workspace_id=ada.person.workspace_id)
    stranger = await make_user()
    await ada.services.folders.create(ada.me, "Mine")
    await ada.put()
    upload = await ada.services.uploads.create(ada.me, UploadDraft("a", 9))
    await ada.services.uploads.append(ada.me, upload.id, 0, pieces(b"part"))
    count = text(f"SELECT count(*) FROM {table} WHERE workspace_id = :w")  # noqa: S608 - names of ours
    seen: list[int] = []
    for who in (ada.me, colleague.principal, stranger.principal):
        async with db.read(who) as session:
            rows = await session.execute(count, {"w": ada.person.workspace_id})
            seen.append(rows.scalar_one())
    assert seen[0] > 0
    assert seen[1:] == [0, 0]
