"""Identifiers: UUID version 7 (RFC 9562), so that rows sort by birth and indexes stay warm."""

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0

_RANDOM_BITS = 62
_COUNTER_BITS = 12


def new_id() -> UUID:
    """A UUIDv7, strictly increasing within this process.

    The 12 bits after the version carry fractions of a millisecond (RFC 9562, method 3); within
    one tick, or when the clock steps back, they count on.
    """
    global _last  # noqa: PLW0603 - monotonic order needs one memory a process
    ticks = (time.time_ns() << _COUNTER_BITS) // 1_000_000
    with _lock:
        ticks = max(ticks, _last + 1)
        _last = ticks
    millis, fraction = ticks >> _COUNTER_BITS, ticks & 0xFFF
    random = int.from_bytes(os.urandom(8), "big") & ((1 << _RANDOM_BITS) - 1)
    value = (millis & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random
    return UUID(int=value)
