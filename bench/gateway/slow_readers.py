"""`python -m bench.gateway slow-readers`: what clients that stop reading do to the others."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.gateway import machine
from bench.gateway.compiled import (
    CALL,
    MODEL,
    SMALL,
    Bodies,
    Load,
    Run,
    Target,
    Upstream,
    running_upstream,
)
from bench.gateway.product import Product, open_product
from bench.gateway.subjects import Serving, serving

SECONDS: Final = 300.0
"""For how long nothing is read."""
SOCKETS: Final = 500
RATE: Final = 20
"""Of the calls by which latency is taken, a second."""
_READ: Final = 1_000
"""Bytes of its stream that each of them takes before it stops."""
_WINDOW_BYTES: Final = 16_384
_ENDLESS: Final = 1_000_000
_ENDLESS_MODEL: Final = "endless"
_WARM_S: Final = 5.0
_LOOK_S: Final = 0.5
_PATIENCE_S: Final = 60.0
_WRITTEN_S: Final = 10.0
"""What was used is written down a little later."""
_ESTABLISHED: Final = 1
"""Of the kernel's states of TCP, in the first byte of TCP_INFO."""


@dataclass
class Watched:
    """Memory of the server, looked at now and then."""

    server: Serving
    peak_kib: float = 0.0

    async def run(self) -> None:
        while True:
            self.peak_kib = max(self.peak_kib, self.server.pss_kib())
            await asyncio.sleep(_LOOK_S)


@dataclass
class Deaf:
    """Streams that nobody reads."""

    target: Target
    body: bytes
    sockets: list[socket.socket] = field(default_factory=list[socket.socket])
    refusals: list[bytes] = field(default_factory=list[bytes])

    async def open(self) -> None:
        """All at once; those that get no answer are left out."""
        await asyncio.gather(*(self._open_one() for _ in range(SOCKETS)))

    async def _open_one(self) -> None:
        loop = asyncio.get_running_loop()
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW_BYTES)
        connection.settimeout(0)
        head = (
            f"POST {CALL} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {self.target.key}\r\ncontent-length: {len(self.body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await loop.sock_connect(connection, ("127.0.0.1", self.target.port))
                await loop.sock_sendall(connection, head.encode() + self.body)
                said = await loop.sock_recv(connection, _READ)
        except (OSError, TimeoutError):
            said = b""
        if said.startswith(b"HTTP/1.1 200 "):
            self.sockets.append(connection)
        else:
            self.refusals.append(said[:60] or b"no answer")
            connection.close()

    def count_ended(self) -> int:
        """Those that the server has let go."""
        states = [each.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) for each in self.sockets]
        return sum(state[0] != _ESTABLISHED for state in states)

    def close(self) -> None:
        for each in self.sockets:
            each.close()


class Found(NamedTuple):
    """What was seen in a stretch of time."""

    calls: Run
    streams: Run
    bare: Run
    """Calls that go to the upstream directly: what the machine itself does to them."""


@dataclass(frozen=True)
class Probe:
    """Clients that behave: small calls at a steady rate, and one stream after another."""

    load: Load
    bodies: Bodies
    target: Target
    upstream: Target

    async def take(self, seconds: float) -> Found:
        """What these seconds were like."""
        return Found(
            *await asyncio.gather(
                self._call(self.target, seconds),
                self.load.run(
                    self.target,
                    self.bodies.file(SMALL, stream=True),
                    "burst",
                    connections=1,
                    seconds=seconds,
                ),
                self._call(self.upstream, seconds),
            )
        )

    async def _call(self, target: Target, seconds: float) -> Run:
        body = self.bodies.file(SMALL)
        return await self.load.run(target, body, "open", connections=32, seconds=seconds, rate=RATE)


