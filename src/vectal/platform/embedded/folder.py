"""The data folder: its layout, its lock, its passwords, the room that is left on its disk."""

import errno
import fcntl
import json
import os
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Self

from vectal.platform.embedded.errors import ExitCode, OperatorError, disk_full

LEAST_FREE_BYTES = 256 * 1024 * 1024
"""Below this PostgreSQL may stop in the middle of a checkpoint; better not to start."""
HOLDER_LIMIT = 4096
LOCK_TRIES = 4


@dataclass(frozen=True)
class Passwords:
    """Random passwords of the embedded servers, kept beside them."""

    superuser: str
    owner: str
    login: str
    valkey: str

    @classmethod
    def random(cls) -> Self:
        return cls(*(secrets.token_urlsafe(24) for _ in range(4)))


class DataFolder:
    """One folder on disk that belongs to one running Vectal at a time."""

    def __init__(self, path: Path, least_free_bytes: int = LEAST_FREE_BYTES) -> None:
        self.path = path.expanduser().absolute()
        self.cluster = self.path / "postgres"
        self.valkey = self.path / "valkey"
        self.binaries = self.path / "binaries"
        self._least_free_bytes = least_free_bytes
        self._lock: IO[str] | None = None

    def open(self) -> None:
        """Make the folder when it is missing and check that it can be used."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o711)
            probe = self.path / f".writable-{os.getpid()}"
            probe.write_text("")
            probe.unlink()
        except OSError as error:
            raise self._unusable(error) from error
        if shutil.disk_usage(self.path).free < self._least_free_bytes:
            raise disk_full(self.path)

    def _unusable(self, error: OSError) -> OperatorError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return disk_full(self.path)
        return OperatorError(
            f"The data folder {self.path} cannot be used: {error.strerror}.",
            "Check that it is a folder which this user may read and write, or choose another one "
            "with VECTAL_DATA_DIR.",
            ExitCode.FOLDER_UNREADABLE,
        )

    def lock(self) -> None:
        """Take the folder for this process; the kernel gives it back even after kill -9."""
        try:
            held = (self.path / "lock").open("a+")
        except OSError as error:
            raise self._unusable(error) from error
        if not _try_to_lock(held):
            held.seek(0)
            holder = held.read(HOLDER_LIMIT).strip() or "another process"
            held.close()
            raise OperatorError(
                f"The data folder {self.path} is in use by {holder}.",
                "Stop that one first, or choose another folder with VECTAL_DATA_DIR.",
                ExitCode.FOLDER_TAKEN,
            )
        self._lock = held
        self.describe_holder(f"process {os.getpid()}")

    def describe_holder(self, text: str) -> None:
        """Leave a line for the one who finds the folder taken."""
        if self._lock is not None:
            self._lock.truncate(0)
            self._lock.write(text + "\n")
            self._lock.flush()

    def unlock(self) -> None:
        if self._lock is not None:
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None

    def load_passwords(self) -> tuple[Passwords, bool]:
        """Read the passwords, or make new ones; tells whether they are new."""
        path = self.path / "passwords.json"
        try:
            return Passwords(**json.loads(path.read_text())), False
        except FileNotFoundError:
            made = Passwords.random()
            write_private(path, json.dumps(asdict(made)))
            return made, True
        except PermissionError as error:
            raise self._unusable(error) from error
        except (ValueError, TypeError) as error:
            raise OperatorError(
                f"The file {path} is damaged.",
                "Delete it: new passwords are made and set at the next start.",
                ExitCode.FOLDER_CORRUPT,
            ) from error


def _try_to_lock(file: IO[str]) -> bool:
    """Try for a moment: another command may just be looking whether the folder is taken."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    partial = path.with_name(f".{path.name}-{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
