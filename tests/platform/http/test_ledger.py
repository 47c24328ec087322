"""Every call leaves a row of its workspace, off the way of the call."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from tests.fixtures.servers import TestDatabase
from tests.platform.http.conftest import PLAIN
from tests.platform.http.peer import Peer, reply

from vectal.platform.db import Database, Scope
from vectal.platform.db.batch_writer import WAITING
from vectal.platform.http import (
    Caller,
    EgressLedger,
    EgressRefusedError,
    HttpClient,
    HttpRequest,
    repository,
)
from vectal.platform.http.guard import EgressGuard
from vectal.platform.http.ledger import Entry, purge_ledger
from vectal.platform.http.sums import EgressFilter
from vectal.platform.http.tables import EgressEntry
from vectal.platform.ids import new_id


@pytest.fixture
async def db(postgres: TestDatabase) -> AsyncGenerator[Database]:
    database = Database(postgres.app_url)
    yield database
    await database.close()


@pytest.fixture
def scope() -> Scope:
    return Scope(new_id(), new_id())


async def _list(db: Database, scope: Scope) -> list[EgressEntry]:
    async with db.read(scope) as session:
        return list(await repository.list_entries(session, scope, EgressFilter(), limit=100))


async def test_calls_and_refusals_are_written_down(db: Database, scope: Scope, peer: Peer) -> None:
    ledger = EgressLedger(db)
    client = HttpClient(ledger, EgressGuard.parse(["127.0.0.1"]), tls=PLAIN)
    peer.answers["/"] = reply(b"four")
    caller = Caller("testing", scope.workspace_id, scope.user_id)
    await client.send(HttpRequest("POST", peer.url(), content=b"xyz"), caller)
    with pytest.raises(EgressRefusedError):
        await client.send(HttpRequest("GET", "http://10.0.0.1/"), caller)
    await client.send(HttpRequest("GET", peer.url()), Caller("of nobody"))
    assert await _list(db, scope) == []
    await ledger.flush()
    refused, sent = await _list(db, scope)
    assert (sent.user_id, sent.purpose, sent.method, sent.host) == (
        scope.user_id, "testing", "POST", f"127.0.0.1:{peer.port}",
    )  # fmt: skip
    assert (sent.status, sent.outcome, sent.policy) == (200, "ok", "opened by operator")
    assert (sent.bytes_out, sent.bytes_in) == (3, 4)
    assert sent.duration_ms >= 0
    assert (refused.status, refused.outcome, refused.policy) == (
        None, "refused", "refused: private",
    )  # fmt: skip
    await client.close()


async def test_stopping_writes_what_is_left(db: Database, scope: Scope) -> None:
    ledger, stop = EgressLedger(db), asyncio.Event()
    running = asyncio.create_task(ledger.run(stop))
    for _ in range(1_200):
        ledger.note(Entry(Caller("testing", scope.workspace_id), "GET", "example.test", 0))
    stop.set()
    await running
    async with db.read(scope) as session:
        assert (
            len(await repository.list_entries(session, scope, EgressFilter(), limit=5_000)) == 1_200
        )


async def test_without_a_database_entries_wait_in_bounds(scope: Scope) -> None:
    nowhere = Database("postgresql://nobody:x@127.0.0.1:1/none")
    ledger = EgressLedger(nowhere)
    for _ in range(WAITING + 10):
        ledger.note(Entry(Caller("testing", scope.workspace_id), "GET", "example.test", 0))
    with pytest.raises(OSError, match=r"."):
        await ledger.flush()
    assert ledger.waiting == WAITING
    await nowhere.close()


async def test_hostile_lengths_still_fit(db: Database, scope: Scope) -> None:
    ledger = EgressLedger(db)
    entry = Entry(Caller("p" * 500, scope.workspace_id), "M" * 99, "h" * 999, 2**40)
    entry.outcome, entry.duration_ms = "o" * 500, 2**40
    ledger.note(entry)
    ledger.note(Entry(Caller("", scope.workspace_id), "GET", "h\x00x", 0))
    await ledger.flush()
    assert len(await _list(db, scope)) == 2


async def test_old_entries_go(db: Database, scope: Scope) -> None:
    ledger = EgressLedger(db)
    ledger.note(Entry(Caller("testing", scope.workspace_id), "GET", "example.test", 0))
    await ledger.flush()
    await purge_ledger(db)
    assert len(await _list(db, scope)) == 1
    assert await purge_ledger(db, keep=timedelta(seconds=-60)) >= 1
    assert await _list(db, scope) == []
