"""People who go on working while everything around them is killed, and keep count."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
from tests.flows.visitor import Heard, Json, Visitor, text_of
from websockets.exceptions import WebSocketException

_PASSING = frozenset({429, 500, 502, 503, 504})
"""What a client tries again; 500 is counted apart, since it should not be."""
_BROKEN = (httpx2.HTTPError, OSError, WebSocketException, TimeoutError, AssertionError)


@dataclass
class Ledger:
    """What was promised to the clients, and what they saw."""

    acknowledged: dict[str, str] = field(default_factory=dict[str, str])
    """Title of each acknowledged task, and its id."""
    tries: int = 0
    refused: dict[int, int] = field(default_factory=dict[int, int])
    cut: int = 0
    streams: list["Stream"] = field(default_factory=list["Stream"])
    last_write_at: float = 0.0


@dataclass
class Stream:
    """One answer as its client put it together."""

    turn_id: str
    wire: str
    mode: str
    frames: list[Heard] = field(default_factory=list[Heard])
    resumes: int = 0

    @property
    def has_ended(self) -> bool:
        return bool(self.frames) and self.frames[-1].event == "turn.ended"

    @property
    def text(self) -> str:
        return text_of(self.frames)

    @property
    def restarts(self) -> int:
        return [frame.event for frame in self.frames].count("turn.restarted")

    @property
    def proposals(self) -> set[str]:
        """Changesets that the answer speaks of, since it was last begun."""
        found: set[str] = set()
        for frame in self.frames:
            if frame.event == "turn.restarted":
                found.clear()
            elif frame.event == "turn.tool_returned" and frame.data["changeset_id"]:
                found.add(frame.data["changeset_id"])
        return found

    @property
    def has_gap(self) -> bool:
        return [frame.id for frame in self.frames] != [
            str(number + 1) for number in range(len(self.frames))
        ]


@dataclass
class Client:
    """Repeats each request with its key until it is answered."""

    visitor: Visitor
    ledger: Ledger
    over: asyncio.Event

    async def insist(self, path: str, body: Json) -> Json:
        """POST until acknowledged; the key makes it one effect."""
        headers = {"Idempotency-Key": secrets.token_hex(12)}
        while True:
            self.ledger.tries += 1
            try:
                answer = await self.visitor.http.post(path, json=body, headers=headers, timeout=10)
            except (httpx2.HTTPError, OSError):
                self.ledger.cut += 1
            else:
                if answer.status_code < 300:
                    self.ledger.last_write_at = asyncio.get_running_loop().time()
                    made: Json = answer.json()
                    return made
                self.ledger.refused[answer.status_code] = (
                    self.ledger.refused.get(answer.status_code, 0) + 1
                )
                assert answer.status_code in _PASSING, answer.text
            await asyncio.sleep(0.1)

    async def write_tasks(self, name: str) -> None:
        number = 0
        while not self.over.is_set():
            title = f"{name} {number}"
            made = await self.insist("/tasks", {"title": title})
            self.ledger.acknowledged[title] = made["id"]
            number += 1
            await asyncio.sleep(0.02)

    async def chat(self, wire: str, mode: str) -> None:
        text = "Tell me a story of 250 words" if mode == "ask" else "Please add a task to call Ada"
        while not self.over.is_set():
            conversation = await self.insist("/conversations", {})
            body = {"text": text, "mode": mode}
            turn = await self.insist(f"/conversations/{conversation['id']}/turns", body)
            stream = Stream(turn["turn"]["id"], wire, mode)
            self.ledger.streams.append(stream)
            await self.read_to_the_end(stream)

    async def read_to_the_end(self, stream: Stream) -> None:
        while not stream.has_ended:
            after = stream.frames[-1].id if stream.frames else None
            try:
                async for frame in self._wire(stream, after):
                    stream.frames.append(frame)
            except _BROKEN:
                stream.resumes += 1
                await asyncio.sleep(0.1)

    async def _wire(self, stream: Stream, after: str | None) -> AsyncIterator[Heard]:
        if stream.wire == "sse":
            async for frame in self.visitor.follow(stream.turn_id, after):
                yield frame
            return
        async with self.visitor.open_tab() as tab:
            async for frame in tab.follow(stream.turn_id, after):
                yield frame


async def list_tasks(visitor: Visitor) -> dict[str, list[str]]:
    """Ids of all tasks by title."""
    found: dict[str, list[str]] = {}
    cursor: str | None = None
    while True:
        page: dict[str, Any] = await visitor.get(
            "/tasks", limit=200, **({"cursor": cursor} if cursor else {})
        )
        for task in page["items"]:
            found.setdefault(task["title"], []).append(task["id"])
        cursor = page["next_cursor"]
        if cursor is None:
            return found
