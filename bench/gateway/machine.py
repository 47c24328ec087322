"""Cores, processor time and memory of the processes that are measured. Linux only."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import psutil

SERVER_CORE: Final = 0
LOAD_CORE: Final = 1


class NotHereError(Exception):
    """The bench can't run on this machine; the message says why."""


class LeftOutError(Exception):
    """A subject can't be measured; the message says why."""


def settle() -> None:
    """Keep this process, and all that it starts, on the core of the load."""
    if not hasattr(os, "sched_setaffinity") or shutil.which("taskset") is None:
        raise NotHereError("It pins processes to cores, for which it needs Linux and taskset.")
    if not {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0):
        raise NotHereError("It needs two cores: one for the server, one for the load.")
    os.sched_setaffinity(0, {LOAD_CORE})
    # A thousand streams are two thousand sockets of the server.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def on_server_core(*command: str) -> list[str]:
    return ["taskset", "-c", str(SERVER_CORE), *command]


def family(pid: int) -> list[int]:
    """The process and all that it started."""
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def cpu_s(pids: Iterable[int]) -> float:
    """Processor time so far, of all threads that live."""
    return sum(_cpu_s(pid) for pid in pids)


def _cpu_s(pid: int) -> float:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        # The same time as in /proc/PID/stat, in nanoseconds instead of ticks of 10 ms.
        return sum(int((each / "schedstat").read_text().split()[0]) for each in threads) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return _ticks_s(pid)


def _ticks_s(pid: int) -> float:
    try:
        used = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return used.user + used.system


def pss_kib(pids: Iterable[int]) -> float:
    """Memory; a page that several processes share is counted in parts."""
    return sum(_pss_kib(pid) for pid in pids)


def _pss_kib(pid: int) -> float:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return 0.0
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
