"""One behaviour over every store: a folder, memory, and a real S3."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.platform.config import Settings
from vectal.platform.ids import new_id
from vectal.platform.storage import (
    InvalidKeyError,
    ObjectNotFoundError,
    ObjectStorage,
    ObjectTooLargeError,
    StorageUnavailableError,
    check_key,
    open_storage,
)

STORES = ["data folder", "folder", "memory", "s3"]


@pytest.fixture(params=STORES)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStorage:
    url: str | None = None
    if request.param == "folder":
        url = f"file://{tmp_path}/a%20folder"
    elif request.param == "memory":
        url = "memory:///"
    elif request.param == "s3":
        bucket, question, options = str(request.getfixturevalue("s3_url")).partition("?")
        url = f"{bucket.rstrip('/')}/{new_id()}{question}{options}"
    return open_storage(Settings(data_dir=tmp_path / "data", storage_url=url))


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_what_was_put_is_read_back(storage: ObjectStorage) -> None:
    await storage.put("files/a.txt", b"first")
    await storage.put("files/a.txt", b"second")
    await storage.put("files/empty", b"")
    assert await storage.get("files/a.txt") == b"second"
    assert await storage.get("files/empty") == b""
    described = await storage.describe("files/a.txt")
    assert (described.key, described.size) == ("files/a.txt", 6)
    assert described.modified_at.tzinfo is not None
    assert await storage.exists("files/a.txt")


async def test_what_is_not_there_is_said_to_be_missing(storage: ObjectStorage) -> None:
    for read in (storage.get, storage.describe):
        with pytest.raises(ObjectNotFoundError):
            await read("files/none")
    with pytest.raises(ObjectNotFoundError):
        await anext(storage.stream("files/none"))
    assert not await storage.exists("files/none")
    await storage.delete("files/none")


async def test_deleted_is_gone(storage: ObjectStorage) -> None:
    await storage.put("a", b"x")
    await storage.delete("a")
    with pytest.raises(ObjectNotFoundError):
        await storage.get("a")


async def test_streams_go_in_and_out(storage: ObjectStorage) -> None:
    pieces = [bytes([n]) * 700_000 for n in range(20)]
    assert await storage.put_stream("big", _pieces(*pieces, b"")) == 14_000_000
    read = [piece async for piece in storage.stream("big", chunk_bytes=1 << 20)]
    assert b"".join(read) == b"".join(pieces)
    assert all(len(piece) >= 1 << 20 for piece in read[:-1])
    assert await storage.get_range("big", 699_999, 2) == b"\x00\x01"
    assert await storage.get_range("big", 13_999_999, 100) == b"\x13"
    assert await storage.get_range("big", 99_999_999, 1) == b""
    assert await storage.get_range("big", 5, 0) == b""


async def test_ranges_are_streamed_and_objects_copied(storage: ObjectStorage) -> None:
    body = bytes(range(256)) * 20_000
    await storage.put("a/first", body)
    await storage.copy("a/first", "b/second")
    await storage.delete("a/first")
    for start, length in ((0, 1), (255, 3_000_001), (len(body) - 1, 1), (0, len(body))):
        read = [piece async for piece in storage.stream_range("b/second", start, length)]
        assert b"".join(read) == body[start : start + length]
    with pytest.raises(StorageUnavailableError):
        async for _ in storage.stream_range("b/second", len(body) - 2, 5):
            pass
    with pytest.raises(ObjectNotFoundError):
        await anext(storage.stream_range("none", 0, 1))
    with pytest.raises(ObjectNotFoundError):
        await storage.copy("none", "c")
    with pytest.raises(ValueError, match="range"):
        await anext(storage.stream_range("b/second", 0, 0))


async def test_a_stream_of_nothing_is_an_empty_object(storage: ObjectStorage) -> None:
    assert await storage.put_stream("none", _pieces()) == 0
    assert await storage.get("none") == b""


async def test_too_much_is_refused_and_leaves_nothing(storage: ObjectStorage) -> None:
    await storage.put("kept", b"old")
    for key in ("kept", "fresh"):
        with pytest.raises(ObjectTooLargeError):
            await storage.put_stream(key, _pieces(b"x" * 600, b"x" * 600), max_bytes=1_000)
    assert await storage.get("kept") == b"old"
    assert not await storage.exists("fresh")
    assert await storage.put_stream("fresh", _pieces(b"x" * 1_000), max_bytes=1_000) == 1_000
    with pytest.raises(ObjectTooLargeError):
        await storage.get("fresh", max_bytes=999)


async def test_a_body_that_fails_leaves_nothing(storage: ObjectStorage) -> None:
    async def break_off() -> AsyncIterator[bytes]:
        yield b"x" * 10_000_000
        raise ConnectionResetError("the sender left")

    with pytest.raises((ConnectionResetError, StorageUnavailableError)):
        await storage.put_stream("broken", break_off())
    assert not await storage.exists("broken")
    assert (await storage.list_objects()).objects == []


async def test_readers_see_one_whole_version(storage: ObjectStorage) -> None:
    versions = [bytes([n]) * 300_000 for n in range(8)]
    await storage.put("hot", versions[0])

    async def read() -> bytes:
        return await storage.get("hot")

    writes = [storage.put("hot", version) for version in versions]
    seen = await asyncio.gather(*(read() for _ in range(20)), *writes)
    assert all(body is None or body in versions for body in seen)


async def test_pages_come_in_the_order_of_keys(storage: ObjectStorage) -> None:
    keys = [f"list/{n:03}" for n in range(25)] + ["list-other/x", "listing"]
    for key in reversed(keys):
        await storage.put(key, b"x")
    seen: list[str] = []
    after: str | None = None
    for _ in range(10):
        page = await storage.list_objects("list", after=after, limit=10)
        seen += [each.key for each in page.objects]
        after = page.next_after
        if after is None:
            break
    assert seen == keys[:25]
    everything = [each.key for each in (await storage.list_objects()).objects]
    assert sorted(everything) == sorted(keys)
    assert (await storage.list_objects("nothing")).objects == []
    with pytest.raises(ValueError, match="page"):
        await storage.list_objects(limit=0)


HOSTILE = [
    "", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", ".", "./a", "a//b", "a/", "a/./b",
    "a\\..\\b", "C:\\x", "a\x00b", "a\nb", "~root", "%2e%2e/x", "a/%2e%2e/b", ".hidden", "a/.git/x",
    "ünïcode", "a b", "x" * 600, "a/" + "y" * 200, "con", "nul.txt", "a/COM1", "name.", "a?b",
    "a#b", "-/..", "s3://bucket/x", "a:b",
]  # fmt: skip


@pytest.mark.parametrize("key", HOSTILE)
async def test_no_key_leaves_its_place(tmp_path: Path, key: str) -> None:
    storage = open_storage(Settings(data_dir=tmp_path))
    with pytest.raises(InvalidKeyError):
        await storage.put(key, b"x")
    with pytest.raises(InvalidKeyError):
        await storage.get(key)
    with pytest.raises(InvalidKeyError):
        await storage.delete(key)
    if key:
        with pytest.raises(InvalidKeyError):
            await storage.list_objects(key)


@given(st.text(max_size=40))
def test_any_text_is_a_plain_path_or_refused(text: str) -> None:
    try:
        key = check_key(text)
    except InvalidKeyError:
        return
    path = Path("/root/of/store") / key
    assert path.resolve() == path
    assert path.is_relative_to("/root/of/store")


async def test_a_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    storage = open_storage(Settings(data_dir=tmp_path / "data"))
    await storage.put("a", b"x")
    assert (tmp_path / "data" / "objects").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "url", ["ftp://x/y", "s3://", "file://host/path", "relative/path", "https://bucket/x", ""]
)
def test_other_addresses_are_refused_at_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="VECTAL_STORAGE_URL"):
        open_storage(Settings(data_dir=tmp_path, storage_url=url))


async def test_a_store_that_is_away_says_so(tmp_path: Path) -> None:
    storage = open_storage(
        Settings(
            data_dir=tmp_path,
            storage_url="s3://bucket/prefix?endpoint=http://127.0.0.1:1&region=us-east-1"
            "&access_key_id=x&secret_access_key=y",
        )
    )
    async with asyncio.timeout(60):
        with pytest.raises(StorageUnavailableError):
            await storage.get("a")
