"""Undoing Content-Encoding a bounded piece at a time, so that a small body can't fill memory."""

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

from vectal.platform.http.errors import BadAnswerError

ACCEPTED: Final = "gzip, deflate"
PIECE_BYTES: Final = 1 << 18

_GZIP: Final = 16 + zlib.MAX_WBITS


class Decoder(Protocol):
    def feed(self, chunk: bytes) -> Iterator[bytes]: ...

    def finish(self) -> None:
        """Raise `BadAnswerError` when the body ended too early."""
        ...


class Identity:
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk

    def finish(self) -> None:
        return


class Inflating:
    """gzip (several members too) and deflate, with or without its zlib header."""

    def __init__(self, *, is_gzip: bool) -> None:
        self._wbits = _GZIP if is_gzip else zlib.MAX_WBITS
        self._is_gzip = is_gzip
        self._stream = zlib.decompressobj(self._wbits)
        self._has_begun = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        rest = chunk
        while rest:
            if self._stream.eof:
                if not self._is_gzip:
                    return
                self._stream = zlib.decompressobj(self._wbits)
            try:
                piece = self._stream.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                if self._is_gzip or self._has_begun:
                    raise BadAnswerError from error
                self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
                self._has_begun = True
                continue
            self._has_begun = True
            rest = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            if piece:
                yield piece

    def finish(self) -> None:
        if self._has_begun and not self._stream.eof:
            raise BadAnswerError


def find_decoder(encoding: str) -> Decoder:
    """The decoder for a Content-Encoding header; raise `BadAnswerError` for one not asked for."""
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return Identity()
    if name in {"gzip", "x-gzip"}:
        return Inflating(is_gzip=True)
    if name == "deflate":
        return Inflating(is_gzip=False)
    raise BadAnswerError
