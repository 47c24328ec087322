"""Calls of processes that are killed or frozen in the middle: each has one line."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.ai.actors import Says
from tests.ai.conftest import Stage
from tests.ai.service.asking import add, ask, collect, rows_of

from vectal.ai.repository import usage as usage_sql
from vectal.ai.repository.usage import UsageLine
from vectal.ai.service.calls_under_way import CallsUnderWay, Rhythm
from vectal.auth.principal import Principal
from vectal.platform.clock import SystemClock, utc_now
from vectal.platform.db import Database
from vectal.platform.ids import new_id

SEED = 20261129
ROUNDS = 120


@dataclass(eq=False)
class Call:
    """`told` is how far it was when that was last written down."""

    scope: Principal
    id: UUID = field(default_factory=new_id)
    began: float = 0.0
    tokens: int = 0
    told: list[int] = field(default_factory=list[int])
    has_ended: bool = False

    @property
    def progress(self) -> int:
        return self.tokens

    def lines_so_far(self) -> Sequence[UsageLine]:
        self.told.append(self.tokens)
        return [self.line("failed", "ai.server_lost")]

    def line(self, status: str = "ok", error_code: str | None = None) -> dict[str, Any]:
        return {
            "workspace_id": self.scope.workspace_id,
            "id": self.id,
            "user_id": self.scope.user_id,
            "purpose": "gateway",
            **dict.fromkeys(("conversation_id", "turn_id", "api_key_id", "project_id", "run_id")),
            "request_id": "r",
            "provider": "p",
            "model": "m",
            "slot": None,
            "route_reason": '{"codes":["a \\u00e4 \\" b"]}',
            "input_tokens": 3,
            "output_tokens": self.tokens,
            **dict.fromkeys(("cache_read_tokens", "cache_write_tokens", "reasoning_tokens"), 0),
            "duration_ms": 5,
            "attempts": 1,
            "first_token_ms": None,
            "cost_usd": Decimal("0.00000123"),
            "estimated": status != "ok",
            "simulated": False,
            "status": status,
            "error_code": error_code,
            "at": utc_now(),
        }


class Process:
    """One that answers calls."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.under_way = CallsUnderWay(db, SystemClock(), Rhythm(period_s=0.0))
        self.calls: list[Call] = []

    def begin(self, scope: Principal) -> Call:
        call = Call(scope)
        self.calls.append(call)
        self.under_way.enter(call)
        return call

    async def end(self, call: Call) -> None:
        call.has_ended = True
        self.calls.remove(call)
        self.under_way.leave(call)
        line = call.line()
        told = self.under_way.told_of([(line["workspace_id"], line["id"])])
        async with self.db.system("test") as session:
            await self.under_way.settle(session, told)
            await usage_sql.add_lines(session, [line])

    async def reclaim(self) -> None:
        """Of all, also of those that other tests have left."""
        while await self.under_way.reclaim():
            pass

    async def fall_silent(self) -> None:
        """Its lease runs out, whether it was killed or is frozen."""
        holder = self.under_way._holder  # pyright: ignore[reportPrivateUsage]
        async with self.db.system("test") as session:
            await session.execute(
                text("UPDATE ai_calls_under_way SET expires_at = '2020-01-01' WHERE holder = :h"),
                {"h": holder},
            )


@pytest.fixture
def process(db: Database) -> Process:
    return Process(db)


async def waiting(db: Database, scope: Principal) -> int:
    async with db.system("test") as session:
        found = await session.execute(
            text("SELECT count(*) FROM ai_calls_under_way WHERE workspace_id = :w"),
            {"w": scope.workspace_id},
        )
    return found.scalar_one()


async def tokens_of(db: Database, scope: Principal) -> list[tuple[str, int]]:
    return [(row.status, row.output_tokens) for row in await rows_of(db, scope)]


async def test_a_call_that_ends_has_its_own_line_alone(
    db: Database, process: Process, principal: Principal
) -> None:
    call = process.begin(principal)
    await process.under_way.tell()
    call.tokens = 9
    await process.under_way.tell()
    assert await waiting(db, principal) == 1
    call.tokens = 12
    await process.end(call)
    assert await waiting(db, principal) == 0
    assert await tokens_of(db, principal) == [("ok", 12)]


