"""What locks there are, and how much a locked child may use."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Lock: TypeAlias = Literal[
    "memory",
    "cpu_time",
    "file_size",
    "descriptors",
    "processes",
    "core_dumps",
    "no_new_privileges",
    "network_namespace",
    "filesystem",
    "system_calls",
    "ends_with_parent",
]
"""What holds the child. `filesystem` is Landlock, `system_calls` a seccomp filter."""


class Bounds(msgspec.Struct, frozen=True):
    """Limits that the kernel keeps."""

    memory_bytes: int
    """Writable memory; whoever watches the child ends it when so much of it is resident."""
    cpu_s: int
    file_bytes: int = 0
    """The longest file that it may write, where it may write at all."""
