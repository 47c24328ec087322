"""A session with one server: the handshake, its list of tools, and calls of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, cast

from vectal.mcp.contracts import MAX_LIST_BYTES, MAX_PAGES, MAX_TOOLS
from vectal.mcp.errors import ServerFailedError
from vectal.mcp.wire.channel import Channel
from vectal.mcp.wire.definitions import Listing, read_listing
from vectal.mcp.wire.messages import Object, Reply, notification, request

OFFERED: Final = "2025-11-25"
SPOKEN: Final = frozenset(("2025-11-25", "2025-06-18", "2025-03-26"))
_CLIENT: Final = {"name": "vectal", "version": "1"}
_NAME_CHARS: Final = 80
_CURSOR_CHARS: Final = 4_096


@dataclass(frozen=True, slots=True)
class Hello:
    """What a server says of itself, in one line each."""

    server: str
    protocol: str
    has_tools: bool


class Session:
    """One conversation. Not for two calls at once."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._number = 0
        self.hello = Hello("", "", has_tools=False)

    async def open(self) -> Hello:
        """Agree on a version, once. Raises `ServerFailedError`."""
        params: Object = {"protocolVersion": OFFERED, "capabilities": {}, "clientInfo": _CLIENT}
        result = await self._request("initialize", params)
        protocol = result.get("protocolVersion")
        if not isinstance(protocol, str) or protocol not in SPOKEN:
            raise ServerFailedError("The server speaks another version of the protocol.")
        self._channel.agree_on(protocol)
        capabilities = result.get("capabilities")
        has_tools = isinstance(capabilities, dict) and "tools" in capabilities
        self.hello = Hello(_name_of(result.get("serverInfo")), protocol, has_tools)
        await self._channel.tell(notification("notifications/initialized"))
        return self.hello

    async def list_tools(self) -> Listing:
        """All of them. Raises `ServerFailedError`, also for more than may be."""
        entries: list[object] = []
        size, cursor, seen = 0, "", set[str]()
        for _ in range(MAX_PAGES):
            params: Object = {"cursor": cursor} if cursor else {}
            result = await self._request("tools/list", params)
            page = result.get("tools")
            if not isinstance(page, list):
                raise ServerFailedError("The server's list of tools is no list.")
            entries += cast("list[object]", page)
            size += len(json.dumps(page))
            if len(entries) > MAX_TOOLS:
                raise ServerFailedError(f"The server lists more than {MAX_TOOLS} tools.")
            if size > MAX_LIST_BYTES:
                raise ServerFailedError("The server's list of tools is too large.")
            following = result.get("nextCursor")
            if following is None:
                return read_listing(entries)
            if not isinstance(following, str) or not 0 < len(following) <= _CURSOR_CHARS:
                raise ServerFailedError("The server's list of tools can't be paged through.")
            if following in seen:
                break
            seen.add(following)
            cursor = following
        raise ServerFailedError("The server's list of tools has no end.")

    async def call(self, name: str, arguments: Object) -> Reply:
        """The raw answer; an error of the server's is one, too."""
        return await self._ask("tools/call", {"name": name, "arguments": arguments})

    async def close(self) -> None:
        await self._channel.close()

    async def _request(self, method: str, params: Object) -> Object:
        reply = await self._ask(method, params)
        if reply.result is None:
            raise ServerFailedError(f"The server answers {method} with the error {reply.code}.")
        return reply.result

    async def _ask(self, method: str, params: Object) -> Reply:
        self._number += 1
        return await self._channel.ask(request(self._number, method, params))


def _name_of(info: Any) -> str:
    """Name and version, as one harmless line."""
    given = cast("Object", info) if isinstance(info, dict) else {}
    parts = [given.get("title") or given.get("name"), given.get("version")]
    words = " ".join(part for part in parts if isinstance(part, str))
    return "".join(char if char.isprintable() else " " for char in words).strip()[:_NAME_CHARS]
