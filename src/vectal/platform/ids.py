"""Identifiers: UUID version 7 (RFC 9562), so that rows sort by birth and indexes stay warm."""

import os
import struct
import threading
from time import time
from typing import Final
from uuid import UUID, SafeUUID

_lock = threading.Lock()
_last = 0
_pool: list[int] = []
os.register_at_fork(after_in_child=_pool.clear)  # two processes must not draw the same

_RANDOM: Final = (1 << 62) - 1
_VARIANT: Final = 0b10 << 62
_NODE: Final = (1 << 48) - 1
_POOLED: Final = struct.Struct("512Q")
"""Random bits for so many ids are asked of the system at once."""
_COUNTER_BITS: Final = 12
_TICKS_PER_S: Final = float(1_000 << _COUNTER_BITS)
_COUNTER: Final = (1 << _COUNTER_BITS) - 1
"""The 12 bits after the version: fractions of a millisecond."""
_UNKNOWN: Final = SafeUUID.unknown
_new: Final = object.__new__
_set: Final = object.__setattr__


def new_id() -> UUID:
    """A UUIDv7, strictly increasing within this process."""
    made = _new(UUID)
    # What its constructor comes to, which takes four times as long to see which form it was given.
    ticks, random = _draw()
    time_part = (ticks >> _COUNTER_BITS) << 16 | 0x7000 | ticks & _COUNTER
    _set(made, "int", time_part << 64 | random)
    _set(made, "is_safe", _UNKNOWN)
    return made


def new_hex() -> str:
    """The 32 digits of such an id."""
    ticks, random = _draw()
    return f"{ticks >> _COUNTER_BITS:012x}7{ticks & _COUNTER:03x}{random:016x}"


def _draw() -> tuple[int, int]:
    """The time in 1/4096 of a millisecond (RFC 9562, method 3), and the variant and random bits.

    Within one tick, or when the clock steps back, it counts on.
    """
    global _last  # noqa: PLW0603 - monotonic order needs one memory a process
    ticks = int(time() * _TICKS_PER_S)
    with _lock:
        if ticks <= _last:
            ticks = _last + 1
        _last = ticks
        if not _pool:
            _pool.extend(_POOLED.unpack(os.urandom(_POOLED.size)))
        return ticks, _pool.pop() & _RANDOM | _VARIANT
