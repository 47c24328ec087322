"""Use cases of notes: list, read; writing goes by a changeset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from vectal.files.service import FileServices
from vectal.notes.service.keeping import NoteKeeper
from vectal.notes.service.shelf import Shelf
from vectal.platform.crypto import Keyring
from vectal.tasks.service import TaskServices

__all__ = ["NoteServices"]


@dataclass(frozen=True, slots=True)
class NoteServices:
    shelf: Shelf
    keeper: NoteKeeper
    tasks: TaskServices

    @classmethod
    def build(cls, files: FileServices, tasks: TaskServices, keyring: Keyring) -> Self:
        """Notes are what changesets of `tasks` may write from now on."""
        shelf = Shelf(files)
        keeper = NoteKeeper(shelf, keyring)
        tasks.changesets.take_in(keeper)
        return cls(shelf, keeper, tasks)
