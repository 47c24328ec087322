"""Turns whose process dies, stops, or freezes: somebody else writes the answer, nobody twice."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.chat.stage import ScriptedModel, Stage, open_stage, saying, text_of
from tests.fixtures.servers import Servers, clone_database, drop_database

from vectal.ai.contracts import TextDelta
from vectal.auth.principal import Principal
from vectal.chat import frames
from vectal.chat.contracts import Draft, Frame, TurnStarted, TurnStatus
from vectal.chat.errors import DrainingError, LeaseLostError
from vectal.chat.journal import Journal
from vectal.chat.sealing import Seals
from vectal.chat.turn import MAX_CRASHES
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.events import append


@dataclass
class Pair:
    """Two server processes over one database; the first one's model stalls in mid answer."""

    first: Stage
    second: Stage

    async def stall(self, ada: Principal) -> TurnStarted:
        """A turn that the first process has half written."""
        started = await self.first.say(ada, await self.first.converse(ada))
        following = self.first.chat.turns.follow(ada, started.turn.id)
        while (await anext(following)).event != frames.TEXT:
            pass
        await following.aclose()
        return started

    async def expire_lease(self, turn_id: UUID) -> None:
        async with self.first.database.system("test") as session:
            await session.execute(
                text("UPDATE turns SET lease_expires_at = now() - interval '1 s' WHERE id = :id"),
                {"id": turn_id},
            )


@pytest.fixture(scope="module")
async def db(servers: Servers, worker: str) -> AsyncGenerator[Database]:
    """A database of its own: a house that another test has left running would take the turns."""
    name = f"test_adoption_{worker}"
    cloned = await clone_database(servers, name)
    database = Database(cloned.app_url, pool_size=5, outbox=append)
    yield database
    await database.close()
    await drop_database(servers, name)


@pytest.fixture
async def pair(db: Database, valkey: str, keyring: Keyring) -> AsyncGenerator[Pair]:
    stalling = ScriptedModel([TextDelta("Half an"), asyncio.Event()])
    answering = ScriptedModel(saying("A ", "whole ", "answer."))
    async with (
        open_stage(db, valkey, keyring, model=stalling) as first,
        open_stage(db, valkey, keyring, model=answering) as second,
    ):
        yield Pair(first, second)


async def look_until_ended(stage: Stage, ada: Principal, turn_id: UUID) -> list[Frame]:
    """Follow through `stage` while it looks after the turns, as its runner does."""
    following = asyncio.create_task(stage.follow(ada, turn_id))
    while not following.done():
        await stage.chat.runner.adopt()
        await asyncio.wait({following}, timeout=0.05)
    return following.result()


async def test_another_process_begins_the_answer_again(pair: Pair, ada: Principal) -> None:
    started = await pair.stall(ada)
    pair.first.die()
    await pair.expire_lease(started.turn.id)
    stream = await look_until_ended(pair.second, ada, started.turn.id)

    assert [frame.seq for frame in stream] == list(range(1, len(stream) + 1))
    assert [frame.event for frame in stream].count(frames.RESTARTED) == 1
    stored = await pair.second.chat.turns.get(ada, started.turn.id)
    assert stored.turn.status is TurnStatus.COMPLETED
    assert stored.turn.attempt == 2
    assert text_of(stream) == stored.assistant_message.content.text == "A whole answer."
    assert pair.second.pending.discarded == [started.turn.id]


async def test_a_living_process_keeps_its_turn(pair: Pair, ada: Principal) -> None:
    started = await pair.stall(ada)
    await pair.second.chat.runner.look()
    assert not pair.second.model.asked
    await pair.first.chat.turns.stop(ada, started.turn.id)
    await pair.first.follow(ada, started.turn.id)


async def test_a_renewed_lease_is_not_taken(pair: Pair, ada: Principal) -> None:
    started = await pair.stall(ada)
    await pair.expire_lease(started.turn.id)
    await pair.first.chat.runner.look()
    await pair.second.chat.runner.look()
    assert not pair.second.model.asked
    await pair.first.chat.turns.stop(ada, started.turn.id)
    await pair.first.follow(ada, started.turn.id)


async def test_two_takers_never_take_the_same_turn(
    pair: Pair, ada: Principal, db: Database, valkey: str, keyring: Keyring
) -> None:
    started = await pair.stall(ada)
    pair.first.die()
    await pair.expire_lease(started.turn.id)
    async with open_stage(db, valkey, keyring) as third:
        await asyncio.gather(pair.second.chat.runner.look(), third.chat.runner.look())
        await pair.second.follow(ada, started.turn.id)
        assert len(pair.second.model.asked) + len(third.model.asked) == 1


