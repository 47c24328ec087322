"""Every list reads a range of an index: PostgreSQL says so of the queries as they are sent."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from tests.fixtures.accounts import MakeUser, Person
from tests.fixtures.asking import ask
from tests.fixtures.servers import TestDatabase
from tests.tasks.conftest import Desk

from vectal.platform.clock import FixedClock
from vectal.platform.db import Database, ReadSession
from vectal.tasks.contracts import OPEN, Sort, Status, TaskFilter
from vectal.tasks.repository import listing, rows
from vectal.tasks.search import read_search
from vectal.tasks.service import TaskServices

_FILL = """
INSERT INTO tasks (workspace_id, id, title, status, priority, due_on, due_order, position,
                   created_at, updated_at)
SELECT $1, uuidv7(), 'Task ' || md5(n::text), CASE WHEN n % 5 = 0 THEN 'todo' ELSE 'done' END,
       1 + n % 4, DATE '2026-07-01' + n % 700, timestamp '2026-07-01' + n % 700 * interval '1 day',
       'd' || lpad(n::text, 7, '0') || '1', now() - n * interval '1 minute',
       now() - n * interval '1 second'
FROM generate_series(1, 12000) AS n
"""


@pytest.fixture(scope="session")
async def crowd(database: Database, postgres: TestDatabase, make_user: MakeUser) -> Person:
    """A person in a workspace of twelve thousand tasks, and statistics that know of them."""
    person = await make_user(timezone="Europe/Berlin")
    async with database.transaction(person.principal) as session:
        await rows.run(session, _FILL, person.workspace_id)
    await ask(postgres.superuser_url, "ANALYZE tasks")
    return person


@pytest.fixture
def desk(crowd: Person, services: TaskServices, clock: FixedClock) -> Desk:
    return Desk(crowd, services, clock)


async def explain(
    database: Database, desk: Desk, wanted: TaskFilter, sort: Sort, *, descending: bool
) -> list[dict[str, Any]]:
    """The nodes of the plans of the queries that a list sends."""
    asked: list[tuple[str, tuple[object, ...]]] = []
    plain = rows.fetch

    async def fetch(session: ReadSession, query: str, *arguments: object) -> Any:
        asked.append((query, arguments))
        return await plain(session, query, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "fetch", fetch)
        await desk.services.lists.list_tasks(
            desk.me, wanted, sort=sort, descending=descending, limit=50
        )
    nodes: list[dict[str, Any]] = []
    async with database.read(desk.me) as session:
        for query, arguments in asked:
            (row,) = await plain(session, f"EXPLAIN (FORMAT JSON) {query}", *arguments)
            nodes += walk(row["QUERY PLAN"][0]["Plan"])
    return nodes


def walk(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in walk(child))]


def judge(nodes: list[dict[str, Any]], *expected: str) -> None:
    used = {node["Index Name"].removeprefix("ix_tasks_") for node in nodes if "Index Name" in node}
    assert used >= set(expected)
    scans = [node for node in nodes if node["Node Type"] == "Seq Scan"]
    assert not [node for node in scans if node["Relation Name"] == "tasks"]
    # Pages are merged and sorted, whole workspaces are not.
    sorts = [node for node in nodes if node["Node Type"] == "Sort"]
    assert all(node["Plan Rows"] <= 500 for node in sorts)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", ["position", "due", "priority", "created", "updated", "title"])
@pytest.mark.parametrize("statuses", [frozenset[Status](), OPEN, frozenset[Status]({"todo"})])
async def test_every_order_walks_its_own_index(
    database: Database, desk: Desk, *, sort: Sort, descending: bool, statuses: frozenset[Status]
) -> None:
    wanted = TaskFilter(statuses=statuses)
    judge(await explain(database, desk, wanted, sort, descending=descending), sort)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (TaskFilter(view="today"), "due"),
        (TaskFilter(view="upcoming"), "due"),
        (TaskFilter(overdue=True), "due"),
        (TaskFilter(due_from=date(2026, 8, 1), due_to=date(2026, 8, 7), statuses=OPEN), "due"),
        (TaskFilter(parent_id=UUID(int=1)), "parent"),
        (TaskFilter(project_id=UUID(int=1)), "project"),
        (TaskFilter(assignee_id=UUID(int=1)), "assignee"),
    ],
)
async def test_views_enter_an_index_where_they_begin(
    database: Database, desk: Desk, wanted: TaskFilter, index: str
) -> None:
    judge(await explain(database, desk, wanted, "due", descending=False), index)


_BY_WORDS = text(
    "EXPLAIN SELECT id FROM tasks WHERE workspace_id = :here AND deleted_at IS NULL"
    " AND search @@ to_tsquery('simple', 'c4ca42 & task') LIMIT 2001"
)
_BY_PART = text(
    "EXPLAIN SELECT id FROM tasks WHERE workspace_id = :here AND deleted_at IS NULL"
    " AND title ILIKE '%ca4238a%' LIMIT 2001"
)


async def test_searches_use_both_text_indexes(postgres: TestDatabase, desk: Desk) -> None:
    """Inside of the search function, as the role that it works as."""
    url = postgres.superuser_url.replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text("SET LOCAL ROLE vectal_search"))
        # Among a few thousand rows a scan is cheap; what counts is that an index may be used.
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        for query, index in ((_BY_WORDS, "ix_tasks_search"), (_BY_PART, "ix_tasks_title_parts")):
            plan = await connection.execute(query, {"here": desk.me.workspace_id})
            assert index in str(plan.all())
    await engine.dispose()


async def test_the_search_role_reads_nothing_else_and_owns_no_table(
    postgres: TestDatabase,
) -> None:
    readable = await ask(
        postgres.superuser_url,
        "SELECT table_name || '.' || column_name FROM information_schema.column_privileges"
        " WHERE grantee = 'vectal_search' ORDER BY 1",
    )
    allowed = {
        "document_chunks": ("document_id", "id", "search", "tokens", "workspace_id"),
        "documents": ("file_id", "id", "is_hidden", "is_searchable", "workspace_id"),
        "files": ("id", "is_shared", "owner_id", "words", "workspace_id"),
        "tasks": ("deleted_at", "id", "search", "title", "workspace_id"),
    }
    assert {row[0] for row in readable} == {
        f"{table}.{column}" for table, columns in allowed.items() for column in columns
    }
    owned = await ask(
        postgres.superuser_url,
        "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = 'vectal_search'",
    )
    assert owned == []


async def test_the_search_function_keeps_to_the_workspace(
    database: Database, desk: Desk, make_user: MakeUser
) -> None:
    stranger = await make_user()
    query = "SELECT tasks_matching($1::text::tsquery, $2, 10) AS ids"
    search = read_search("task")
    assert search is not None
    async with database.read(desk.me) as session:
        (own,) = await rows.fetch(session, query, search.words, search.part)
    async with database.read(stranger.principal) as session:
        (others,) = await rows.fetch(session, query, search.words, search.part)
    assert (len(own["ids"]) > 0, others["ids"]) == (True, [])
