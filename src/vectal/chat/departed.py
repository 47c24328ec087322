"""Files that messages refer to, to ask which of them are gone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from vectal.chat.contracts import Message


def files_in(messages: Iterable[Message]) -> frozenset[UUID]:
    """All files that were attached, or that answers lean on."""
    found: set[UUID] = set()
    for message in messages:
        content = message.content
        found.update(each.id for each in content.references if each.kind == "file")
        found.update(source.file_id for source in content.sources)
    return frozenset(found)