async def test_a_new_call_is_told_of_once_it_is_old(db: Database, principal: Principal) -> None:
    clock = SystemClock()
    under_way = CallsUnderWay(db, clock, Rhythm(period_s=3_600.0))
    call = Call(principal, began=clock.monotonic())
    under_way.enter(call)
    await under_way.tell()
    assert await waiting(db, principal) == 0
    call.began -= 3_601
    await under_way.tell()
    assert await waiting(db, principal) == 1


async def test_what_has_not_changed_is_told_once(
    db: Database, process: Process, principal: Principal
) -> None:
    call = process.begin(principal)
    version = text("SELECT xmin::text FROM ai_calls_under_way WHERE workspace_id = :w")
    seen: list[str] = []
    for tokens in (1, 1, 2):
        call.tokens = tokens
        await process.under_way.tell()
        async with db.system("test") as session:
            found = await session.execute(version, {"w": principal.workspace_id})
            seen.append(found.scalar_one())
    assert seen[0] == seen[1] != seen[2]


async def test_what_could_not_be_told_is_told_again(
    db: Database, process: Process, principal: Principal
) -> None:
    call, beside = process.begin(principal), process.begin(principal)
    call.scope = replace(principal, workspace_id=new_id())  # of which the database knows nothing
    with pytest.raises(Exception, match="fk_ai_calls_under_way"):
        await process.under_way.tell()
    assert await waiting(db, principal) == len(beside.told) - 1 == 1
    call.scope = principal
    await process.under_way.tell()
    assert await waiting(db, principal) == 2


async def test_the_lease_of_calls_that_stand_still_is_renewed(
    db: Database, principal: Principal
) -> None:
    under_way = CallsUnderWay(db, SystemClock(), Rhythm(period_s=0.0, lease_s=0.0))
    under_way.enter(Call(principal))
    await under_way.tell()
    under_way._rhythm = Rhythm(0.0, 60.0)  # pyright: ignore[reportPrivateUsage]
    await under_way.tell()
    await Process(db).reclaim()
    assert await waiting(db, principal) == 1


async def test_a_killed_process_leaves_what_was_told_last(
    db: Database, process: Process, principal: Principal
) -> None:
    call, young = process.begin(principal), Process(db)
    call.tokens = 7
    await process.under_way.tell()
    call.tokens = 8
    await process.fall_silent()
    heard: list[tuple[UUID, UUID]] = []
    young.under_way.on_written = heard.extend
    await young.reclaim()
    assert heard.count((principal.workspace_id, principal.user_id)) == 1
    (row,) = await rows_of(db, principal)
    assert (row.id, row.status, row.error_code, row.output_tokens, row.estimated) == (
        call.id, "failed", "ai.server_lost", 7, True,
    )  # fmt: skip
    assert (row.cost_usd, row.route_reason) == (Decimal("0.00000123"), {"codes": ['a ä " b']})
    assert await waiting(db, principal) == 0


async def test_a_line_that_fits_no_longer_stands_in_nobodys_way(
    db: Database, process: Process, principal: Principal
) -> None:
    call, bad = process.begin(principal), process.begin(principal)
    await process.under_way.tell()
    await process.fall_silent()
    async with db.system("test") as session:
        spoilt = "UPDATE ai_calls_under_way SET line = line - 'model' WHERE id = :id"
        await session.execute(text(spoilt), {"id": bad.id})
    await Process(db).reclaim()
    assert [row.id for row in await rows_of(db, principal)] == [call.id]
    assert await waiting(db, principal) == 0


async def test_who_was_only_frozen_takes_the_line_back(
    db: Database, process: Process, principal: Principal
) -> None:
    call = process.begin(principal)
    await process.under_way.tell()
    await process.fall_silent()
    await Process(db).reclaim()
    assert await tokens_of(db, principal) == [("failed", 0)]
    call.tokens = 40
    await process.under_way.tell()
    assert await waiting(db, principal) == 1
    await process.end(call)
    assert await tokens_of(db, principal) == [("ok", 40)]
    assert await waiting(db, principal) == 0


