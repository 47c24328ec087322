"""The paths that a locked child may read: code, and what runtimes look up. None is anybody's."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_SYSTEM_PATHS: Final = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/dev/urandom",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
)
"""What the dynamic loader and the runtimes of libraries read."""


def code_paths() -> Iterator[str]:
    """The code of Python and of its packages, and what they read of the system."""
    yield from _SYSTEM_PATHS
    yield from {path for path in sysconfig.get_paths().values() if Path(path).is_dir()}
    yield from (path for path in sys.path if os.path.isabs(path) and Path(path).exists())  # noqa: PTH117
    yield str(Path(sys.base_prefix) / "lib")
