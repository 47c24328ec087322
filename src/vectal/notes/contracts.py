"""What a note is to everybody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from vectal.files.contracts import File

FOLDER: Final = "Notes"
"""The private folder at the top in which notes are."""
SUFFIX: Final = ".md"
MAX_CHARS: Final = 50_000
"""Of a note that a model writes; people write longer ones as they like."""
MAX_READ_BYTES: Final = 256 << 10


@dataclass(frozen=True, slots=True)
class Note:
    """A note with its words; `is_cut` says that there are more of them."""

    file: File
    text: str = field(repr=False)
    is_cut: bool
