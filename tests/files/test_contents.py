"""Contents: versions, what tampering does, links, erasure, and that nothing is lost or left."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.files.conftest import MIB, Drawer, MakeDrawer, collect
from tests.fixtures.accounts import MakeUser

from vectal.files.contracts import FileFilter
from vectal.files.errors import (
    InfectedError,
    LimitReachedError,
    LinkError,
    NotReadableError,
    StoredFileNotFoundError,
    TargetNotFoundError,
    VersionNotFoundError,
)
from vectal.files.ports import Verdict
from vectal.files.sealed_objects import content_key_of
from vectal.platform.crypto import UnreadableError
from vectal.platform.db import Database
from vectal.platform.errors import AppError
from vectal.platform.storage import StorageUnavailableError

CANARY = b"a canary of bytes, 7f3a91"


async def test_versions_are_kept_restored_and_removed(drawer: Drawer) -> None:
    services, me = drawer.services, drawer.me
    file = await drawer.put("Plan.txt", b"first")
    second = await drawer.put("ignored.png", b"second!", replaces=file.id)
    assert (second.name, second.number, second.versions, second.size) == ("Plan.txt", 2, 2, 7)
    assert await drawer.read(second, 1) == b"first"
    restored = await services.versions.restore(me, file.id, 1)
    assert (restored.number, restored.versions, restored.size) == (3, 3, 5)
    assert await drawer.read(restored) == b"first"
    with pytest.raises(LimitReachedError):
        await services.versions.remove(me, file.id, 3)
    with pytest.raises(VersionNotFoundError):
        await services.versions.remove(me, file.id, 9)
    await services.versions.remove(me, file.id, 2)
    left = await services.versions.remove(me, file.id, 1)
    assert left.versions == 1
    page = await services.versions.list_versions(me, file.id)
    assert [(each.number, each.is_current) for each in page.items] == [(3, True)]
    await drawer.sweep()
    assert len(drawer.objects()) == 1
    assert (await services.space.look(me))[1].used == 5
    assert await drawer.read(left) == b"first"
    newest = await drawer.put(body=b"x", replaces=file.id)
    assert newest.number == 4


async def test_every_range_is_what_it_says(drawer: Drawer) -> None:
    body = os.urandom(MIB + 12_345)
    opened = await drawer.services.open_version(drawer.me, (await drawer.put(body=body)).id)
    edge = 256 << 10
    for start, length in (
        (0, None), (edge - 1, 2), (edge, 1), (edge - 1, edge + 2), (len(body) - 1, 9),
        (4 * edge, None), (len(body), 5), (0, 0), (len(body) + 9, 1), (1, len(body)),
    ):  # fmt: skip
        read = await collect(opened.read(start, length))
        end = len(body) if length is None else start + length
        assert read == body[start:end], (start, length)


async def test_a_reader_may_leave_in_the_middle(drawer: Drawer) -> None:
    opened = await drawer.services.open_version(
        drawer.me, (await drawer.put(body=os.urandom(2 * MIB))).id
    )
    stream = opened.read()
    assert len(await anext(stream)) == 256 << 10
    await stream.aclose()


@pytest.mark.parametrize("harm", ["flip", "cut", "cut a segment", "swap", "add"])
async def test_what_was_changed_in_the_store_is_not_given_out(drawer: Drawer, harm: str) -> None:
    file = await drawer.put(body=os.urandom(3 * (256 << 10)))
    (path,) = drawer.objects()
    whole, segment = path.read_bytes(), (256 << 10) + 28
    changed = {
        "flip": whole[:1_000] + bytes([whole[1_000] ^ 1]) + whole[1_001:],
        "cut": whole[:-1],
        "cut a segment": whole[:-segment],
        "swap": whole[segment : 2 * segment] + whole[:segment] + whole[2 * segment :],
        "add": whole + whole[:segment],
    }[harm]
    path.write_bytes(changed)
    strays, missing = await drawer.audit()
    assert strays == []
    assert len(missing) == (0 if harm in {"flip", "swap"} else 1)
    if harm == "add":
        assert len(await drawer.read(file)) == 3 * (256 << 10)
        return
    with pytest.raises((UnreadableError, StorageUnavailableError)):
        await drawer.read(file)


async def test_purged_bytes_are_nowhere(drawer: Drawer, db: Database) -> None:
    file = await drawer.put("Canary.txt", CANARY)
    await drawer.put("Canary.txt", CANARY + b" again", replaces=file.id)
    await drawer.services.trash.trash_file(drawer.me, file.id)
    await drawer.services.trash.purge_file(drawer.me, file.id)
    await drawer.sweep()
    assert drawer.objects() == []
    assert await drawer.names(FileFilter(words="canary", trashed=True)) == []
    workspace = {"w": drawer.me.workspace_id}
    async with db.system("tests.canary") as session:
        for table in ("files", "file_versions", "file_blobs", "file_uploads"):
            count = text(f"SELECT count(*) FROM {table} WHERE workspace_id = :w")  # noqa: S608 - names of ours
            assert (await session.execute(count, workspace)).scalar_one() == 0, table


async def test_nothing_readable_lies_in_the_store_or_the_rows(drawer: Drawer, db: Database) -> None:
    await drawer.put("Canary-name.txt", CANARY)
    upload_rows = text("SELECT row_to_json(u)::text FROM file_uploads u WHERE workspace_id = :w")
    file_rows = text("SELECT row_to_json(f)::text FROM files f WHERE workspace_id = :w")
    async with db.system("tests.canary") as session:
        for rows in (upload_rows, file_rows):
            for row in (await session.execute(rows, {"w": drawer.me.workspace_id})).all():
                assert "anary" not in row[0]
                assert b"anary".hex() not in row[0]
    for path in drawer.objects():
        assert CANARY not in path.read_bytes()


async def test_an_audit_finds_strays_and_what_is_missing(drawer: Drawer) -> None:
    file = await drawer.put(body=b"kept")
    lost = await drawer.put(body=b"lost")
    opened = await drawer.services.open_version(drawer.me, lost.id)
    key = content_key_of(drawer.me.workspace_id, opened.blob_id)
    await drawer.storage.delete(key)
    stray = content_key_of(drawer.me.workspace_id, uuid4())
    await drawer.storage.put(stray, b"x")
    await drawer.storage.put(f"file-uploads/{drawer.me.workspace_id}/{uuid4()}/0-1", b"x")
    strays, missing = await drawer.audit()
    assert missing == [key]
    assert stray in strays
    assert len(strays) == 2
    past, future = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    await drawer.services.sweeper.audit(remove_before=past)
    assert len((await drawer.audit())[0]) == 2
    await drawer.services.sweeper.audit(remove_before=future)
    assert await drawer.audit() == ([], [key])
    assert await drawer.read(file) == b"kept"


async def test_a_content_that_lost_its_versions_unseen_is_given_up(
    drawer: Drawer, db: Database
) -> None:
    file = await drawer.put(body=b"forgotten")
    async with db.transaction(drawer.me) as session:
        await session.execute(text("DELETE FROM files WHERE id = :i"), {"i": file.id})
    assert len(drawer.objects()) == 1
    for _ in range(50):
        await drawer.services.sweeper.give_up_unused()
        await drawer.sweep()
        if not drawer.objects():
            break
    assert drawer.objects() == []


async def test_equal_uploads_and_purges_at_once_lose_nothing(drawer: Drawer) -> None:
    body = b"the same" * 1_000

    async def come_and_go() -> None:
        file = await drawer.put(body=body)
        await drawer.services.trash.trash_file(drawer.me, file.id)
        await drawer.services.trash.purge_file(drawer.me, file.id)
        await drawer.sweep()

    async def stay(n: int) -> None:
        for _ in range(3):
            await drawer.put(f"{n}.txt", body)

    await asyncio.gather(*(come_and_go() for _ in range(4)), *(stay(n) for n in range(2)))
    await drawer.sweep()
    for file in (await drawer.services.list_files(drawer.me)).items:
        assert await drawer.read(file) == body
    assert await drawer.audit() == ([], [])
    assert len(drawer.objects()) == 1


async def test_links_open_one_version_until_they_expire(drawer: Drawer) -> None:
    services, me = drawer.services, drawer.me
    file = await drawer.put("Plan.txt", b"first")
    link = await services.links.create(me, file.id, None, "inline", timedelta(minutes=5))
    await drawer.put(body=b"second", replaces=file.id)
    linked = await services.links.open(link.token)
    assert await collect(linked.opened.read()) == b"first"
    assert linked.disposition == "inline"
    for at in range(0, len(link.token), 7):
        other = "A" if link.token[at] != "A" else "B"
        with pytest.raises(LinkError):
            await services.links.open(link.token[:at] + other + link.token[at + 1 :])
    for token in ("", "x", "ü", "A" * 102, "A" * 5_000, link.token[:-1], link.token + "A"):
        with pytest.raises(LinkError):
            await services.links.open(token)
    drawer.around.members = False
    with pytest.raises(LinkError):
        await services.links.open(link.token)
    drawer.around.members = True
    drawer.clock.advance(301)
    with pytest.raises(LinkError):
        await services.links.open(link.token)
    young = await services.links.create(me, file.id, 1, "attachment", timedelta(minutes=5))
    await services.trash.trash_file(me, file.id)
    await services.trash.purge_file(me, file.id)
    with pytest.raises(StoredFileNotFoundError):
        await services.links.open(young.token)


async def test_files_are_attached_where_one_may_write(
    make_user: MakeUser, make_drawer: MakeDrawer
) -> None:
    ada = make_drawer(await make_user())
    bob = make_drawer(await make_user(workspace_id=ada.person.workspace_id))
    file = await ada.put(visibility="workspace")
    task, secret = uuid4(), uuid4()
    ada.around.changeable |= {task, secret}
    await ada.services.attachments.attach(ada.me, file.id, "task", task)
    await ada.services.attachments.attach(ada.me, file.id, "task", task)
    await ada.services.attachments.attach(ada.me, file.id, "conversation", secret)
    bob.around.seen.add(task)
    listed = await bob.services.attachments.list_attachments(bob.me, file.id)
    assert [(each.kind, each.target_id) for each in listed] == [("task", task)]
    wanted = FileFilter(attached_kind="task", attached_id=task)
    assert await bob.names(wanted) == ["Plan.txt"]
    for act in (
        bob.services.attachments.attach(bob.me, file.id, "task", task),
        bob.services.attachments.detach(bob.me, file.id, "task", task),
        bob.services.attachments.may_list(bob.me, "conversation", secret),
    ):
        with pytest.raises(TargetNotFoundError):
            await act
    await ada.services.attachments.detach(ada.me, file.id, "task", task)
    assert await bob.names(wanted) == []


class ToldScanner:
    """Says what it was told to say, once it has read everything."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.heard = b""

    async def scan(self, body: AsyncIterator[bytes]) -> Verdict:
        self.heard = b"".join([piece async for piece in body])
        return self.verdict


