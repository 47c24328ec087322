"""The locks that a child closes behind itself before it looks at what strangers wrote.

Each lock is asked for on its own and says whether it holds, because kernels and containers
differ. `lock_in` closes all it can; `missing_locks` says what a caller must not do without.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final

from vectal.platform.confinement import landlock, limits, namespaces, seccomp
from vectal.platform.confinement.contracts import Bounds, Lock

ESSENTIAL: Final[tuple[tuple[str, frozenset[Lock]], ...]] = (
    ("memory", frozenset(("memory",))),
    ("CPU time", frozenset(("cpu_time",))),
    ("privileges", frozenset(("no_new_privileges",))),
    ("the network", frozenset(("network_namespace", "system_calls"))),
    ("other processes", frozenset(("system_calls",))),
    ("files of the machine", frozenset(("filesystem",))),
)
"""What must be locked, and the locks of which any one does it."""


def lock_in(
    parent: int, bounds: Bounds, readable: Iterable[str], scratch: str | None = None
) -> tuple[Lock, ...]:
    """Close every lock that this kernel has, for good. `readable` are the paths left open.

    In the folder `scratch` files may also be made, written and removed, but no folders.
    """
    held: list[Lock] = []
    if sys.platform == "linux":
        if namespaces.die_with(parent):
            held.append("ends_with_parent")
        if namespaces.leave_the_network():
            held.append("network_namespace")
    held += limits.bound(bounds, count_processes="network_namespace" in held)
    if sys.platform == "linux" and namespaces.forgo_privileges():
        held.append("no_new_privileges")
        if landlock.close_files(readable, scratch):
            held.append("filesystem")
        if seccomp.refuse_calls():  # the last, since it refuses what the others need
            held.append("system_calls")
    return tuple(held)


def missing_locks(held: Iterable[Lock]) -> tuple[str, ...]:
    """What is not locked, in words."""
    has = frozenset(held)
    return tuple(what for what, locks in ESSENTIAL if not locks & has)
