"""Folders and the trash: names that are taken, circles, what is deleted and comes back together."""

import asyncio
from uuid import uuid4

import pytest
from tests.files.conftest import Drawer

from vectal.files.contracts import FileChange, FileFilter, FolderChange
from vectal.files.errors import (
    FolderNotFoundError,
    FolderPlaceError,
    NotTrashedError,
    RevisionConflictError,
    StoredFileNotFoundError,
)
from vectal.files.limits import DEPTH


async def test_a_taken_name_gets_a_number(drawer: Drawer) -> None:
    for name in ("Plan.txt", "PLAN.txt", "plan.TXT"):
        await drawer.put(name)
    assert await drawer.names() == ["PLAN (2).txt", "Plan.txt", "plan (3).TXT"]
    folder = await drawer.services.folders.create(drawer.me, "Plan.txt")
    inside = await drawer.put("Plan.txt", folder_id=folder.id)
    assert inside.name == "Plan.txt"
    out = await drawer.services.files.change(drawer.me, inside.id, FileChange(move=True))
    assert out.name == "Plan (4).txt"
    recased = await drawer.services.files.change(drawer.me, out.id, FileChange(name="PLAN (4).txt"))
    assert recased.name == "PLAN (4).txt"


async def test_many_at_once_get_names_of_their_own(drawer: Drawer) -> None:
    await asyncio.gather(*(drawer.put("Same.txt", bytes([n])) for n in range(6)))
    assert len(set(await drawer.names())) == 6


async def test_words_of_names_are_found(drawer: Drawer) -> None:
    await drawer.put("annual_report-2026.final.pdf")
    await drawer.put("Reports of Zürich.txt")
    for words, count in (("report", 2), ("reports 2026", 1), ("ZÜRICH", 1), ("other", 0), ("-", 0)):
        assert len(await drawer.names(FileFilter(words=words))) == count, words
    assert len(await drawer.names(FileFilter(words=" "))) == 2


async def test_pages_follow_each_other_in_every_order(drawer: Drawer) -> None:
    for n in range(7):
        drawer.clock.advance(1)
        await drawer.put(f"{n}.txt", b"x" * (n % 3))
    for sort in ("created", "updated", "size"):
        for descending in (True, False):
            seen: list[str] = []
            cursor: str | None = None
            while True:
                page = await drawer.services.list_files(
                    drawer.me, sort=sort, descending=descending, cursor=cursor, limit=3
                )
                seen += [each.name for each in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    break
            assert sorted(seen) == [f"{n}.txt" for n in range(7)], sort
    kinds = await drawer.names(FileFilter(kinds=("image",)))
    assert kinds == []


async def test_a_change_of_what_is_older_is_refused(drawer: Drawer) -> None:
    file = await drawer.put()
    await drawer.services.files.change(drawer.me, file.id, FileChange(name="New.txt"), revision=1)
    for revision in (1, 3):
        with pytest.raises(RevisionConflictError):
            await drawer.services.files.change(
                drawer.me, file.id, FileChange(name="Newer.txt"), revision=revision
            )


async def test_folders_make_no_circle_and_end_somewhere(drawer: Drawer) -> None:
    folders = drawer.services.folders
    top = await folders.create(drawer.me, "Top")
    below = await folders.create(drawer.me, "Below", top.id)
    for place in (top.id, below.id):
        with pytest.raises(FolderPlaceError):
            await folders.change(drawer.me, top.id, FolderChange(move=True, parent_id=place))
    with pytest.raises(FolderNotFoundError):
        await folders.create(drawer.me, "Lost", uuid4())
    deepest = below
    for n in range(DEPTH - 2):
        deepest = await folders.create(drawer.me, str(n), deepest.id)
    with pytest.raises(FolderPlaceError):
        await folders.create(drawer.me, "Deeper", deepest.id)
    another = await folders.create(drawer.me, "Another")
    with pytest.raises(FolderPlaceError):
        await folders.change(drawer.me, top.id, FolderChange(move=True, parent_id=another.id))
    way = await folders.get_way(drawer.me, below.id)
    assert [each.name for each in way] == ["Top", "Below"]
    moved = await folders.change(drawer.me, below.id, FolderChange("ANOTHER", move=True))
    assert moved.name == "ANOTHER (2)"


async def test_what_is_deleted_together_comes_back_together(drawer: Drawer) -> None:
    services, me = drawer.services, drawer.me
    top = await services.folders.create(me, "Top")
    # Made before the folder that it is moved into.
    old = await services.folders.create(me, "Old")
    new = await services.folders.create(me, "New", top.id)
    await services.folders.change(me, old.id, FolderChange(move=True, parent_id=new.id))
    kept = await drawer.put("kept.txt", folder_id=old.id)
    alone = await drawer.put("alone.txt", folder_id=top.id)
    await services.trash.trash_file(me, alone.id)
    await services.trash.trash_folder(me, top.id)
    assert await drawer.names() == []
    assert await drawer.names(FileFilter(trashed=True)) == ["alone.txt"]
    trashed = (await services.folders.list_folders(me, trashed=True)).items
    assert [each.id for each in trashed] == [top.id]
    with pytest.raises(NotTrashedError):
        await services.trash.restore_folder(me, new.id)
    await services.trash.restore_folder(me, top.id)
    assert (await services.get_file(me, kept.id)).folder_id == old.id
    assert (await services.folders.get(me, old.id)).parent_id == new.id
    assert await drawer.names() == ["kept.txt"]
    # Its folder is gone for good by the time that it comes back.
    await services.trash.trash_folder(me, top.id)
    await services.trash.purge_folder(me, top.id)
    back = await services.trash.restore_file(me, alone.id)
    assert back.folder_id is None
    with pytest.raises(StoredFileNotFoundError):
        await services.get_file(me, kept.id)


async def test_a_restored_name_may_be_taken_by_now(drawer: Drawer) -> None:
    file = await drawer.put("Plan.txt")
    await drawer.services.trash.trash_file(drawer.me, file.id)
    await drawer.put("plan.txt")
    with pytest.raises(StoredFileNotFoundError):
        await drawer.services.trash.trash_file(drawer.me, file.id)
    back = await drawer.services.trash.restore_file(drawer.me, file.id)
    assert back.name == "Plan (2).txt"
    with pytest.raises(NotTrashedError):
        await drawer.services.trash.restore_file(drawer.me, file.id)
    with pytest.raises(NotTrashedError):
        await drawer.services.trash.purge_file(drawer.me, file.id)


async def test_the_trash_is_emptied_when_its_time_is_over(drawer: Drawer) -> None:
    services, me = drawer.services, drawer.me
    folder = await services.folders.create(me, "Old")
    await drawer.put("inside.txt", b"inside", folder_id=folder.id)
    file = await drawer.put("old.txt", b"old")
    young = await drawer.put("young.txt", b"young")
    await services.trash.trash_file(me, file.id)
    await services.trash.trash_folder(me, folder.id)
    drawer.clock.advance(29 * 86_400)
    await services.trash.trash_file(me, young.id)
    await services.sweeper.purge_trash()
    assert len(await drawer.names(FileFilter(trashed=True))) == 2
    drawer.clock.advance(2 * 86_400)
    while await services.sweeper.purge_trash():
        pass
    assert await drawer.names(FileFilter(trashed=True)) == ["young.txt"]
    with pytest.raises(FolderNotFoundError):
        await services.folders.get(me, folder.id)
    await drawer.sweep()
    assert len(drawer.objects()) == 1
    assert (await services.space.look(me))[1].used == 5
