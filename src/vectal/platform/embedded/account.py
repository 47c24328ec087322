"""The account that the embedded servers run as: never root, since PostgreSQL refuses it."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypedDict

NOBODY = 65534
INHERITED_FOLDER = Path("/proc/self/cwd")
"""The folder a process was started in, whatever the rights of the folders above it are."""


class Credentials(TypedDict, total=False):
    """Keyword arguments of subprocess.Popen."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user and group to change to; None keeps the caller's."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def for_folder(cls, folder: Path) -> Self:
        """Keep an ordinary caller; for root take the owner of an existing folder, else nobody."""
        if os.geteuid() != 0:
            return cls()
        if folder.exists() and folder.stat().st_uid != 0:
            found = folder.stat()
            return cls(found.st_uid, found.st_gid)
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            return cls(NOBODY, NOBODY)
        return cls(nobody.pw_uid, nobody.pw_gid)

    @property
    def credentials(self) -> Credentials:
        if self.uid is None or self.gid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def name_of(self, folder: Path) -> str:
        """Name a folder so that a server started in it reaches it.

        Root's data folder may lie below folders that nobody may not pass (`/root`); the folder
        that a process inherits from its start can be reached all the same.
        """
        if self.uid is not None and INHERITED_FOLDER.exists():
            return str(INHERITED_FOLDER)
        return str(folder)

    def give(self, path: Path) -> None:
        """Make the account the owner of a folder or a file and all below it."""
        if self.uid is None or self.gid is None:
            return
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        for parent, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.chown(Path(parent) / name, self.uid, self.gid, follow_symlinks=False)
