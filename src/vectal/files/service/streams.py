"""Bytes that come from a person: few streams at a time, none that falls silent, none too long."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self
from uuid import UUID

from vectal.files.errors import (
    ChecksumError,
    LengthError,
    SenderSilentError,
    TooManyStreamsError,
    UnknownChecksumError,
)
from vectal.files.limits import SILENCE_S, STREAMS_A_PERSON
from vectal.platform.db import DataScope

CHECKSUMS: Final = ("sha1", "sha256", "sha512")
_RETRY: Final = {"Retry-After": "2"}


@dataclass(slots=True)
class StreamSlots:
    """How many bodies each person sends to this process now."""

    most: int = STREAMS_A_PERSON
    _open: Counter[tuple[UUID, UUID]] = field(default_factory=Counter[tuple[UUID, UUID]])

    @contextmanager
    def take(self, scope: DataScope) -> Generator[None]:
        """Raises `TooManyStreamsError`."""
        name = (scope.workspace_id, scope.user_id)
        if self._open[name] >= self.most:
            raise TooManyStreamsError(f"Send at most {self.most} at the same time.", headers=_RETRY)
        self._open[name] += 1
        try:
            yield
        finally:
            self._open[name] -= 1
            if not self._open[name]:
                del self._open[name]


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the sender says of a body: a digest under one of `CHECKSUMS`."""

    name: str
    digest: bytes

    @classmethod
    def parse(cls, header: str | None) -> Self | None:
        """From `sha256 <base64>`; raises `UnknownChecksumError`."""
        if header is None:
            return None
        name, _, encoded = header.strip().partition(" ")
        if name not in CHECKSUMS:
            raise UnknownChecksumError(f"It may be one of {', '.join(CHECKSUMS)}.")
        try:
            return cls(name, base64.b64decode(encoded.strip(), validate=True))
        except (ValueError, binascii.Error) as error:
            raise UnknownChecksumError("The checksum is no base64.") from error

    def watch(self) -> Any:
        return hashlib.new(self.name, usedforsecurity=False)

    def check(self, watched: Any) -> None:
        if watched.digest() != self.digest:
            raise ChecksumError("Nothing of this request was kept; send it again.")


async def paced(
    body: AsyncIterator[bytes], most: int, silence_s: float = SILENCE_S
) -> AsyncGenerator[bytes]:
    """The body as it comes; raises `LengthError` past `most` bytes, `SenderSilentError`."""
    size, chunks = 0, aiter(body)
    while True:
        try:
            async with asyncio.timeout(silence_s):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise SenderSilentError(headers={"Connection": "close"}) from error
        if chunk is None:
            return
        size += len(chunk)
        if size > most:
            raise LengthError(
                f"More came than the {most} bytes that were left.", headers={"Connection": "close"}
            )
        if chunk:
            yield chunk
