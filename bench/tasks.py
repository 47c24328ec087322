"""Lists and new tasks, in a workspace of ten thousand and of a million."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, cast

import asyncpg

from bench.door import Door, Samples, sample

SIZES: Final = (10_000, 1_000_000)
CALLS: Final = 100
FILL_S: Final = 1_800.0
LIST: Final = "/api/v1/tasks?status=todo&status=doing&sort={sort}&limit=100"

_FILL: Final = """
INSERT INTO tasks (workspace_id, id, title, status, priority, position, due_on, due_order,
                   created_at, updated_at)
SELECT $1::uuid, gen_random_uuid(), 'Task number ' || n,
       (ARRAY['todo', 'doing', 'done', 'done'])[1 + n % 4], 1 + n % 4,
       'b' || lpad(to_hex(n), 8, '0'), DATE '2027-01-01' + n % 365,
       (DATE '2027-01-01' + n % 365)::timestamp + INTERVAL '1 day',
       now() - n * INTERVAL '1 second', now() - n * INTERVAL '1 second'
FROM generate_series($2::int, $3::int) AS n
"""
_EXPLAIN: Final = """
EXPLAIN SELECT id FROM tasks
WHERE workspace_id = $1 AND is_open AND deleted_at IS NULL ORDER BY due_order, id LIMIT 101
"""


class Connection(Protocol):
    """What is used of asyncpg's connection; the package has no types."""

    async def execute(self, query: str, *args: object, timeout: float) -> str: ...  # noqa: ASYNC109 - asyncpg names it so
    async def fetch(self, query: str, *args: object) -> list[tuple[str]]: ...
    async def close(self) -> None: ...


async def _connect(url: str) -> Connection:
    connect = cast("Callable[[str], Awaitable[Connection]]", getattr(asyncpg, "connect"))  # noqa: B009 - an untyped name
    return await connect(url)


async def report(door: Door, owner_url: str) -> None:
    connection = await _connect(owner_url.replace("+asyncpg", ""))
    had = 0
    first: dict[str, Samples] = {}
    try:
        for size in SIZES:
            await _fill(connection, door.workspace_id, had + 1, size)
            had = size
            found = await _measure(door)
            for name, samples in found.items():
                ratio = f", {samples.p95 / first[name].p95:.2f}x" if name in first else ""
                print(f"tasks at {size:>9,}: {name:<16} {samples.words()}{ratio}")
            print(f"tasks at {size:>9,}: plan by due: {await _plan(connection, door)}")
            first = first or found
    finally:
        await connection.close()


async def _fill(connection: Connection, workspace: str, start: int, end: int) -> None:
    await connection.execute(_FILL, workspace, start, end, timeout=FILL_S)
    await connection.execute("ANALYZE tasks", timeout=FILL_S)


async def _measure(door: Door) -> dict[str, Samples]:
    found: dict[str, Samples] = {}
    for sort in ("due", "position"):
        path = LIST.format(sort=sort)
        found[f"list by {sort}"] = await sample(CALLS, lambda _i, path=path: door.get(path))
    found["create"] = await sample(
        CALLS, lambda i: door.post("/api/v1/tasks", {"title": f"Made by the bench {i}"})
    )
    return found


async def _plan(connection: Connection, door: Door) -> str:
    rows = await connection.fetch(_EXPLAIN, door.workspace_id)
    text = " ".join(row[0] for row in rows)
    index = re.search(r"Index (?:Only )?Scan(?: Backward)? using (\w+)", text)
    return f"uses {index[1]}" if index else text
