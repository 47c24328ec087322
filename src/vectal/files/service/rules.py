"""What an installation allows, as its settings say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class FileRules:
    """Sizes in bytes; None is no limit."""

    max_bytes: int
    user_bytes: int | None = None
    workspace_bytes: int | None = None
    keep_trash: timedelta = timedelta(days=30)
