"""Writing an event, reading it back, and the places between."""

import asyncio
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from tests.fixtures.horizon import settled
from tests.platform.events.samples import Counted, Other

from vectal.platform.db import Database, Scope
from vectal.platform.events import (
    NO_WORKSPACE,
    Cursor,
    CursorGoneError,
    EventRecord,
    InvalidEventCursorError,
    append_for,
    repository,
)
from vectal.platform.events.feed import EventFeed
from vectal.platform.ids import new_id


async def _read_all(db: Database, after: Cursor, workspace_id: UUID) -> list[EventRecord]:
    async with db.system("test") as session:
        records, _ = await repository.list_settled(session, after, 10_000)
    return [record for record in records if record.workspace_id == workspace_id]


@pytest.fixture
def feed(db: Database, redis: Redis) -> EventFeed:
    return EventFeed(db, redis)


async def test_an_event_is_stored_with_its_change(
    db: Database, feed: EventFeed, scope: Scope
) -> None:
    start = await feed.read_present()
    thing = new_id()
    async with db.transaction(scope) as session:
        await session.emit(Counted(7, thing))
    await settled(db)
    (record,) = await _read_all(db, start, scope.workspace_id)
    assert record.type == "testing.counted"
    assert record.read(Counted) == Counted(7, thing)
    assert record.user_id is None
    assert start < record.cursor


async def test_a_rolled_back_change_leaves_no_event(
    db: Database, feed: EventFeed, scope: Scope
) -> None:
    start = await feed.read_present()

    async def fail() -> None:
        async with db.transaction(scope) as session:
            await session.emit(Counted(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await _read_all(db, start, scope.workspace_id) == []


async def test_rows_of_a_transaction_keep_their_order(
    db: Database, feed: EventFeed, scope: Scope
) -> None:
    start = await feed.read_present()
    async with db.transaction(scope) as session:
        for number in range(50):
            await session.emit(Counted(number))
    await settled(db)
    records = await _read_all(db, start, scope.workspace_id)
    assert [record.payload["number"] for record in records] == list(range(50))


async def test_a_slow_commit_holds_later_events_back_and_none_is_lost(
    db: Database, feed: EventFeed, scope: Scope
) -> None:
    start = await feed.read_present()
    emitted, go = asyncio.Event(), asyncio.Event()

    async def write_slowly() -> None:
        async with db.transaction(scope) as session:
            await session.emit(Counted(1))
            emitted.set()
            await go.wait()

    slow = asyncio.create_task(write_slowly())
    await emitted.wait()
    async with db.transaction(scope) as session:
        await session.emit(Counted(2))
    assert await _read_all(db, start, scope.workspace_id) == []
    async with db.system("test") as session:
        assert await repository.has_unsettled(session)
    go.set()
    await slow
    await settled(db)
    numbers = [r.payload["number"] for r in await _read_all(db, start, scope.workspace_id)]
    assert numbers == [1, 2]


async def test_a_person_sees_the_workspace_and_their_own(
    db: Database, feed: EventFeed, scope: Scope
) -> None:
    start = await feed.read_present()
    other = Scope(scope.workspace_id, new_id())
    stranger = Scope(new_id(), scope.user_id)
    async with db.transaction(scope) as session:
        await session.emit(Counted(1))
        await session.emit(Counted(2), user_id=scope.user_id)
        await session.emit(Counted(3), user_id=other.user_id)
    async with db.system("test") as session:
        await session.emit(Counted(4), user_id=scope.user_id)  # of the account: no workspace
    async with db.system("test") as session:
        await append_for(session, Counted(5), workspace_id=scope.workspace_id)
    await settled(db)

    async def seen(by: Scope) -> list[int]:
        replay = await feed.replay(by, start)
        assert replay.complete
        return [record.payload["number"] for record in replay.events]

    assert await seen(scope) == [1, 2, 4, 5]
    assert await seen(other) == [1, 3, 5]
    assert await seen(stranger) == [4]


async def test_replay_goes_on_from_its_cursor(db: Database, feed: EventFeed, scope: Scope) -> None:
    cursor = await feed.read_present()
    for number in range(7):
        async with db.transaction(scope) as session:
            await session.emit(Counted(number))
    await settled(db)
    numbers: list[int] = []
    complete = False
    while not complete:
        replay = await feed.replay(scope, cursor, limit=3)
        numbers += [record.payload["number"] for record in replay.events]
        cursor, complete = replay.cursor, replay.complete
    assert numbers == list(range(7))
    assert (await feed.replay(scope, cursor)).events == []


async def test_a_cursor_of_the_future_is_gone(feed: EventFeed, scope: Scope) -> None:
    present = await feed.read_present()
    with pytest.raises(CursorGoneError):
        await feed.replay(scope, Cursor.before(present.xid + 1_000_000))


async def test_a_tenant_can_neither_forge_nor_change_events(db: Database, scope: Scope) -> None:
    async with db.transaction(scope) as session:
        await session.emit(Counted(1))
    with pytest.raises(Exception, match="row-level security"):
        async with db.transaction(scope) as session:
            await append_for(session, Counted(1), workspace_id=new_id())
    with pytest.raises(Exception, match="row-level security"):
        async with db.transaction(scope) as session:
            await append_for(session, Counted(1), workspace_id=NO_WORKSPACE, user_id=new_id())
    for statement in ("DELETE FROM outbox", "UPDATE outbox SET type = 'x.y'"):
        with pytest.raises(Exception, match="permission denied"):
            async with db.transaction(scope) as session:
                await (await session.connection()).execute(statement)


async def test_what_is_no_event_is_refused(db: Database, scope: Scope) -> None:
    async with db.transaction(scope) as session:
        with pytest.raises(TypeError, match="no Event"):
            await session.emit({"type": "x"})
    async with db.system("test") as session:
        with pytest.raises(TypeError, match="append_for"):
            await session.emit(Counted(1))
    with pytest.raises(TypeError, match="type must be"):
        type("Nameless", (Counted,), {"type": "Nameless"})


async def test_a_payload_of_another_shape_is_a_value_error(
    db: Database, feed: EventFeed, scope: Scope
) -> None:
    start = await feed.read_present()
    async with db.transaction(scope) as session:
        await session.emit(Other(1))
    await settled(db)
    (record,) = await _read_all(db, start, scope.workspace_id)
    broken = EventRecord(record.cursor, record.workspace_id, None, record.type, {}, record.at)
    with pytest.raises(ValueError, match=r"testing\.other"):
        broken.read(Other)


cursors = st.builds(Cursor, st.integers(0, 2**63 - 1), st.uuids())


@given(cursors)
def test_a_cursor_survives_its_text(cursor: Cursor) -> None:
    assert Cursor.parse(str(cursor)) == cursor


@given(st.text() | st.from_regex(r"\A[0-9]{18,22}\.[0-9a-f-]{30,40}\Z"))
def test_other_text_is_no_cursor(text: str) -> None:
    try:
        cursor = Cursor.parse(text)
    except InvalidEventCursorError:
        return
    assert str(Cursor.parse(str(cursor))) == str(cursor)


@given(cursors, cursors)
def test_cursors_order_as_the_database_does(one: Cursor, two: Cursor) -> None:
    assert (one < two) == ((one.xid, one.id.bytes) < (two.xid, two.id.bytes))
