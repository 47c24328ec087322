"""A worker that is killed in the middle of documents: all end indexed once, and nothing is over."""

import asyncio
import sys
import time
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from tests.fixtures.documents import docx, pdf
from tests.fixtures.servers import Servers, TestDatabase, clone_database, drop_database
from tests.fixtures.tree import Tree
from tests.flows.reading import find, store, until_over
from tests.flows.server import MASTER_KEY, serve, settings_of
from tests.flows.visitor import Visitor

from vectal.entrypoints.bootstrap import open_services
from vectal.files.service.sweeping import Audit
from vectal.platform.config import Settings

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

DOCUMENTS = 100
KILLS = 8
"""Fewer than the deaths that a document outlives: one may be hit by each of them."""
PAGES = 12
FILLER = ["It goes on and on and on."] * 15

_COUNTS = """
SELECT (SELECT count(*) FROM documents WHERE state = 'indexed' AND is_searchable) AS indexed,
    (SELECT count(*) FROM documents) AS documents,
    (SELECT count(DISTINCT file_id) FROM documents) AS files,
    (SELECT count(*) FROM document_pages) AS pages,
    (SELECT sum(pages_total) FROM documents) AS pages_said,
    (SELECT count(*) FROM document_chunks) AS chunks,
    (SELECT sum(chunks_total) FROM documents) AS chunks_said,
    (SELECT count(*) FROM document_vectors) AS vectors,
    (SELECT count(*) FROM document_vectors v WHERE NOT EXISTS
        (SELECT 1 FROM document_chunks c WHERE c.id = v.chunk_id)) AS orphans
"""


def _body(number: int) -> tuple[str, bytes]:
    if number % 3 == 0:
        text = f"<w:p><w:r><w:t>Letter {number} of marker{number}.</w:t></w:r></w:p>"
        return f"Letter {number}.docx", docx(text)
    pages = [
        # Not at the edge, where a line on every page is a header and is not read.
        [*FILLER, f"Page {page} of book {number}, marker{number}.", *FILLER]
        for page in range(PAGES)
    ]
    return f"Book {number}.pdf", pdf(pages)


async def _count(engine: AsyncEngine) -> dict[str, int]:
    async with engine.connect() as connection:
        row = (await connection.execute(text(_COUNTS))).mappings().one()
    return {str(name): int(value or 0) for name, value in row.items()}


async def _until_indexed(engine: AsyncEngine, count: int) -> None:
    async with asyncio.timeout(400):
        while True:
            if (await _count(engine))["indexed"] >= count:
                return
            await asyncio.sleep(0.05)


async def _audit(database: TestDatabase, valkey: str, folder: Path) -> Audit:
    """Every object held against every row, as the sweep of each day does."""
    settings = Settings(
        database_url=SecretStr(database.app_url),
        redis_url=SecretStr(valkey),
        data_dir=folder,
        master_key=SecretStr(MASTER_KEY),
    )
    async with open_services(settings) as services:
        return await services.files.sweeper.audit()


async def test_each_document_is_indexed_once(
    servers: Servers, valkey: str, worker: str, tmp_path: Path
) -> None:
    name = f"killed_documents_{worker}"
    database = await clone_database(servers, name)
    own = valkey.rpartition("/")[0] + "/13"
    settings = settings_of(database, own, tmp_path)
    async with (
        serve(database, own, tmp_path) as (address, _),
        Visitor.set_up(address) as ada,
    ):
        scheduler = await Tree.start(settings, command="scheduler")
        running = await Tree.start(settings, command="worker")
        url = database.superuser_url.replace("postgresql://", "postgresql+asyncpg://", 1)
        engine = create_async_engine(url, poolclass=NullPool)
        try:
            started = time.monotonic()
            files = [await store(ada, *_body(number)) for number in range(DOCUMENTS)]
            for kill in range(1, KILLS + 1):
                await _until_indexed(engine, kill * DOCUMENTS // (KILLS + 2))
                running.kill()
                await running.wait()
                running = await Tree.start(settings, command="worker")
            for file in files:
                document = await until_over(ada, file["id"])
                assert document["state"] == "indexed", document
            counts = await _count(engine)
            took = time.monotonic() - started
            found = await find(ada, "marker17", limit=1)
        finally:
            await engine.dispose()
            for process in (running, scheduler):
                process.kill()
                await process.wait()
        audit = await _audit(database, own, tmp_path)
    sys.stdout.write(f"\n{KILLS} kills, {took:.0f} s: {counts}, {audit.objects} objects\n")
    assert counts["indexed"] == counts["documents"] == counts["files"] == DOCUMENTS
    assert counts["pages"] == counts["pages_said"]
    assert counts["chunks"] == counts["chunks_said"] == counts["vectors"]
    assert counts["orphans"] == 0
    assert (audit.objects, audit.contents) == (DOCUMENTS, DOCUMENTS)
    assert (audit.strays, audit.missing) == ((), ())
    assert found["passages"][0]["name"] == "Book 17.pdf"
    await drop_database(servers, name)
