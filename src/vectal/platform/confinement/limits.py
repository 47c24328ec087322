"""Limits that the kernel keeps for a process: memory, time, files, descriptors, processes."""

from __future__ import annotations

import resource
from typing import Final

from vectal.platform.confinement.contracts import Bounds, Lock

_ADDRESS_SPACE_BESIDE: Final = 4 << 30
"""Bytes of mapped libraries and reservations, beside the memory that is really written to."""
_DESCRIPTORS: Final = 64
_GRACE_S: Final = 5
_PROCESSES: Final = 64
"""Threads count; runtimes of parsers start some per CPU."""


def bound(limits: Bounds, *, count_processes: bool) -> list[Lock]:
    """Set the limits, and say which the system has taken.

    `count_processes`: only in a user namespace of its own are the child's threads the only ones
    that count; outside, they would be those of the whole account.
    """
    space = limits.memory_bytes + _ADDRESS_SPACE_BESIDE
    wanted: list[tuple[Lock, int, int]] = [
        ("memory", resource.RLIMIT_DATA, limits.memory_bytes),
        ("memory", resource.RLIMIT_AS, space),
        ("cpu_time", resource.RLIMIT_CPU, limits.cpu_s),
        ("file_size", resource.RLIMIT_FSIZE, limits.file_bytes),
        ("descriptors", resource.RLIMIT_NOFILE, _DESCRIPTORS),
        ("core_dumps", resource.RLIMIT_CORE, 0),
    ]
    if count_processes:
        wanted.append(("processes", resource.RLIMIT_NPROC, _PROCESSES))
    refused: set[Lock] = set()
    for lock, number, value in wanted:
        try:
            # The signal of the softer limit tells the lack of time from other ends.
            hard = value + _GRACE_S if number == resource.RLIMIT_CPU else value
            resource.setrlimit(number, (value, hard))
        except (OSError, ValueError):
            refused.add(lock)
    return list(dict.fromkeys(lock for lock, _, _ in wanted if lock not in refused))