async def test_a_process_that_thaws_too_late_writes_nothing_more(
    pair: Pair, ada: Principal, keyring: Keyring
) -> None:
    started = await pair.stall(ada)
    frozen = pair.first.chat.runner.active[started.turn.id]
    await pair.expire_lease(started.turn.id)
    stream = await look_until_ended(pair.second, ada, started.turn.id)
    journal = Journal(pair.first.database, Seals(keyring), pair.first.realtime)
    with pytest.raises(LeaseLostError):
        await journal.write(frozen.lease, [Draft(frames.TEXT, {"text": "zombie"})], after=90)
    frozen.stop.set()
    await asyncio.wait({frozen.task}, timeout=10)
    assert await pair.second.follow(ada, started.turn.id) == stream
    stored = await pair.second.chat.turns.get(ada, started.turn.id)
    assert stored.assistant_message.content.text == "A whole answer."


async def test_a_draining_process_hands_its_turn_over_at_once(pair: Pair, ada: Principal) -> None:
    started = await pair.stall(ada)
    await pair.first.chat.runner.drain(0.05)
    with pytest.raises(DrainingError):
        await pair.first.say(ada, await pair.first.converse(ada))
    stream = await look_until_ended(pair.second, ada, started.turn.id)
    assert text_of(stream) == "A whole answer."
    async with pair.second.database.read(ada) as session:
        crashes = await session.execute(
            text("SELECT crashes, attempt FROM turns WHERE id = :id"), {"id": started.turn.id}
        )
        assert crashes.one() == (0, 2)


async def test_a_drain_lets_a_short_answer_end(stage: Stage, ada: Principal) -> None:
    gate = asyncio.Event()
    stage.model.script = [gate, *saying("ok")]
    started = await stage.say(ada, await stage.converse(ada))
    draining = asyncio.create_task(stage.chat.runner.drain(10))
    await asyncio.sleep(0)
    gate.set()
    await draining
    stored = await stage.chat.turns.get(ada, started.turn.id)
    assert stored.turn.status is TurnStatus.COMPLETED


async def test_a_turn_that_kills_its_process_each_time_is_given_up(
    pair: Pair, ada: Principal, db: Database, valkey: str, keyring: Keyring
) -> None:
    started = await pair.stall(ada)
    pair.first.die()
    for _ in range(MAX_CRASHES - 1):
        await pair.expire_lease(started.turn.id)
        stalling = ScriptedModel([TextDelta("Half an"), asyncio.Event()])
        async with open_stage(db, valkey, keyring, model=stalling) as victim:
            await victim.chat.runner.look()
            following = victim.chat.turns.follow(ada, started.turn.id)
            seen = [await anext(following)]
            while not (
                seen[-1].event == frames.TEXT
                and len(victim.model.asked) == 1
                and any(frame.event == frames.RESTARTED for frame in seen)
            ):
                seen.append(await anext(following))
            await following.aclose()
            victim.die()
    await pair.expire_lease(started.turn.id)
    stream = await look_until_ended(pair.second, ada, started.turn.id)
    stored = await pair.second.chat.turns.get(ada, started.turn.id)
    assert stored.turn.status is TurnStatus.FAILED
    assert stored.turn.error is not None
    assert stored.turn.error.code == "chat.turn_abandoned"
    assert stored.assistant_message.content.text == text_of(stream) == "Half an"
    assert not pair.second.model.asked


async def test_a_stop_reaches_the_process_that_writes(pair: Pair, ada: Principal) -> None:
    started = await pair.stall(ada)
    await pair.second.chat.turns.stop(ada, started.turn.id)
    await pair.first.chat.runner.look()
    await pair.second.follow(ada, started.turn.id)
    stored = await pair.second.chat.turns.get(ada, started.turn.id)
    assert stored.turn.status is TurnStatus.STOPPED
    assert stored.assistant_message.content.text == "Half an"


async def test_a_stopped_orphan_ends_with_its_text(pair: Pair, ada: Principal) -> None:
    started = await pair.stall(ada)
    pair.first.die()
    await pair.second.chat.turns.stop(ada, started.turn.id)
    await pair.expire_lease(started.turn.id)
    await look_until_ended(pair.second, ada, started.turn.id)
    stored = await pair.second.chat.turns.get(ada, started.turn.id)
    assert stored.turn.status is TurnStatus.STOPPED
    assert stored.assistant_message.content.text == "Half an"
    assert not pair.second.model.asked


@pytest.mark.parametrize("alone", [True, False])
async def test_followers_in_another_process_hear_everything(
    alone: bool,  # noqa: FBT001 - a parameter of the test
    ada: Principal,
    db: Database,
    valkey: str,
    keyring: Keyring,
) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([TextDelta("one "), gate, *saying("two ", "three")])
    async with (
        open_stage(db, valkey, keyring, model=model, alone=alone) as writer,
        open_stage(db, valkey, keyring, alone=alone) as reader,
    ):
        started = await writer.say(ada, await writer.converse(ada))
        following = reader.chat.turns.follow(ada, started.turn.id)
        stream = [await anext(following)]
        while stream[-1].event != frames.TEXT:
            stream.append(await anext(following))
        gate.set()
        async with asyncio.timeout(20):
            stream += [frame async for frame in following]
        assert text_of(stream) == "one two three"
        assert stream == await writer.follow(ada, started.turn.id)
