"""Every vector store that there is, opened for a test: PostgreSQL, memory, emulators, real ones.

A real Chroma is started where `VECTAL_TEST_CHROMA` names its executable (`make test-stores` brings
one). `VECTAL_TEST_CHROMA_URL`, `VECTAL_TEST_WEAVIATE_URL` and `VECTAL_TEST_PINECONE_URL` are
addresses of live ones, in the form of `VECTAL_VECTOR_URL`; what the tests store there they delete.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from tests.documents.stores.chroma_emulator import ChromaEmulator
from tests.documents.stores.emulator import StoreEmulator
from tests.documents.stores.pinecone_emulator import PineconeEmulator
from tests.documents.stores.weaviate_emulator import WeaviateEmulator

from vectal.documents.index import VectorIndex
from vectal.documents.index.memory import MemoryIndex
from vectal.documents.index.opening import StoreAddress, make_remote
from vectal.documents.index.pgvector import PgvectorIndex
from vectal.platform.db import Database
from vectal.platform.http import EgressGuard, EgressLedger, HttpClient
from vectal.platform.http.ledger import Entry

EMULATORS: dict[str, type[StoreEmulator]] = {
    "chroma emulator": ChromaEmulator,
    "weaviate emulator": WeaviateEmulator,
    "pinecone emulator": PineconeEmulator,
}
CHROMA = os.environ.get("VECTAL_TEST_CHROMA", "")
LIVE = {
    f"{kind} live": os.environ.get(f"VECTAL_TEST_{kind.upper()}_URL", "")
    for kind in ("chroma", "weaviate", "pinecone")
}
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


REMOTE = [*EMULATORS, *(["chroma"] if CHROMA else [])]
"""Those that a test may stop and start."""
ALL = ["pgvector", "memory", *REMOTE, *(name for name, url in LIVE.items() if url)]


@dataclass
class KeptEntries:
    """The egress ledger, in memory."""

    entries: list[Entry] = field(default_factory=list[Entry])

    def begin(self, entry: Entry, started: float) -> None:
        """Nobody looks at what is open."""

    def note(self, entry: Entry, started: float | None = None) -> None:
        del started
        self.entries.append(entry)


async def _nothing() -> None:
    return


@dataclass
class Store:
    """A store under test. `start` and `stop` are of what is behind a socket."""

    name: str
    index: VectorIndex
    start: Callable[[], Awaitable[None]] = _nothing
    stop: Callable[[], Awaitable[None]] = _nothing
    ledger: KeptEntries = field(default_factory=KeptEntries)
    emulator: StoreEmulator | None = None


@asynccontextmanager
async def open_store(name: str, db: Database, folder: Path) -> AsyncGenerator[Store]:
    async with AsyncExitStack() as stack:
        if name == "pgvector":
            yield Store(name, PgvectorIndex(db))
        elif name == "memory":
            yield Store(name, MemoryIndex())
        elif name in EMULATORS:
            emulator = EMULATORS[name]()
            await emulator.start()
            stack.push_async_callback(emulator.stop)
            url = str(cast("Any", emulator).url)
            store = _over(stack, name, url)
            store.start, store.stop, store.emulator = emulator.start, emulator.stop, emulator
            yield store
        elif name == "chroma":
            chroma = RealChroma(folder, _free_port())
            await chroma.start()
            stack.push_async_callback(chroma.stop)
            store = _over(stack, name, f"chroma+http://127.0.0.1:{chroma.port}")
            store.start, store.stop = chroma.start, chroma.stop
            yield store
        else:
            yield _over(stack, name, LIVE[name])


def _over(stack: AsyncExitStack, name: str, url: str) -> Store:
    address, ledger = StoreAddress.parse(url), KeptEntries()
    tls = None if address.base_url.startswith("https:") else PLAIN
    guard = EgressGuard.parse([address.host])
    client = HttpClient(cast("EgressLedger", ledger), guard, tls=tls)
    stack.push_async_callback(client.close)
    return Store(name, make_remote(address, client), ledger=ledger)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class RealChroma:
    """`chroma run` over a folder, which outlives it."""

    folder: Path
    port: int
    _process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        address = ("--host", "127.0.0.1", "--port", str(self.port))
        self._process = await asyncio.create_subprocess_exec(
            CHROMA, "run", "--path", str(self.folder / "chroma"), *address,
            stdout=asyncio.subprocess.DEVNULL, stderr=sys.stderr, cwd=self.folder,
        )  # fmt: skip
        async with asyncio.timeout(60):
            while not await self._answers():  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True
