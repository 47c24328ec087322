"""Servers that outlived their supervisor: find them by their working folder, end them gently.

PostgreSQL and Valkey both work inside their folder. Two servers on one folder would ruin it, so
nothing starts before all that still work there have ended.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from vectal.platform.embedded.errors import ExitCode, OperatorError

SERVER_NAMES = frozenset({"postgres", "valkey-server", "redis-server"})
GENTLE_S = 20.0
"""Seconds for a shutdown that writes everything down."""


def find_servers_in(folder: Path) -> list[int]:
    """Process ids of servers whose working folder is this one."""
    target = folder.resolve()
    if Path("/proc/self/cwd").exists():
        return [pid for pid, name, cwd in _linux_processes() if _matches(name, cwd, target)]
    return [pid for pid, name, cwd in _lsof_processes() if _matches(name, cwd, target)]


def _matches(name: str, cwd: str, target: Path) -> bool:
    return name in SERVER_NAMES and cwd == str(target)


def _linux_processes() -> Iterator[tuple[int, str, str]]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            name = (entry / "comm").read_text().strip()
            if name in SERVER_NAMES and not _is_zombie(entry):
                yield int(entry.name), name, str((entry / "cwd").readlink())
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue


def _is_zombie(entry: Path) -> bool:
    return (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _lsof_processes() -> Iterator[tuple[int, str, str]]:
    lsof = shutil.which("lsof")
    if lsof is None or sys.platform == "win32":
        return
    listing = subprocess.run(  # noqa: S603 - fixed arguments
        [lsof, "-w", "-d", "cwd", "-Fpcn"], capture_output=True, text=True, check=False, timeout=30
    )
    pid, name = 0, ""
    for line in listing.stdout.splitlines():
        kind, value = line[:1], line[1:]
        if kind == "p":
            pid = int(value)
        elif kind == "c":
            name = value
        elif kind == "n":
            yield pid, name, value


async def end_servers_in(folder: Path, gently: signal.Signals, leader: int | None = None) -> int:
    """End all servers that still work in a folder; returns how many there were.

    They are asked first: all of them, or the leader alone (a signal for a postmaster means
    something else to the processes below it). Those that do not end are killed, which both servers
    survive without loss: they recover from their log at the next start.
    """
    found = find_servers_in(folder)
    _send([pid for pid in found if leader in (None, pid)], gently)
    if await _all_ended(folder, GENTLE_S):
        return len(found)
    _send(find_servers_in(folder), signal.SIGKILL)
    if await _all_ended(folder, GENTLE_S):
        return len(found)
    left = ", ".join(map(str, find_servers_in(folder)))
    raise OperatorError(
        f"A server still works in {folder} and does not end (process {left}).",
        "End it, then start Vectal again.",
        ExitCode.FOLDER_TAKEN,
    )


def _send(pids: list[int], sent: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, sent)
        except ProcessLookupError:
            continue
        except PermissionError as error:
            raise OperatorError(
                f"A server of another user (process {pid}) works in this data folder.",
                "Stop it as that user, or choose another folder with VECTAL_DATA_DIR.",
                ExitCode.FOLDER_TAKEN,
            ) from error


async def _all_ended(folder: Path, patience_s: float) -> bool:
    try:
        async with asyncio.timeout(patience_s):
            while find_servers_in(folder):  # noqa: ASYNC110 - they are not our children
                await asyncio.sleep(0.05)
    except TimeoutError:
        return False
    return True
