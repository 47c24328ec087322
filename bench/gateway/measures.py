"""What is measured of a subject in a round, and of the upstream itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bench.gateway.compiled import LARGE, SMALL, Bodies, Load, Run, Target, Upstream
from bench.gateway.subjects import Serving

RATES: Final = (100, 20)
"""Requests a second at which latency is taken."""
STREAMS: Final = 20
OPEN_STREAMS: Final = 1_000

_CONNECTIONS: Final = 16
_WARM_S: Final = 2.0
_REST_S: Final = 0.5
_REST_TRIES: Final = 60
_QUIET: Final = 5
"""Rests in a row without work."""
_IDLE: Final = 0.1
"""Of a core, in a server that has nothing to do."""
_SETTLE_S: Final = 2.5
"""What a server writes down after it has answered belongs to the request."""
_SLOW_US: Final = 2_000
_PACE_S: Final = 0.005
_SLOW_PACE_S: Final = 0.2
"""Of a stream's chunks, for a server that can't keep up with the other."""
_BUSY: Final = 0.6
"""A rate that would take more of the core than this tells of queues, not of the server."""
_ENDLESS: Final = 1_000_000
_FOR_GOOD_S: Final = 60.0

Figures = dict[str, float]


@dataclass(frozen=True)
class Bench:
    """The instruments. `seconds` is how long each of them is read."""

    load: Load
    upstream: Upstream
    bodies: Bodies
    seconds: float
    tell: Callable[[str], None]


@dataclass
class Reading:
    """A round of one subject."""

    bench: Bench
    target: Target
    found: Figures = field(default_factory=dict[str, float])

    async def take_latency(self) -> None:
        """Of calls at fixed rates, and of the first chunk when many streams begin at once."""
        bench, cost_us = self.bench, self.found.get("cpu_small", 0.0)
        for rate in RATES:
            if rate * cost_us > _BUSY * 1e6:
                continue
            run = await bench.load.run(
                self.target,
                bench.bodies.file(SMALL),
                "open",
                connections=32,
                seconds=max(2.0, 100 / rate) * bench.seconds,
                rate=rate,
            )
            if self._is_sound(run, f"at {rate} rps"):
                self.found |= {f"p50_{rate}": run.p50_ms, f"p99_{rate}": run.p99_ms}
        await bench.upstream.plan(chunks=20, pause_s=0.01)
        run = await bench.load.run(
            self.target,
            bench.bodies.file(SMALL, stream=True),
            "burst",
            connections=STREAMS,
            seconds=bench.seconds,
        )
        if self._is_sound(run, "streams"):
            self.found["first"] = run.first_p50_ms

    async def take_costs(self, serving: Serving) -> None:
        """Processor time by request and by chunk, and memory by stream."""
        self.found["start"] = serving.started_s
        await _rest(serving)
        warm = await self._throughput(SMALL, _WARM_S)
        if not self._is_sound(warm, "warming up"):
            return
        for name, size in (("small", SMALL), ("large", LARGE)):
            before, beside = serving.cpu_s(), serving.cpu_beside_s()
            run = await self._throughput(size, self.bench.seconds)
            await asyncio.sleep(_SETTLE_S)
            used, used_beside = serving.cpu_s() - before, serving.cpu_beside_s() - beside
            if self._is_sound(run, f"{size} bytes"):
                self.found[f"cpu_{name}"] = used * 1e6 / run.requests
                if serving.beside is not None:
                    self.found[f"beside_{name}"] = used_beside * 1e6 / run.requests

    async def take_streams(self, serving: Serving) -> None:
        bench, body = self.bench, self.bench.bodies.file(SMALL, stream=True)
        slow = self.found.get("cpu_small", 0.0) > _SLOW_US
        await bench.upstream.plan(chunks=_ENDLESS, pause_s=_SLOW_PACE_S if slow else _PACE_S)
        async with bench.load.hold(
            self.target, body, connections=STREAMS, seconds=bench.seconds
        ) as held:
            before = serving.cpu_s()
            run = await held.end()
            used = serving.cpu_s() - before
        if self._is_sound(run, "open streams") and held.open == STREAMS:
            self.found["chunk"] = used * 1e6 / run.chunks
        await bench.upstream.plan(chunks=10, pause_s=_FOR_GOOD_S)
        idle = serving.pss_kib()
        async with bench.load.hold(
            self.target, body, connections=OPEN_STREAMS, seconds=bench.seconds
        ) as held:
            await asyncio.sleep(bench.seconds / 2)
            grown = serving.pss_kib() - idle
        self.found["open"] = held.open
        if held.open > 0:
            self.found["stream"] = grown / held.open

    async def _throughput(self, size: int, seconds: float) -> Run:
        return await self.bench.load.run(
            self.target,
            self.bench.bodies.file(size),
            "closed",
            connections=_CONNECTIONS,
            seconds=seconds,
        )

    def _is_sound(self, run: Run, what: str) -> bool:
        """A figure from which answers are missing is none."""
        if run.errors == 0 and (run.requests > 0 or run.chunks > 0):
            return True
        self.bench.tell(f"{what}: {run.errors} bad answers beside {run.requests} good ones")
        if run.complaint:
            self.bench.tell(run.complaint)
        return False


async def _rest(serving: Serving) -> None:
    """Wait for what a server still loads after its first answer; it counts to no request.

    Some of it comes after a pause.
    """
    quiet = 0
    for _ in range(_REST_TRIES):
        before = serving.cpu_s()
        await asyncio.sleep(_REST_S)
        quiet = quiet + 1 if serving.cpu_s() - before < _IDLE * _REST_S else 0
        if quiet == _QUIET:
            return


def over(found: Figures, direct: Figures) -> Figures:
    """The figures with times as what is added to those of the upstream itself."""
    return {name: value - direct.get(name, 0.0) for name, value in found.items()}
