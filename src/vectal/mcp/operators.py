"""The servers that an operator has named in a file, as programs to be started here.

Nothing of a program comes out of the database or from a request: who could write it there could
run what they like.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID, uuid5

import msgspec

from vectal.mcp.contracts import MAX_SLUG_CHARS, SLUG_PATTERN
from vectal.mcp.errors import StdioFileError
from vectal.mcp.wire.stdio import StdioServer

_NAMESPACE: Final = UUID("6f1d7f5e-2f0b-5c8e-9d55-0f8f3c1c7a10")
_MOST_SERVERS: Final = 20
_MOST_BYTES: Final = 1 << 20


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    command: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    mcp_servers: dict[str, _Entry]


def id_of(name: str) -> UUID:
    """The same in each process and after each start."""
    return uuid5(_NAMESPACE, name)


def read_stdio_file(path: Path | None) -> dict[UUID, StdioServer]:
    """By id; empty without a file. Raises `StdioFileError`, whose words name no secret."""
    if path is None:
        return {}
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StdioFileError(f"{path} can't be read: {error.strerror}.") from error
    if len(raw) > _MOST_BYTES:
        raise StdioFileError(f"{path} is too large.")
    try:
        parsed = msgspec.json.decode(raw, type=_File)
    except (msgspec.DecodeError, RecursionError) as error:
        raise StdioFileError(f"{path}: {error}.") from error
    if len(parsed.mcp_servers) > _MOST_SERVERS:
        raise StdioFileError(f"{path} names more than {_MOST_SERVERS} servers.")
    for name in parsed.mcp_servers:
        if len(name) > MAX_SLUG_CHARS or not re.fullmatch(SLUG_PATTERN, name):
            raise StdioFileError(
                f"{path}: the name {name!r} is not of small letters, digits and single"
                f" underscores, at most {MAX_SLUG_CHARS}."
            )
    return {
        id_of(name): StdioServer(name, entry.command, entry.args, entry.env)
        for name, entry in parsed.mcp_servers.items()
    }
