"""The store itself, over obstore: one behaviour for a folder, memory and S3."""

import heapq
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from vectal.platform.config import Settings
from vectal.platform.storage.errors import (
    ObjectNotFoundError,
    ObjectTooLargeError,
    StorageUnavailableError,
)
from vectal.platform.storage.keys import check_key
from vectal.platform.telemetry import get_logger

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import S3Config

FOLDER: Final = "objects"
CHUNK_BYTES: Final = 1 << 20
PART_BYTES: Final = 8 << 20
PAGE: Final = 1_000

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class StoredObject:
    key: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """Objects in the order of their keys; `next_after` is None on the last page."""

    objects: list[StoredObject]
    next_after: str | None


class ObjectStorage:
    """Puts appear whole or not at all; a later put of the same key replaces the earlier one."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        # A folder lists in no order.
        self._lists_in_order = isinstance(store, S3Store)

    async def put(self, key: str, body: bytes) -> None:
        check_key(key)
        with _told(key):
            await obstore.put_async(self._store, key, body)

    async def put_stream(
        self, key: str, body: AsyncIterable[bytes], *, max_bytes: int | None = None
    ) -> int:
        """Store what comes, return its size.

        Raises `ObjectTooLargeError` past `max_bytes`, and what `body` raises; nothing is kept then.
        """
        check_key(key)
        counted = _Counted(body, max_bytes)
        with _told(key):
            try:
                await obstore.put_async(
                    self._store, key, counted.pieces(), chunk_size=PART_BYTES, use_multipart=True
                )
            except BaseError:
                # obstore wraps what the body raised in an error of its own.
                if counted.failure is not None:
                    raise counted.failure from None
                raise
        return counted.size

    async def get(self, key: str, *, max_bytes: int | None = None) -> bytes:
        """The whole object; raise `ObjectTooLargeError` before reading more than `max_bytes`."""
        check_key(key)
        with _told(key):
            found = await obstore.get_async(self._store, key)
            if max_bytes is not None and found.meta["size"] > max_bytes:
                raise ObjectTooLargeError
            return bytes(await found.bytes_async())

    async def stream(self, key: str, *, chunk_bytes: int = CHUNK_BYTES) -> AsyncGenerator[bytes]:
        """The object in pieces of at least `chunk_bytes`, but for the last."""
        check_key(key)
        with _told(key):
            found = await obstore.get_async(self._store, key)
            async for piece in found.stream(min_chunk_size=chunk_bytes):
                yield bytes(piece)

    async def get_range(self, key: str, start: int, length: int) -> bytes:
        """Some bytes from the middle; fewer when the object ends before."""
        check_key(key)
        if start < 0 or length < 0:
            raise ValueError("a range begins at 0 or later and has no negative length")
        size = (await self.describe(key)).size
        end = min(start + length, size)
        if start >= end:
            return b""
        with _told(key):
            return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))

    async def stream_range(
        self, key: str, start: int, length: int, *, chunk_bytes: int = CHUNK_BYTES
    ) -> AsyncGenerator[bytes]:
        """Bytes from the middle, in pieces of at least `chunk_bytes` but for the last.

        The object must reach that far; one that ends before raises `StorageUnavailableError`.
        """
        check_key(key)
        if start < 0 or length <= 0:
            raise ValueError("a range begins at 0 or later and is not empty")
        left = length
        with _told(key):
            options: GetOptions = {"range": (start, start + length)}
            found = await obstore.get_async(self._store, key, options=options)
            async for piece in found.stream(min_chunk_size=chunk_bytes):
                left -= len(piece)
                yield bytes(piece)
        if left:
            _log.error("storage.object_is_short", key=key, missing=left)
            raise StorageUnavailableError

    async def copy(self, source: str, target: str) -> None:
        """A second object with the same bytes; raise `ObjectNotFoundError` without a first."""
        check_key(source)
        check_key(target)
        with _told(source):
            await obstore.copy_async(self._store, source, target)

    async def describe(self, key: str) -> StoredObject:
        """Raise `ObjectNotFoundError` when it is not there."""
        check_key(key)
        with _told(key):
            meta = await obstore.head_async(self._store, key)
        return StoredObject(meta["path"], meta["size"], meta["last_modified"])

    async def exists(self, key: str) -> bool:
        try:
            await self.describe(key)
        except ObjectNotFoundError:
            return False
        return True

    async def delete(self, key: str) -> None:
        """Deleting what is not there is no failure."""
        check_key(key)
        try:
            with _told(key):
                await obstore.delete_async(self._store, key)
        except ObjectNotFoundError:
            return

    async def list_objects(
        self, prefix: str = "", *, after: str | None = None, limit: int = PAGE
    ) -> ObjectPage:
        """One page of the objects below `prefix` (whole segments), in the order of keys."""
        if prefix:
            check_key(prefix)
        if after is not None:
            check_key(after)
        if not 1 <= limit <= PAGE:
            raise ValueError(f"a page holds 1 to {PAGE} objects")
        with _told(prefix):
            found = await self._first(prefix or None, after, limit + 1)
        more = len(found) > limit
        return ObjectPage(found[:limit], found[limit - 1].key if more else None)

    async def _first(self, prefix: str | None, after: str | None, count: int) -> list[StoredObject]:
        stream = obstore.list(self._store, prefix, offset=after, chunk_size=count)  # pyright: ignore[reportUnknownMemberType] - its other overloads name an optional library
        found: list[StoredObject] = []
        async for batch in stream:
            met = [StoredObject(m["path"], m["size"], m["last_modified"]) for m in batch]
            if self._lists_in_order:
                found += met
                if len(found) >= count:
                    break
            else:
                later = (each for each in met if after is None or each.key > after)
                found = heapq.nsmallest(count, [*found, *later])
        return found[:count]


def open_storage(settings: Settings) -> ObjectStorage:
    """The store that the settings name: a folder, `memory:///`, or `s3://bucket/prefix?…`.

    Query parameters become options of S3 (`endpoint`, `region`, `virtual_hosted_style_request`);
    credentials come from AWS_* variables or the machine's role.
    """
    if settings.storage_url is None:
        return _open_folder(settings.data_dir.expanduser() / FOLDER)
    parts = urlsplit(settings.storage_url)
    if parts.scheme == "file" and not parts.netloc:
        return _open_folder(Path(unquote(parts.path)))
    if parts.scheme == "memory":
        return ObjectStorage(MemoryStore())
    if parts.scheme == "s3" and parts.netloc:
        return ObjectStorage(_open_s3(settings.storage_url))
    raise ValueError("VECTAL_STORAGE_URL must begin with file:/// or s3://<bucket>")


def _open_folder(folder: Path) -> ObjectStorage:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return ObjectStorage(LocalStore(folder))


def _open_s3(url: str) -> S3Store:
    parts = urlsplit(url)
    options = {f"aws_{name}": values[-1] for name, values in parse_qs(parts.query).items()}
    plain = options.get("aws_endpoint", "").startswith("http://")
    return S3Store.from_url(
        parts._replace(query="").geturl(),
        config=cast("S3Config", options),
        client_options={"timeout": timedelta(seconds=60), "allow_http": plain},
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
    )


class _Counted:
    """Counts what passes and remembers why it ended early."""

    def __init__(self, body: AsyncIterable[bytes], max_bytes: int | None) -> None:
        self._body = body
        self._max_bytes = max_bytes
        self.size = 0
        self.failure: Exception | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._body:
                self.size += len(piece)
                if self._max_bytes is not None and self.size > self._max_bytes:
                    raise ObjectTooLargeError  # noqa: TRY301 - kept below with what the body raises
                if piece:
                    yield piece
        except Exception as error:
            self.failure = error
            raise


@contextmanager
def _told(key: str) -> Generator[None]:
    """Failures of the store in our own words; the store's words go to the log."""
    try:
        yield
    except FileNotFoundError:
        raise ObjectNotFoundError from None
    except (BaseError, OSError) as error:
        _log.warning("storage.failed", key=key, error=repr(error))
        raise StorageUnavailableError from error
