"""What a running tree leaves in its data folder, so that other commands work beside it."""

import fcntl
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from vectal.platform.embedded.folder import write_private

FILE = "running.json"


@dataclass(frozen=True)
class RunningTree:
    """Where the servers of a running `vectal up` listen."""

    pid: int
    address: str
    database_url: str
    database_owner_url: str
    redis_url: str


def announce(folder: Path, tree: RunningTree) -> None:
    write_private(folder / FILE, json.dumps(asdict(tree)))


def withdraw(folder: Path) -> None:
    (folder / FILE).unlink(missing_ok=True)


def find_running(folder: Path) -> RunningTree | None:
    """Find the tree that runs on a data folder; a file left behind by kill -9 does not count."""
    try:
        with (folder / "lock").open("r") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return RunningTree(**json.loads((folder / FILE).read_text()))
    except OSError:  # none has run here, or none of ours
        return None
    return None
