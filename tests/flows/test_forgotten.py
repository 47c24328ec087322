"""A file that is purged leaves nothing: its words are sought in every table, store and object."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from tests.documents.stores.chroma_emulator import ChromaEmulator
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.fixtures.tree import Tree
from tests.flows.reading import find, store, until_over
from tests.flows.server import serve, settings_of
from tests.flows.visitor import Visitor

from vectal.platform.events.stream import connect

pytestmark = pytest.mark.timeout(400)

CANARY = "zyxquokkalighthouse"
OTHER = "wombatferryterminal"
_TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
"""


class _Places:
    """Where the words of an installation may be."""

    def __init__(
        self, engine: AsyncEngine, redis_url: str, folder: Path, vectors: ChromaEmulator
    ) -> None:
        self._engine = engine
        self._redis_url = redis_url
        self._folder = folder
        self._vectors = vectors

    async def seek(self, *words: str) -> set[str]:
        """Tables, keys, objects and stores that hold one of the words, in any column or value."""
        sought = [*words, *(word.encode().hex() for word in words)]
        return {
            *await self._seek_tables(sought),
            *await self._seek_keys(sought),
            *(
                str(path)
                for path in self._folder.rglob("*")
                if path.is_file() and any(word.encode() in path.read_bytes() for word in words)
            ),
            *(["vectors"] if any(word in self.vectors for word in sought) else []),
        }

    async def know(self, file_id: str) -> bool:
        """Whether anything is left of the file that was purged, with one beside it that was not."""
        return bool(await self.seek(CANARY)) or file_id in self.vectors or self.objects > 1

    @property
    def objects(self) -> int:
        return sum(path.is_file() for path in self._folder.rglob("*"))

    @property
    def vectors(self) -> str:
        """All that the vector store keeps, as text."""
        return repr(self._vectors.databases)

    async def _seek_tables(self, sought: list[str]) -> set[str]:
        async with self._engine.connect() as connection:
            tables = [row[0] for row in (await connection.execute(text(_TABLES))).all()]
            found: set[str] = set()
            for table in tables:
                # A whole row as text: every column, whatever its type; bytes are hex.
                asked = f'SELECT count(*) FROM "{table}" AS t WHERE t::text ILIKE ANY (:sought)'  # noqa: S608 - names of ours
                patterns = {"sought": [f"%{word}%" for word in sought]}
                if await connection.scalar(text(asked), patterns):
                    found.add(table)
        return found

    async def _seek_keys(self, sought: list[str]) -> set[str]:
        found: set[str] = set()
        async with connect(self._redis_url) as redis:
            keys = cast("AsyncIterator[bytes]", redis.scan_iter())  # pyright: ignore[reportUnknownMemberType] - it is untyped
            async for key in keys:
                dumped = await redis.dump(key) or b""
                if any(word.encode() in key + dumped for word in sought):
                    found.add(f"redis {key!r}")
        return found


@pytest.mark.slow
async def test_nothing_is_left_of_a_purged_file(
    servers: Servers, valkey: str, worker: str, tmp_path: Path
) -> None:
    name = f"forgotten_flow_{worker}"
    database = await clone_database(servers, name)
    own = valkey.rpartition("/")[0] + "/12"
    vectors = ChromaEmulator()
    await vectors.start()
    told = {"VECTAL_VECTOR_URL": vectors.url}
    settings = {**settings_of(database, own, tmp_path), **told}
    url = database.superuser_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, poolclass=NullPool)
    async with (
        serve(database, own, tmp_path, pace_ms=0, **told) as (address, _),
        Visitor.set_up(address) as ada,
    ):
        processes = [await Tree.start(settings, command=each) for each in ("scheduler", "worker")]
        try:
            await _remember_and_forget(ada, _Places(engine, own, tmp_path / "objects", vectors))
        finally:
            await engine.dispose()
            for process in processes:
                process.kill()
                await process.wait()
            await vectors.stop()
    await drop_database(servers, name)


async def _remember_and_forget(ada: Visitor, places: _Places) -> None:
    kept = await store(ada, "Kept.txt", f"The {OTHER} opens in June.".encode())
    gone = await store(ada, f"{CANARY}.txt", f"The keeper of {CANARY} is away.".encode())
    for file in (kept, gone):
        assert (await until_over(ada, file["id"]))["state"] == "indexed"
    assert (await find(ada, CANARY))["passages"][0]["name"] == f"{CANARY}.txt"
    assert CANARY in (await ada.get(f"/documents/{gone['id']}/pages/1"))["text"]
    # It can be found where it is declared to be readable, and nowhere else.
    assert await places.seek(CANARY) == {"document_chunks"}
    assert gone["id"] in places.vectors
    assert places.objects == 2
    assert (await ada.http.delete(f"/files/{gone['id']}")).status_code == 204
    await ada.post(f"/files/{gone['id']}/purge", {}, 204)
    async with asyncio.timeout(180):
        while await places.know(gone["id"]):  # noqa: ASYNC110 - other processes are on their way
            await asyncio.sleep(1.0)
    assert [each["name"] for each in (await find(ada, CANARY))["passages"]] in ([], ["Kept.txt"])
    assert json.dumps(await find(ada, OTHER)).count(kept["id"]) == 1
    assert await places.seek(OTHER) == {"document_chunks"}
    assert kept["id"] in places.vectors
