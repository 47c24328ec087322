"""What a turn costs over the provider alone: the Simulator bare, and through the product."""

from __future__ import annotations

import time
from typing import Final

from bench.door import Door, Samples
from vectal.ai.contracts import ChatMessage, TextPart
from vectal.ai.ports import CallLimits, Credentials, ModelRequest
from vectal.ai.providers.simulated.adapter import SimulatorAdapter

TURNS: Final = 20
QUESTION: Final = "Write about difference engines."


async def report(door: Door) -> None:
    bare_first, bare_last = await _bare()
    first, last = await _through(door)
    print(f"chat: first event  bare {bare_first.words()}; product {first.words()}")
    print(f"chat: last event   bare {bare_last.words()}; product {last.words()}")
    print(
        "chat: overhead of a turn, median: "
        f"first event +{first.median - bare_first.median:.1f} ms, "
        f"last event +{last.median - bare_last.median:.1f} ms"
    )


async def _bare() -> tuple[Samples, Samples]:
    adapter = SimulatorAdapter(pace_s=0)
    request = ModelRequest("simulator", "", (ChatMessage("user", (TextPart(QUESTION),)),), 8_192)
    first: list[float] = []
    last: list[float] = []
    for _turn in range(TURNS):
        begin = time.perf_counter()
        seen = False
        async for _event in adapter.stream(Credentials(""), request, CallLimits(60.0)):
            if not seen:
                first.append((time.perf_counter() - begin) * 1000)
                seen = True
        last.append((time.perf_counter() - begin) * 1000)
    return Samples(tuple(sorted(first))), Samples(tuple(sorted(last)))


async def _through(door: Door) -> tuple[Samples, Samples]:
    first: list[float] = []
    last: list[float] = []
    for turn in range(TURNS + 2):
        conversation = await door.post("/api/v1/conversations", {})
        begin = time.perf_counter()
        seen: float | None = None
        async with door.http.stream(
            "POST",
            f"/api/v1/conversations/{conversation['id']}/turns",
            json={"text": QUESTION, "mode": "ask"},
            headers={"Accept": "text/event-stream"},
        ) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("data:") and seen is None:
                    seen = (time.perf_counter() - begin) * 1000
        # The first two only warm up.
        if turn > 1 and seen is not None:
            first.append(seen)
            last.append((time.perf_counter() - begin) * 1000)
    return Samples(tuple(sorted(first))), Samples(tuple(sorted(last)))
