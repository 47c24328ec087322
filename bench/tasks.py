"""Lists and new tasks, in a workspace of ten thousand and of a million."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from bench.door import Door, Samples, sample
from vectal.platform.db import Database, Scope

SIZES: Final = (10_000, 1_000_000)
CALLS: Final = 100
FILL_MS: Final = 1_800_000
LIST: Final = "/api/v1/tasks?status=todo&status=doing&sort={sort}&limit=100"

_FILL: Final = """
INSERT INTO tasks (workspace_id, id, title, status, priority, position, due_on, due_order,
                   created_at, updated_at)
SELECT $1::uuid, gen_random_uuid(), 'Task number ' || n,
       ($4::text[])[1 + n % cardinality($4::text[])], 1 + n % 4,
       'i' || lpad(n::text, 9, '0'), DATE '2027-01-01' + n % 365,
       (DATE '2027-01-01' + n % 365)::timestamp + INTERVAL '1 day',
       now() - n * INTERVAL '1 second', now() - n * INTERVAL '1 second'
FROM generate_series($2::int, $3::int) AS n
"""
_EXPLAIN: Final = """
EXPLAIN SELECT id FROM tasks
WHERE workspace_id = $1::uuid AND is_open AND deleted_at IS NULL ORDER BY due_order, id LIMIT 101
"""


@asynccontextmanager
async def connected(url: str, door: Door) -> AsyncGenerator[Any]:
    """A transaction of the workspace, which row security lets write there and nowhere else."""
    database = Database(url, statement_timeout_ms=FILL_MS)
    try:
        async with database.transaction(Scope(UUID(door.workspace_id), UUID(door.user_id))) as tx:
            yield await tx.connection()
    finally:
        await database.close()


async def fill(
    door: Door,
    running: Mapping[str, str],
    first: int,
    last: int,
    statuses: Sequence[str] = ("todo", "doing", "done", "done"),
) -> None:
    """Tasks numbered from `first` to `last`, with these statuses in turn."""
    async with connected(running["database_url"], door) as connection:
        await connection.execute(_FILL, door.workspace_id, first, last, list(statuses))
    async with connected(running["database_owner_url"], door) as connection:
        await connection.execute("RESET ROLE")  # only the owner may
        await connection.execute("ANALYZE tasks")


async def report(door: Door, running: Mapping[str, str]) -> None:
    had = 0
    first: dict[str, Samples] = {}
    for size in SIZES:
        await fill(door, running, had + 1, size)
        had = size
        found = await _measure(door)
        for name, samples in found.items():
            ratio = f", {samples.p95 / first[name].p95:.2f}x" if name in first else ""
            print(f"tasks at {size:>9,}: {name:<16} {samples.words()}{ratio}", flush=True)
        async with connected(running["database_url"], door) as connection:
            print(f"tasks at {size:>9,}: plan by due: {await _plan(connection, door)}")
        first = first or found


async def _measure(door: Door) -> dict[str, Samples]:
    found: dict[str, Samples] = {}
    for sort in ("due", "position"):
        path = LIST.format(sort=sort)
        found[f"list by {sort}"] = await sample(CALLS, lambda _i, path=path: door.get(path))
    found["create"] = await sample(
        CALLS, lambda i: door.post("/api/v1/tasks", {"title": f"Made by the bench {i}"})
    )
    return found


async def _plan(connection: Any, door: Door) -> str:
    rows = await connection.fetch(_EXPLAIN, door.workspace_id)
    text = " ".join(row[0] for row in rows)
    index = re.search(r"Index (?:Only )?Scan(?: Backward)? using (\w+)", text)
    return f"uses {index[1]}" if index else text
