"""Identifiers: UUID version 7 (RFC 9562), so that rows sort by birth and indexes stay warm."""

import os
import struct
import threading
import time
from typing import Final
from uuid import UUID, SafeUUID

_lock = threading.Lock()
_last = 0
_pool: list[int] = []
os.register_at_fork(after_in_child=_pool.clear)  # two processes must not draw the same

_RANDOM: Final = (1 << 62) - 1
_POOLED: Final = struct.Struct("512Q")
"""Random bits for so many ids are asked of the system at once."""
_COUNTER_BITS: Final = 12
_UNKNOWN: Final = SafeUUID.unknown
_new: Final = object.__new__
_set: Final = object.__setattr__


def new_id() -> UUID:
    """A UUIDv7, strictly increasing within this process."""
    made = _new(UUID)
    # What its constructor comes to, which takes four times as long to see which form it was given.
    _set(made, "int", _draw())
    _set(made, "is_safe", _UNKNOWN)
    return made


def new_hex() -> str:
    """The 32 digits of such an id."""
    return f"{_draw():032x}"


def _draw() -> int:
    """The 12 bits after the version carry fractions of a millisecond (RFC 9562, method 3).

    Within one tick, or when the clock steps back, they count on.
    """
    global _last  # noqa: PLW0603 - monotonic order needs one memory a process
    ticks = (time.time_ns() << _COUNTER_BITS) // 1_000_000
    with _lock:
        ticks = max(ticks, _last + 1)
        _last = ticks
        if not _pool:
            _pool.extend(_POOLED.unpack(os.urandom(_POOLED.size)))
        random = _pool.pop() & _RANDOM
    millis, fraction = ticks >> _COUNTER_BITS, ticks & 0xFFF
    return (millis & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random
