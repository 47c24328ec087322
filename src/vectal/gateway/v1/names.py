"""Ids as the vendors write them: a word of their kind before what is ours."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from vectal.platform.errors import AppError

FILE: Final = "file-"
BATCH: Final = "batch_"
MESSAGE_BATCH: Final = "msgbatch_"


def write_id(prefix: str, id_: UUID | None) -> str | None:
    return None if id_ is None else f"{prefix}{id_.hex}"


def read_id(prefix: str, text: str, missing: type[AppError]) -> UUID:
    """Raises `missing` for what is no id of this kind: there is no such thing, then."""
    if not text.startswith(prefix):
        raise missing
    try:
        return UUID(hex=text.removeprefix(prefix))
    except ValueError as error:
        raise missing from error


def epoch(at: datetime | None) -> int | None:
    """Whole seconds since 1970."""
    return None if at is None else int(at.timestamp())