async def test_nothing_is_read_before_it_was_scanned(
    make_user: MakeUser, make_drawer: MakeDrawer
) -> None:
    scanner = ToldScanner(Verdict("scanning"))
    drawer = make_drawer(await make_user(), scanner=scanner)
    file = await drawer.put(body=b"suspicious")
    assert (file.scan, file.is_readable, scanner.heard) == ("scanning", False, b"suspicious")
    with pytest.raises(NotReadableError):
        await drawer.read(file)
    drawer.clock.advance(120)
    (waiting,) = [
        each for each in await drawer.services.scans.list_waiting() if each.file_id == file.id
    ]
    await drawer.services.scans.scan(waiting.scope, waiting.file_id, waiting.number)
    with pytest.raises(NotReadableError):
        await drawer.read(file)
    scanner.verdict = Verdict("clean")
    await drawer.services.scans.scan(waiting.scope, waiting.file_id, waiting.number)
    assert await drawer.read(file) == b"suspicious"
    scanner.verdict = Verdict("infected", "Eicar-Test-Signature")
    bad = await drawer.put(body=b"worse", replaces=file.id)
    assert bad.scan == "infected"
    with pytest.raises(InfectedError, match="Eicar"):
        await drawer.read(bad)
    with pytest.raises(AppError):
        await drawer.services.links.create(drawer.me, bad.id, None, "inline", timedelta(minutes=1))
    assert await drawer.read(bad, 1) == b"suspicious"
