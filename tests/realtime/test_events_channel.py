"""The channels `workspace` and `user`: stored events, shown to those who may see them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from tests.chat.stage import Stage, open_stage, person
from tests.fixtures.horizon import settled

from vectal.auth.principal import Principal, Scope
from vectal.platform.background import end_tasks
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.events import Event, EventRecord
from vectal.platform.events.contracts import Cursor
from vectal.realtime import events_channel
from vectal.realtime.contracts import RESYNC, Delivery, Stream, Update
from vectal.realtime.errors import BadCursorError


@dataclass(frozen=True)
class BoardChanged(Event):
    type: ClassVar[str] = "tests.board_changed"

    number: int


@dataclass(frozen=True)
class NoteChanged(Event):
    type: ClassVar[str] = "tests.note_changed"

    number: int


@dataclass(frozen=True)
class Unshown(Event):
    type: ClassVar[str] = "tests.unshown"


async def show_board(record: EventRecord) -> tuple[str, dict[str, Any]] | None:
    number = record.read(BoardChanged).number
    return None if number < 0 else ("board.changed", {"number": number})


async def show_note(record: EventRecord) -> tuple[str, dict[str, Any]] | None:
    return "note.changed", {"number": record.read(NoteChanged).number}


def register(stage: Stage) -> None:
    stage.realtime.register_projection(BoardChanged, show_board, scope="tasks:read")
    stage.realtime.register_projection(NoteChanged, show_note, scope=None)


@pytest.fixture
async def stage(db: Database, valkey: str, keyring: Keyring) -> AsyncGenerator[Stage]:
    async with open_stage(db, valkey, keyring) as opened:
        register(opened)
        yield opened


@pytest.fixture
def ada() -> Principal:
    return person()


async def emit(stage: Stage, scope: Principal, *events: Event, user_id: UUID | None = None) -> None:
    async with stage.database.transaction(scope) as session:
        for event in events:
            await session.emit(event, user_id=user_id)


async def hear(
    stage: Stage, listener: Principal, channel: str, count: int, after: str | None = None
) -> list[Delivery]:
    return await take(await stage.realtime.open(listener, channel, after), count)


async def take(stream: Stream, count: int) -> list[Delivery]:
    async with asyncio.timeout(30), aclosing(stream.deliveries) as deliveries:
        return [await anext(deliveries) for _ in range(count)]


def numbers(deliveries: list[Delivery]) -> list[int]:
    return [
        msgspec.json.decode(each.data)["number"] for each in deliveries if isinstance(each, Update)
    ]


async def listening(stage: Stage) -> None:
    async with asyncio.timeout(10):
        while not stage.realtime.count_listeners():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)


async def test_a_members_change_reaches_every_member_in_order(stage: Stage, ada: Principal) -> None:
    bob = person(workspace_id=ada.workspace_id)
    streams = [await stage.realtime.open(listener, "workspace", None) for listener in (ada, bob)]
    heard = asyncio.gather(*(take(stream, 5) for stream in streams))
    for number in range(5):
        await emit(stage, bob, BoardChanged(number), Unshown(), BoardChanged(-1))
    first, second = await heard
    assert first == second
    assert numbers(first) == [0, 1, 2, 3, 4]


async def test_other_workspaces_hear_nothing(stage: Stage, ada: Principal) -> None:
    stranger = person()
    stream = await stage.realtime.open(stranger, "workspace", None)
    await emit(stage, ada, BoardChanged(1))
    await emit(stage, stranger, BoardChanged(2))
    assert numbers(await take(stream, 1)) == [2]


async def test_private_events_reach_their_person_alone(stage: Stage, ada: Principal) -> None:
    bob = person(workspace_id=ada.workspace_id)
    mine = await stage.realtime.open(ada, "user", None)
    his = await stage.realtime.open(bob, "user", None)
    shared = await stage.realtime.open(bob, "workspace", None)
    await emit(stage, ada, NoteChanged(1), user_id=ada.user_id)
    await emit(stage, bob, NoteChanged(2), user_id=bob.user_id)
    await emit(stage, ada, BoardChanged(3))
    assert numbers(await take(mine, 1)) == [1]
    assert numbers(await take(his, 1)) == [2]
    assert numbers(await take(shared, 1)) == [3]


async def test_an_update_is_shown_only_with_its_scope(stage: Stage, ada: Principal) -> None:
    narrow = replace(ada, scopes=frozenset({Scope.CHAT_READ}))
    live = asyncio.create_task(hear(stage, narrow, "workspace", 1))
    missed = await stage.realtime.open(narrow, "workspace", None)
    await listening(stage)
    await emit(stage, ada, BoardChanged(1))
    await emit(stage, ada, NoteChanged(2))
    assert numbers(await live) == [2]
    assert numbers(await take(missed, 1)) == [2]


async def test_what_was_missed_is_replayed_before_what_is_new(stage: Stage, ada: Principal) -> None:
    await emit(stage, ada, BoardChanged(0))
    (first,) = await hear_from_the_start(stage, ada, 1)
    await emit(stage, ada, BoardChanged(1), BoardChanged(2))
    heard = asyncio.create_task(hear(stage, ada, "workspace", 4, after=first.id))
    await listening(stage)
    await emit(stage, ada, BoardChanged(3), BoardChanged(4))
    assert numbers(await heard) == [1, 2, 3, 4]


async def hear_from_the_start(stage: Stage, ada: Principal, count: int) -> list[Update]:
    """From the oldest place that the outbox still has."""
    await settled(stage.database)  # a place that is not settled is of another log
    async with stage.database.system("test") as session:
        oldest = (
            await session.execute(text("SELECT min(xid::text::bigint) FROM outbox"))
        ).scalar_one()
    heard = await hear(stage, ada, "workspace", count, after=str(Cursor.before(oldest)))
    return [each for each in heard if isinstance(each, Update)]


@pytest.mark.parametrize("cuts", [(0,), (3, 7), (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)])
async def test_any_disconnects_lose_and_double_nothing(
    stage: Stage, ada: Principal, cuts: tuple[int, ...]
) -> None:
    await emit(stage, ada, BoardChanged(0))
    seen = await hear_from_the_start(stage, ada, 1)
    writing = asyncio.create_task(write_slowly(stage, ada))
    for begin, end in zip(cuts, (*cuts[1:], 10), strict=True):
        if begin < end:
            heard = await hear(stage, ada, "workspace", end - begin, after=seen[-1].id)
            seen += [each for each in heard if isinstance(each, Update)]
    await writing
    assert numbers(list(seen)) == list(range(11))[: len(seen)]
    assert len({each.id for each in seen}) == len(seen)


async def write_slowly(stage: Stage, ada: Principal) -> None:
    for number in range(1, 11):
        await emit(stage, ada, BoardChanged(number))
        await asyncio.sleep(0.01)


async def test_who_is_too_far_behind_is_told_to_fetch_anew(
    stage: Stage, ada: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await emit(stage, ada, BoardChanged(0))
    await settled(stage.database)  # or it would still come after the resync
    monkeypatch.setattr(events_channel, "REPLAY_LIMIT", 0)
    heard = asyncio.create_task(hear(stage, ada, "workspace", 2, after=str(Cursor.before(10))))
    await listening(stage)
    async with asyncio.timeout(30):
        while not heard.done():
            await emit(stage, ada, BoardChanged(9))
            await asyncio.sleep(0.05)
    resync, update = await heard
    assert resync == RESYNC
    assert numbers([update]) == [9]


async def test_a_cursor_of_another_log_means_fetching_anew(stage: Stage, ada: Principal) -> None:
    heard = await hear(stage, ada, "workspace", 1, after=str(Cursor.before(1 << 60)))
    assert heard == [RESYNC]


@pytest.mark.parametrize("after", ["", "1", "1.x", "-1.00000000-0000-0000-0000-000000000000"])
async def test_a_made_up_cursor_is_refused(stage: Stage, ada: Principal, after: str) -> None:
    with pytest.raises(BadCursorError):
        await stage.realtime.open(ada, "workspace", after)


async def test_a_listener_that_falls_behind_catches_up_from_the_log(
    stage: Stage, ada: Principal
) -> None:
    stage.realtime._event_hub._limit = 4  # pyright: ignore[reportPrivateUsage]  # a small box
    stream = await stage.realtime.open(ada, "workspace", None)
    async with aclosing(stream.deliveries) as deliveries, asyncio.timeout(30):
        first = asyncio.create_task(anext(deliveries))
        await listening(stage)
        await emit(stage, ada, BoardChanged(0))
        heard = [await first]
        for number in range(1, 12):
            await emit(stage, ada, BoardChanged(number))
        probe = person()
        done = asyncio.create_task(hear(stage, probe, "workspace", 1))
        await asyncio.sleep(0.05)
        await emit(stage, probe, BoardChanged(99))
        await done
        heard += [await anext(deliveries) for _ in range(11)]
    assert numbers(heard) == list(range(12))


async def test_a_listener_that_is_earlier_than_the_tail_misses_nothing(
    db: Database, valkey: str, keyring: Keyring, ada: Principal
) -> None:
    async with open_stage(db, valkey, keyring, asleep=True) as stage:
        register(stage)
        heard = asyncio.create_task(hear(stage, ada, "workspace", 2))
        await listening(stage)
        await emit(stage, ada, BoardChanged(1))
        background = asyncio.create_task(stage.realtime.run())
        await emit(stage, ada, BoardChanged(2))
        assert numbers(await heard) == [1, 2]
        await end_tasks([background])
