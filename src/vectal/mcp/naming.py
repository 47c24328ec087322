"""The names that models call tools of servers by: `mcp__server__tool`.

Vendors take letters, digits and underscores, at most 64. So dots of `mcp.server.tool` become two
underscores, which no name of a server has in a row, and what is left is made to fit. Two tools
that would have the same name have none.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "mcp__"
_MAX_CHARS: Final = 64
_HASH_CHARS: Final = 8
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def offered_name(server: str, tool: str) -> str:
    """The name for models. What is too long keeps its beginning, and gets a hash of the whole."""
    words = _OTHER.sub("_", tool.lower()).strip("_") or "tool"
    name = f"{PREFIX}{server}__{words}"
    if len(name) <= _MAX_CHARS:
        return name
    mark = hashlib.sha256(tool.encode()).hexdigest()[:_HASH_CHARS]
    return f"{name[: _MAX_CHARS - _HASH_CHARS - 1]}_{mark}"


def find_collisions(names: Sequence[str]) -> frozenset[str]:
    """The names that more than one tool would have."""
    return frozenset(name for name, count in Counter(names).items() if count > 1)
