"""Uploads: resumable, journaled, bounded, and honest about space."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.files.conftest import MIB, Drawer, MakeDrawer, collect, pieces
from tests.fixtures.accounts import MakeUser

from vectal.files.contracts import FileFilter, UploadDraft
from vectal.files.errors import (
    FileTooLargeError,
    LengthError,
    OffsetConflictError,
    QuotaExceededError,
    SenderSilentError,
    TooManyStreamsError,
    UploadGoneError,
    UploadNotFoundError,
    UploadTakenOverError,
)
from vectal.files.limits import STREAMS_A_PERSON
from vectal.files.service import FileRules
from vectal.files.service.streams import paced
from vectal.platform.errors import AppError


def small_parts(drawer: Drawer, part_bytes: int = 1_000) -> Drawer:
    """The same drawer with parts of a kilobyte."""
    uploads = replace(drawer.services.uploads, part_bytes=part_bytes)
    return replace(drawer, services=replace(drawer.services, uploads=uploads))


async def broken(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    raise ConnectionResetError("the sender left")


async def test_what_came_before_the_sender_left_is_kept(drawer: Drawer) -> None:
    drawer = small_parts(drawer)
    body = os.urandom(5_500)
    upload = await drawer.services.uploads.create(drawer.me, UploadDraft("a.bin", len(body)))
    with pytest.raises(ConnectionResetError):
        await drawer.services.uploads.append(drawer.me, upload.id, 0, broken(body[:2_700]))
    stands = await drawer.services.uploads.get(drawer.me, upload.id)
    assert (stands.offset, stands.state) == (2_700, "open")
    with pytest.raises(OffsetConflictError) as refused:
        await drawer.services.uploads.append(drawer.me, upload.id, 0, pieces(body))
    assert refused.value.extra == {"offset": 2_700}
    done = await drawer.services.uploads.append(drawer.me, upload.id, 2_700, pieces(body[2_700:]))
    assert done.state == "done"
    assert done.file_id is not None
    file = await drawer.services.get_file(drawer.me, done.file_id)
    assert await drawer.read(file) == body
    # Parts are gone, and there is one content.
    assert len(drawer.objects()) == 1


async def test_the_newer_of_two_senders_writes(drawer: Drawer) -> None:
    drawer = small_parts(drawer)
    upload = await drawer.services.uploads.create(drawer.me, UploadDraft("a.bin", 4_000))
    is_stored, goes_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"a" * 1_000
        is_stored.set()  # asked for more: the first part is journaled
        await goes_on.wait()
        yield b"a" * 3_000

    older = asyncio.create_task(drawer.services.uploads.append(drawer.me, upload.id, 0, slow()))
    await is_stored.wait()
    done = await drawer.services.uploads.append(drawer.me, upload.id, 1_000, pieces(b"b" * 3_000))
    goes_on.set()
    with pytest.raises(UploadTakenOverError):
        await older
    assert done.file_id is not None
    file = await drawer.services.get_file(drawer.me, done.file_id)
    assert await drawer.read(file) == b"a" * 1_000 + b"b" * 3_000


async def test_lengths_are_kept_to(drawer: Drawer) -> None:
    uploads = drawer.services.uploads
    with pytest.raises(FileTooLargeError):
        await uploads.create(drawer.me, UploadDraft("a", 64 * MIB + 1))
    upload = await uploads.create(drawer.me, UploadDraft("a", 10))
    with pytest.raises(LengthError):
        await uploads.append(drawer.me, upload.id, 0, pieces(b"x" * 11), length=11)
    with pytest.raises(LengthError):
        await uploads.append(drawer.me, upload.id, 0, pieces(b"x" * 11))
    assert (await uploads.get(drawer.me, upload.id)).offset == 0
    empty = await uploads.create(drawer.me, UploadDraft("none", 0))
    assert empty.state == "done"
    assert empty.file_id is not None
    assert await drawer.read(await drawer.services.get_file(drawer.me, empty.file_id)) == b""


async def test_a_silent_sender_is_let_go() -> None:
    async def silent() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b"never"

    with pytest.raises(SenderSilentError):
        await collect(paced(silent(), 10, silence_s=0.01))


async def test_a_person_sends_a_few_at_a_time(drawer: Drawer) -> None:
    uploads, all_started, goes_on = drawer.services.uploads, asyncio.Event(), asyncio.Event()

    started = 0

    async def waiting() -> AsyncIterator[bytes]:
        nonlocal started
        started += 1
        if started == STREAMS_A_PERSON:
            all_started.set()
        await goes_on.wait()
        yield b"x"

    made = [await uploads.create(drawer.me, UploadDraft("a", 1)) for _ in range(7)]
    tasks = [
        asyncio.create_task(uploads.append(drawer.me, each.id, 0, waiting()))
        for each in made[:STREAMS_A_PERSON]
    ]
    await all_started.wait()
    with pytest.raises(TooManyStreamsError):
        await uploads.append(drawer.me, made[-1].id, 0, pieces(b"x"))
    goes_on.set()
    await asyncio.gather(*tasks)
    done = await uploads.append(drawer.me, made[-1].id, 0, pieces(b"x"))
    assert done.state == "done"


async def test_abandoned_uploads_end_and_give_their_space_back(drawer: Drawer) -> None:
    uploads = drawer.services.uploads
    upload = await uploads.create(drawer.me, UploadDraft("a", 10))
    await uploads.append(drawer.me, upload.id, 0, pieces(b"12345"))
    assert (await drawer.services.space.look(drawer.me))[1].reserved == 10
    assert drawer.objects()
    drawer.clock.advance(25 * 3_600)
    with pytest.raises(UploadGoneError):
        await uploads.get(drawer.me, upload.id)
    with pytest.raises(UploadGoneError):
        await uploads.append(drawer.me, upload.id, 5, pieces(b"67890"))
    while await drawer.services.sweeper.end_uploads():
        pass
    with pytest.raises(UploadNotFoundError):
        await uploads.get(drawer.me, upload.id)
    ours, mine = await drawer.services.space.look(drawer.me)
    assert (ours.reserved, mine.reserved, mine.used) == (0, 0, 0)
    assert drawer.objects() == []


async def test_a_file_made_of_an_upload_outlives_it(drawer: Drawer) -> None:
    uploads = drawer.services.uploads
    upload = await uploads.create(drawer.me, UploadDraft("a", 3))
    done = await uploads.append(drawer.me, upload.id, 0, pieces(b"abc"))
    drawer.clock.advance(25 * 3_600)
    while await drawer.services.sweeper.end_uploads():
        pass
    assert done.file_id is not None
    assert await drawer.read(await drawer.services.get_file(drawer.me, done.file_id)) == b"abc"
    assert (await drawer.services.space.look(drawer.me))[1].used == 3


async def test_a_complete_upload_whose_server_died_is_finished_later(drawer: Drawer) -> None:
    uploads = drawer.services.uploads

    class Dead(Exception):  # noqa: N818 - what it says is the end of a process
        pass

    class Dying:
        async def finish(self, *_: object) -> None:
            raise Dead

    dying = replace(uploads, finisher=Dying())  # pyright: ignore[reportArgumentType] - dies at the last step
    upload = await uploads.create(drawer.me, UploadDraft("a", 3))
    with pytest.raises(Dead):
        await dying.append(drawer.me, upload.id, 0, pieces(b"abc"))
    assert (await uploads.get(drawer.me, upload.id)).state == "open"
    drawer.clock.advance(600)
    stalled = await drawer.services.sweeper.list_stalled()
    mine = [each for each in stalled if each[1] == upload.id]
    assert len(mine) == 1
    for _ in range(2):  # twice does no harm
        await uploads.finisher.finish(*mine[0])
    done = await uploads.get(drawer.me, upload.id)
    assert done.state == "done"
    assert await drawer.names() == ["a"]
    assert (await drawer.services.space.look(drawer.me))[1].used == 3


async def test_space_is_reserved_exactly(make_user: MakeUser, make_drawer: MakeDrawer) -> None:
    rules = FileRules(max_bytes=MIB, user_bytes=10_000, workspace_bytes=15_000)
    ada = make_drawer(await make_user(), rules)
    bob = make_drawer(await make_user(workspace_id=ada.person.workspace_id), rules)

    async def announce(drawer: Drawer) -> bool:
        try:
            await drawer.services.uploads.create(drawer.me, UploadDraft("a", 1_000))
        except QuotaExceededError:
            return False
        return True

    # Twelve of each at once, where ten and fifteen fit.
    said = await asyncio.gather(*(announce(each) for each in (ada, bob) * 12))
    assert sum(said) == 15
    ours, hers = await ada.services.space.look(ada.me)
    _, his = await bob.services.space.look(bob.me)
    assert ours.reserved == 15_000
    assert hers.reserved + his.reserved == 15_000
    assert max(hers.reserved, his.reserved) <= 10_000


STEP = st.tuples(
    st.sampled_from(["store", "break", "end", "trash", "purge", "version", "copy"]),
    st.integers(0, 3_000),
)


@settings(
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=4, max_size=14), width=st.integers(1, 4))
async def test_whatever_happens_the_books_are_right(
    make_user: MakeUser, make_drawer: MakeDrawer, steps: list[tuple[str, int]], width: int
) -> None:
    rules = FileRules(max_bytes=10_000, user_bytes=12_000)
    drawer = small_parts(make_drawer(await make_user(), rules), 700)
    for at in range(0, len(steps), width):
        await asyncio.gather(*(_act(drawer, *step) for step in steps[at : at + width]))
    open_uploads = await drawer.services.uploads.list_uploads(drawer.me)
    reserved = sum(each.length for each in open_uploads if each.state in {"open", "finishing"})
    used = 0
    for wanted in (FileFilter(), FileFilter(trashed=True)):
        for file in (await drawer.services.list_files(drawer.me, wanted)).items:
            page = await drawer.services.versions.list_versions(drawer.me, file.id)
            used += sum(each.size for each in page.items)
    ours, mine = await drawer.services.space.look(drawer.me)
    assert (mine.used, mine.reserved) == (ours.used, ours.reserved) == (used, reserved)
    assert mine.used + mine.reserved <= 12_000


async def _store(drawer: Drawer, size: int) -> None:
    await drawer.put(body=os.urandom(size))


async def _break_off(drawer: Drawer, size: int) -> None:
    upload = await drawer.services.uploads.create(drawer.me, UploadDraft("a", size + 1))
    await drawer.services.uploads.append(drawer.me, upload.id, 0, broken(os.urandom(size)))


async def _end(drawer: Drawer, size: int) -> None:
    del size
    for each in (await drawer.services.uploads.list_uploads(drawer.me))[:1]:
        await drawer.services.uploads.end(drawer.me, each.id)


async def _purge(drawer: Drawer, size: int) -> None:
    del size
    for each in (await drawer.services.list_files(drawer.me, FileFilter(trashed=True))).items:
        await drawer.services.trash.purge_file(drawer.me, each.id)


async def _trash(drawer: Drawer, size: int) -> None:
    del size
    for each in (await drawer.services.list_files(drawer.me)).items[:1]:
        await drawer.services.trash.trash_file(drawer.me, each.id)


async def _add_version(drawer: Drawer, size: int) -> None:
    for each in (await drawer.services.list_files(drawer.me)).items[-1:]:
        await drawer.put(body=os.urandom(size), replaces=each.id)


async def _copy(drawer: Drawer, size: int) -> None:
    del size
    for each in (await drawer.services.list_files(drawer.me)).items[:1]:
        await drawer.services.files.copy(drawer.me, each.id, None)


ACTS = {
    "store": _store,
    "break": _break_off,
    "end": _end,
    "trash": _trash,
    "purge": _purge,
    "version": _add_version,
    "copy": _copy,
}


async def _act(drawer: Drawer, what: str, size: int) -> None:
    try:
        await ACTS[what](drawer, size)
    except ConnectionResetError:
        return
    except AppError as error:
        # No space, or the slower one of two that act on one file at the same time.
        if error.status not in {404, 409}:
            raise
