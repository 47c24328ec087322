"""A document on its way to a child: a file without a name that the child can only read.

On Linux it is memory that is sealed against change once it is full; elsewhere an unlinked
temporary file. The clear text of a document never has a path.
"""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Self

from vectal.documents.extraction.contracts import ExtractionLimits
from vectal.documents.extraction.errors import ExtractionError


class DocumentSource:
    """Holds one document until it is closed. A context manager."""

    def __init__(self, descriptor: int, size: int) -> None:
        self.descriptor = descriptor
        self.size = size
        """Bytes."""

    @classmethod
    def of(cls, content: bytes) -> Self:
        descriptor = _open_nameless()
        try:
            _append(descriptor, content)
            return cls(_sealed(descriptor), len(content))
        except BaseException:
            # Whatever broke it off, a cancel too: nobody else knows of the descriptor.
            os.close(descriptor)
            raise

    @classmethod
    async def collect(
        cls, chunks: AsyncIterable[bytes], limits: ExtractionLimits | None = None
    ) -> Self:
        """Take a stream in. Raises `ExtractionError` (`too_large`) past `document_bytes`."""
        bounds = limits or ExtractionLimits()
        descriptor, size = _open_nameless(), 0
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > bounds.document_bytes:
                    raise ExtractionError("too_large")  # noqa: TRY301  (the descriptor is closed below)
                _append(descriptor, chunk)
            return cls(_sealed(descriptor), size)
        except BaseException:
            # Whatever broke it off, a cancel too: nobody else knows of the descriptor.
            os.close(descriptor)
            raise

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open_nameless() -> int:
    if sys.platform == "linux":
        return os.memfd_create("document", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    descriptor, path = tempfile.mkstemp()
    Path(path).unlink()
    return descriptor


def _append(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sealed(descriptor: int) -> int:
    if sys.platform == "linux":
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor
