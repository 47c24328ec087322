"""A way out that leads nowhere: it plays the answers of a provider from a script."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vectal.ai.ports import EgressRequest, ProviderFault


@dataclass
class Pause:
    """Silence between two chunks."""

    seconds: float


@dataclass
class Playback:
    """One answer: a status, headers and chunks, which may be pauses or faults."""

    chunks: Sequence[bytes | Pause | ProviderFault] = ()
    status: int = 200
    headers: Mapping[str, str] = field(
        default_factory=lambda: {"content-type": "text/event-stream; charset=utf-8"}
    )
    closed: bool = False
    noted_whole: bool = False


class _Response:
    def __init__(self, playback: Playback) -> None:
        self._playback = playback
        self.status = playback.status
        self.headers = playback.headers
        self._left = deque(playback.chunks)

    async def receive(self, until: float) -> bytes:
        async with asyncio.timeout_at(until):
            while self._left:
                chunk = self._left.popleft()
                if isinstance(chunk, Pause):
                    await asyncio.sleep(chunk.seconds)
                elif isinstance(chunk, ProviderFault):
                    raise chunk
                else:
                    await asyncio.sleep(0)
                    return chunk
        return b""

    def note_whole(self) -> None:
        self._playback.noted_whole = True

    def close(self) -> None:
        self._playback.closed = True


class ScriptedEgress:
    """Answers each request with the next playback and remembers what was asked."""

    def __init__(self, *playbacks: Playback | ProviderFault) -> None:
        self._playbacks = list(playbacks)
        self.requests: list[EgressRequest] = []

    async def send(self, request: EgressRequest) -> _Response:
        self.requests.append(request)
        playback = self._playbacks.pop(0)
        if isinstance(playback, ProviderFault):
            raise playback
        return _Response(playback)
