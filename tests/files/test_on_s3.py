"""Files over a real S3: the same sealed bytes, ranges and erasure as in a folder."""

import os

import pytest
from tests.files.conftest import MIB, Drawer, MakeDrawer, collect, pieces
from tests.fixtures.accounts import MakeUser

from vectal.files.contracts import FileChange, UploadDraft
from vectal.platform.config import Settings
from vectal.platform.ids import new_id
from vectal.platform.storage import ObjectStorage, open_storage


@pytest.fixture
def store(s3_url: str) -> ObjectStorage:
    bucket, question, options = s3_url.partition("?")
    return open_storage(Settings(storage_url=f"{bucket}/{new_id()}{question}{options}"))


@pytest.fixture
async def drawer(make_user: MakeUser, make_drawer: MakeDrawer, store: ObjectStorage) -> Drawer:
    return make_drawer(await make_user(), storage=store)


async def test_a_file_lives_and_goes(drawer: Drawer, store: ObjectStorage) -> None:
    body = os.urandom(9 * MIB + 5)
    upload = await drawer.services.uploads.create(drawer.me, UploadDraft("a.bin", len(body)))
    for start in range(0, len(body), 3 * MIB):
        part = body[start : start + 3 * MIB]
        await drawer.services.uploads.append(drawer.me, upload.id, start, pieces(part))
    done = await drawer.services.uploads.get(drawer.me, upload.id)
    assert done.file_id is not None
    opened = await drawer.services.open_version(drawer.me, done.file_id)
    assert await collect(opened.read()) == body
    assert await collect(opened.read(5 * MIB - 1, 300_000)) == body[5 * MIB - 1 :][:300_000]
    shown = await drawer.services.files.change(
        drawer.me, done.file_id, FileChange(visibility="workspace")
    )
    assert await drawer.read(shown) == body
    await drawer.sweep()
    assert len((await store.list_objects()).objects) == 1
    assert await drawer.audit() == ([], [])
    await drawer.services.trash.trash_file(drawer.me, done.file_id)
    await drawer.services.trash.purge_file(drawer.me, done.file_id)
    await drawer.sweep()
    assert (await store.list_objects()).objects == []