async def measure(seconds: float, say: Callable[[str], None]) -> None:
    """Latency before, while 500 sockets read nothing for these seconds, and after.

    The time before is as long as the time during: in a longer one more of what comes once a minute
    is among the slowest hundredth.
    """
    load_before = os.getloadavg()[0]
    machine.settle()
    say(f"machine: {os.cpu_count()} cores, load {load_before:.1f} before the start")
    async with _opened() as (product, upstream, server, tools), _vendor_of(product) as endless:
        probe = Probe(*tools, server.target, Target(upstream.port))
        slow_key = await _make_key(product)
        body = probe.bodies.file(SMALL, stream=True).read_bytes()
        deaf = Deaf(
            Target(server.target.port, slow_key["key"]),
            body.replace(f'"{MODEL}"'.encode(), f'"{_ENDLESS_MODEL}"'.encode(), 1),
        )
        window = max(2.0, min(30.0, seconds / 5))
        stretch = max(2.0, seconds - window)
        await _plan_probe(upstream)
        await probe.take(_WARM_S)
        say(f"first {stretch:.0f} s without them")
        found = {"before": await probe.take(stretch)}
        memory = server.pss_kib()
        watched = Watched(server)
        watching = asyncio.create_task(watched.run())
        try:
            await endless.plan(chunks=_ENDLESS)
            await deaf.open()
            say(f"{len(deaf.sockets)} of {SOCKETS} streams have begun and are read no more")
            if deaf.refusals:
                say(f"the others: {Counter(deaf.refusals).most_common(3)}")
            found["first"] = await probe.take(window)
            found["during"] = await probe.take(stretch)
            ended = deaf.count_ended()
            found["after"] = await _after(probe, deaf, window)
        finally:
            watching.cancel()
            deaf.close()
        _print(found, say)
        after = server.pss_kib()
        say(
            f"memory of the server: {memory / 1024:.0f} MiB before, {watched.peak_kib / 1024:.0f} "
            f"at most, {after / 1024:.0f} after"
        )
        say(f"ended by the server within {seconds:.0f} s: {ended} of {len(deaf.sockets)}")
        await asyncio.sleep(_WRITTEN_S)
        say(f"of these, in the ledger: {await _count_calls(product, slow_key['id'])}")


async def _after(probe: Probe, deaf: Deaf, window: float) -> Found:
    deaf.close()
    return await probe.take(window)


@asynccontextmanager
async def _opened() -> AsyncGenerator[tuple[Product, Upstream, Serving, tuple[Load, Bodies]]]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vectal-bench-")))
        upstream = await stack.enter_async_context(running_upstream(folder))
        tools = await Load.build(folder), Bodies(folder)
        product = await stack.enter_async_context(open_product(folder / "data", upstream.port))
        launch = product.launch(folder, upstream.port)
        server = await stack.enter_async_context(serving(launch, tools[1], folder / "said.log"))
        yield product, upstream, server, tools


@asynccontextmanager
async def _vendor_of(product: Product) -> AsyncGenerator[Upstream]:
    """A vendor for those that don't read: one who has lost five hundred clients stands still."""
    with tempfile.TemporaryDirectory(prefix="vectal-bench-") as folder:
        async with running_upstream(Path(folder)) as upstream:
            model = {"name": _ENDLESS_MODEL, "context_tokens": 100_000, "max_output_tokens": 8_192}
            provider = {
                "kind": "openai_compatible",
                "name": "Endless",
                "base_url": f"http://127.0.0.1:{upstream.port}/v1",
                "models": [model],
            }
            await product.owner.post("/api/v1/ai/providers", provider)
            yield upstream


async def _plan_probe(upstream: Upstream) -> None:
    await upstream.plan(chunks=20, pause_s=0.01)


async def _make_key(product: Product) -> dict[str, Any]:
    made = await product.owner.post("/api/v1/api-keys", {"name": "Slow", "scopes": ["ai:use"]})
    return {"id": made["id"], "key": made["key"]}


async def _count_calls(product: Product, key_id: str) -> str:
    usage = await product.owner.get("/api/v1/ai/usage?group=api_key")
    row = next((each for each in usage["items"] if each["group"] == key_id), None)
    if row is None:
        return "none"
    return f"{row['calls']}, {row['output_tokens']:,} tokens out"


def _print(found: dict[str, Found], say: Callable[[str], None]) -> None:
    calm = found["before"]
    say(
        f"{'':<12}{'calls':>8}{'errors':>8}{'p50 ms':>9}{'ratio':>7}{'p99 ms':>9}{'ratio':>7}"
        f"{'first ms':>10}{'ratio':>7}{'bare p99':>10}{'ratio':>7}"
    )
    for name, seen in found.items():
        calls, streams, bare = seen
        for complaint in filter(None, (each.complaint for each in seen)):
            say(f"{name}: {complaint}")
        say(
            f"{name:<12}{calls.requests:>8}{sum(each.errors for each in seen):>8}"
            f"{calls.p50_ms:>9.2f}{calls.p50_ms / calm.calls.p50_ms:>7.2f}"
            f"{calls.p99_ms:>9.2f}{calls.p99_ms / calm.calls.p99_ms:>7.2f}"
            f"{streams.first_p50_ms:>10.2f}"
            f"{streams.first_p50_ms / calm.streams.first_p50_ms:>7.2f}"
            f"{bare.p99_ms:>10.2f}{bare.p99_ms / calm.bare.p99_ms:>7.2f}"
        )
