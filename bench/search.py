"""`python -m bench.search`: one search over everything, among a hundred thousand things."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Final

from bench import tasks
from bench.door import Door, open_door, sample
from bench.knowledge.retrieval import store
from bench.tree import running_tree

TASKS: Final = 50_000
CHUNKS: Final = 30_000
FILES: Final = 20_000
CALLS: Final = 100
QUERIES: Final = (
    ("a word that nothing has", "zeppelin"),
    ("a word that one thing has", "lighthouse"),
    ("words that many have", "task number"),
    ("the beginning of words", "num"),
    ("a number", "number 31337"),
)
_BODY: Final = "The keeper of the lighthouse writes down each ship that passes."

_MORE: Final = """
INSERT INTO document_chunks (workspace_id, document_id, file_id, id, position, text,
                             start_at, end_at, tokens, hidden, places)
SELECT workspace_id, document_id, file_id, gen_random_uuid(), n,
       'Passage number ' || n || ' tells of ship ' || md5(n::text) || ' and of port ' || n % 997
       || repeat(' The harbour was calm and the cargo was counted twice.', 12),
       n * 700, n * 700 + 690, 150, 0, places
FROM (SELECT * FROM document_chunks WHERE workspace_id = $1::uuid LIMIT 1) first,
     generate_series(1, $2::int) AS n
"""


_FILES: Final = """
INSERT INTO files (workspace_id, id, owner_id, is_shared, folder_id, sealed_name, name_key, words,
                   kind, media_type, size, number, versions, scan, created_at, updated_at)
SELECT workspace_id, gen_random_uuid(), owner_id, is_shared, NULL, sealed_name,
       decode(md5(n::text), 'hex'), ARRAY[decode(md5('word' || n % 5000), 'hex')],
       kind, media_type, size, number, versions, scan, now(), now() - n * INTERVAL '1 second'
FROM (SELECT * FROM files WHERE workspace_id = $1::uuid LIMIT 1) first,
     generate_series(1, $2::int) AS n
"""


async def fill(door: Door, running: Mapping[str, str]) -> None:
    """One file that is really read, with many more chunks than it has; tasks, and a project."""
    await store(door, {"Log book": _BODY})
    await door.post("/api/v1/projects", {"name": "Lighthouse"})
    await tasks.fill(door, running, 1, TASKS)
    async with tasks.connected(running["database_url"], door) as connection:
        await connection.execute(_MORE, door.workspace_id, CHUNKS)
        await connection.execute(_FILES, door.workspace_id, FILES)
    async with tasks.connected(running["database_owner_url"], door) as connection:
        await connection.execute("RESET ROLE")  # only the owner may
        await connection.execute("ANALYZE document_chunks, files")


async def report(door: Door) -> None:
    print(f"search: {TASKS:,} tasks, {CHUNKS:,} passages and {FILES:,} files; goal: under 100 ms")
    for what, query in QUERIES:
        path = f"/api/v1/search?q={query}"
        found = await sample(CALLS, lambda _i, path=path: door.get(path))
        facets = (await door.get(path))["facets"]
        counts = ", ".join(f"{each['kind']} {len(each['hits'])}" for each in facets)
        print(f"search: {what:26} {found.words()}: {counts}", flush=True)


async def main() -> None:
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    with tempfile.TemporaryDirectory(prefix="vectal-bench-") as folder:
        async with running_tree(Path(folder) / "data") as tree:
            door = await open_door(tree.url)
            async with aclosing(door.http):
                await fill(door, tree.running())
                await report(door)
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    asyncio.run(main())
