"""Every call leaves a row of its workspace, off the way of the call."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from tests.fixtures.servers import TestDatabase
from tests.platform.http.conftest import PLAIN
from tests.platform.http.peer import Peer, reply

from vectal.platform.clock import monotonic, utc_now
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
from vectal.platform.http.ledger import LONG_S, Entry, purge_ledger
from vectal.platform.http.sums import EgressFilter
from vectal.platform.http.tables import LONGEST, LOST, OPEN, EgressEntry
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


async def test_what_takes_long_is_known_while_it_is_open(db: Database, scope: Scope) -> None:
    ledger, caller = EgressLedger(db), Caller("testing", scope.workspace_id)
    began = monotonic() - LONG_S
    slow, quick = Entry(caller, "POST", "slow.test", 7), Entry(caller, "POST", "quick.test", 8)
    ledger.begin(slow, began)
    ledger.begin(quick, monotonic())
    await ledger.tell_open()
    await ledger.tell_open()
    (line,) = await _list(db, scope)
    assert (line.host, line.outcome, line.status, line.bytes_out) == ("slow.test", OPEN, None, 7)
    assert line.duration_ms >= LONG_S * 1_000
    slow.outcome, slow.status, slow.bytes_in = "ok", 200, 9
    ledger.note(slow, began)
    quick.outcome = "ok"
    ledger.note(quick, began)
    await ledger.tell_open()
    await ledger.flush()
    ended = {line.host: line for line in await _list(db, scope)}
    assert {each.outcome for each in ended.values()} == {"ok"}
    assert (ended["slow.test"].id, ended["slow.test"].bytes_in) == (line.id, 9)
    assert len(ended) == 2


async def test_what_is_told_while_it_ends_has_ended(db: Database, scope: Scope) -> None:
    ledger, caller = EgressLedger(db), Caller("testing", scope.workspace_id)
    entries = [Entry(caller, "POST", f"{number}.test", 1) for number in range(20)]
    for entry in entries:
        ledger.begin(entry, monotonic() - LONG_S)
    telling = asyncio.create_task(ledger.tell_open())
    await asyncio.sleep(0)
    for entry in entries:
        entry.outcome = "ok"
        ledger.note(entry)
    await asyncio.gather(telling, ledger.flush())
    assert [line.outcome for line in await _list(db, scope)] == ["ok"] * 20


async def test_what_could_not_be_told_is_told_again(db: Database, scope: Scope) -> None:
    nowhere = Database("postgresql://nobody:x@127.0.0.1:1/none")
    entry = Entry(Caller("testing", scope.workspace_id), "POST", "slow.test", 7)
    cut_off, ledger = EgressLedger(nowhere), EgressLedger(db)
    for each in (cut_off, ledger):
        each.begin(entry, monotonic() - LONG_S)
    with pytest.raises(OSError, match=r"."):
        await cut_off.tell_open()
    await ledger.tell_open()
    await ledger.tell_open()
    assert [line.outcome for line in await _list(db, scope)] == [OPEN]
    await nowhere.close()


async def test_what_can_not_be_open_any_more_is_lost(db: Database, scope: Scope) -> None:
    ledger = EgressLedger(db)
    entry = Entry(Caller("testing", scope.workspace_id), "POST", "slow.test", 7)
    ledger.begin(entry, monotonic() - LONG_S)
    await ledger.tell_open()
    assert [line.ending for line in await _list(db, scope)] == [OPEN]
    old = entry.as_line(new_id(), utc_now() - LONGEST - timedelta(seconds=1)) | {"outcome": OPEN}
    async with db.system("test") as session:
        await repository.add_entries(session, [old])
    assert [line.ending for line in await _list(db, scope)] == [OPEN, LOST]
    async with db.read(scope) as session:
        for outcome in (OPEN, LOST):
            wanted = EgressFilter(outcome=outcome)
            found = await repository.list_entries(session, scope, wanted, limit=100)
            assert [line.ending for line in found] == [outcome]
        sums = await repository.sum_entries(
            session, scope, EgressFilter(), timezone="UTC", limit=10
        )
    assert sum(each.requests for each in sums) == 2
    assert sum(each.failed for each in sums) == 1


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
