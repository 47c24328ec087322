"""Segments: each opens alone, in its own place, under its own key."""

import pytest

from vectal.platform.crypto import StreamCipher, UnreadableError, new_stream_key
from vectal.platform.crypto.segments import (
    OVERHEAD,
    SEGMENT_BYTES,
    count_segments,
    sealed_size,
)


def test_a_segment_opens_in_its_place_alone() -> None:
    cipher = StreamCipher(new_stream_key())
    sealed = cipher.seal(3, b"words", is_last=False)
    assert cipher.open(3, sealed, is_last=False) == b"words"
    assert len(sealed) == 5 + OVERHEAD
    for number, is_last in ((2, False), (4, False), (3, True)):
        with pytest.raises(UnreadableError):
            cipher.open(number, sealed, is_last=is_last)
    with pytest.raises(UnreadableError):
        StreamCipher(new_stream_key()).open(3, sealed, is_last=False)
    for broken in (sealed[:-1], sealed[:OVERHEAD], b"", sealed[:-1] + b"\0\0"):
        with pytest.raises(UnreadableError):
            cipher.open(3, broken, is_last=False)
    with pytest.raises(UnreadableError):
        StreamCipher(b"short")


def test_equal_segments_do_not_look_alike() -> None:
    cipher = StreamCipher(new_stream_key())
    assert cipher.seal(0, b"x", is_last=True) != cipher.seal(0, b"x", is_last=True)


@pytest.mark.parametrize(
    ("size", "count"),
    [(0, 1), (1, 1), (SEGMENT_BYTES, 1), (SEGMENT_BYTES + 1, 2), (5 * SEGMENT_BYTES, 5)],
)
def test_sizes(size: int, count: int) -> None:
    assert count_segments(size) == count
    assert sealed_size(size) == size + count * OVERHEAD