async def test_a_call_without_a_line_leaves_nothing(
    db: Database, process: Process, principal: Principal
) -> None:
    call = process.begin(principal)
    await process.under_way.tell()
    process.under_way.leave(call)
    for _ in range(2):
        await process.under_way.tell()
    assert await waiting(db, principal) == 0
    other = process.begin(principal)
    await process.under_way.tell()
    process.under_way.leave(other)
    await process.under_way.close()
    assert await waiting(db, principal) == 0
    assert await rows_of(db, principal) == []


async def play(db: Database, dice: random.Random, scope: Principal) -> list[Call]:
    """Calls begin, go on, end and are told of at the same time, in processes that come and go."""
    processes = [Process(db) for _ in range(3)]
    calls: list[Call] = []
    for _ in range(ROUNDS):
        process = dice.choice(processes)
        if len(process.calls) < 4:
            calls.append(process.begin(scope))
        for call in process.calls:
            call.tokens += dice.randrange(3)
        works = [each.under_way.tell() for each in processes if dice.random() < 0.5]
        if dice.random() < 0.5:
            works.append(process.end(dice.choice(process.calls)))
        if dice.random() < 0.4:
            works.append(Process(db).reclaim())
        dice.shuffle(works)
        await asyncio.gather(*works)
        fate = dice.random()
        if fate < 0.15:
            await process.fall_silent()
        if fate < 0.05:
            processes[processes.index(process)] = Process(db)
    for process in processes:
        await process.fall_silent()
    await Process(db).reclaim()
    return calls


async def test_any_order_of_events_gives_each_call_one_line(
    db: Database, principal: Principal
) -> None:
    dice = random.Random(SEED)  # noqa: S311 - a play, not a secret
    calls = await play(db, dice, principal)
    rows = await rows_of(db, principal)
    lines = {row.id: (row.status, row.output_tokens) for row in rows}
    assert len(rows) == len(lines)
    for call in calls:
        if call.has_ended:
            assert lines[call.id] == ("ok", call.tokens)
        elif call.told:
            status, tokens = lines[call.id]
            assert status == "failed"
            assert tokens in call.told
        else:
            assert call.id not in lines
    assert await waiting(db, principal) == 0
    assert {call.has_ended for call in calls} == {True, False}


async def test_a_response_that_is_being_given(
    stage: Stage, principal: Principal, db: Database
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says("Half of an answer", then="hang")]
    asking = asyncio.create_task(collect(stage.ai.respond(principal, ask())))
    await stage.actors["openai"].began.wait()
    await asyncio.sleep(0.05)
    assert stage.under_way is not None
    await stage.under_way.tell()
    async with db.system("test") as session:
        found = await session.execute(
            text("SELECT line FROM ai_calls_under_way WHERE workspace_id = :w"),
            {"w": principal.workspace_id},
        )
    line = found.scalar_one()
    assert (line["status"], line["error_code"]) == ("failed", "ai.server_lost")
    assert line["output_tokens"] == len("Half of an answer") // 4 + 1
    assert line["input_tokens"] > 0
    asking.cancel()
    await asyncio.wait([asking])
    (row,) = await rows_of(db, principal)
    assert (str(row.id), row.status) == (line["id"], "cancelled")
    assert await waiting(db, principal) == 0


async def test_many_calls_are_told_of_in_parts(
    db: Database, process: Process, principal: Principal
) -> None:
    calls = [process.begin(principal) for _ in range(130)]
    telling = asyncio.create_task(process.under_way.tell())
    await asyncio.sleep(0)
    for call in calls[100:]:  # they end before it is their turn
        process.under_way.leave(call)
    await telling
    assert [len(call.told) for call in calls] == [1] * 100 + [0] * 30
    assert await waiting(db, principal) == 100


async def test_calls_that_end_while_they_are_told_of(
    db: Database, process: Process, principal: Principal
) -> None:
    calls = [process.begin(principal) for _ in range(130)]
    telling = asyncio.create_task(process.under_way.tell())
    await asyncio.sleep(0)
    for call in calls[90:]:
        await process.end(call)
    await telling
    # One whose part was being written as it ended may have been told of again, for a while.
    for _ in range(2):
        await process.under_way.tell()
    assert await waiting(db, principal) == 90
    assert len(await rows_of(db, principal)) == 40
