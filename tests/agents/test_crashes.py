"""Runs whose processes die, freeze or are cut off: nothing is lost and nothing is done twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from tests.agents.crashing import Points, live, look_after, make_mortal
from tests.fixtures.agents import (
    Say,
    call,
    effects_of,
    finish,
    make_crew,
    open_crew,
    saying,
    stepping,
)

from vectal.agents.run import RunState
from vectal.agents.service.hold import Signal
from vectal.agents.service.rules import CRASH_LIMIT
from vectal.ai.contracts import Part
from vectal.ai.contracts_runs import ThinkRequest
from vectal.auth.principal import Principal
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database

pytestmark = pytest.mark.usefixtures("effects")

STEPS = ["pure", "idempotent", "queryable", "unsafe"]
LIMIT = 12


async def _count_points(db: Database, keyring: Keyring, ada: Principal) -> int:
    points = Points()
    crew = make_mortal(db, keyring, stepping(STEPS), points)
    run = await crew.begin(ada)
    assert (await live(crew, ada, run.id)).state is RunState.SUCCEEDED
    return len(points.passed)


async def test_a_death_at_any_point_loses_and_doubles_nothing(
    db: Database, keyring: Keyring, ada: Principal
) -> None:
    count = await _count_points(db, keyring, ada)
    assert count > 20
    for point in range(count):
        points = Points(point)
        first = make_mortal(db, keyring, stepping(STEPS), points)
        run = await first.begin(ada)
        await live(first, ada, run.id)
        seen = f"died {points.passed[-1]} (point {point})"
        await first.expire(run.id)
        second = make_crew(db, keyring, stepping(STEPS))
        found = await second.agents.runs.get(ada, run.id)
        for _ in range(LIMIT):
            found = await live(second, ada, run.id)
            await look_after(second, ada, found)
            if found.state is RunState.SUCCEEDED:
                break
        assert found.state is RunState.SUCCEEDED, seen
        effects = await effects_of(db, str(run.id))
        assert [step for _, _, step in effects] == [1, 2, 3], seen
        entries = await second.journal(ada, run.id)
        assert [each.seq for each in entries] == list(range(1, len(entries) + 1)), seen
        ended = Counter(each.data["call_id"] for each in entries if each.kind == "call_ended")
        assert set(ended.values()) <= {1}, seen
        assert found.crashes == 0, seen


async def test_a_thought_that_was_cut_off_is_asked_again(
    db: Database, keyring: Keyring, ada: Principal
) -> None:
    first = make_crew(db, keyring, stepping(["pure"]))
    hung = asyncio.Event()
    first.mind.say = _hang(hung)
    run = await first.begin(ada)
    await first.agents.runner.fill()
    await hung.wait()
    first.die()
    await first.expire(run.id)
    async with open_crew(db, keyring, stepping(["pure"])) as second:
        assert (await second.work(ada, run.id)).state is RunState.SUCCEEDED
        kinds = await second.kinds(ada, run.id)
    assert kinds[:6] == ["created", "claim", "think_begun", "claim", "think_begun", "think_ended"]


@pytest.mark.parametrize("effect", ["idempotent", "queryable"])
async def test_a_call_that_was_cut_off_is_made_with_its_key(
    db: Database, keyring: Keyring, ada: Principal, effect: str
) -> None:
    points = Points(f"after {effect}")
    first = make_mortal(db, keyring, stepping([effect]), points)
    run = await first.begin(ada)
    await live(first, ada, run.id)
    await first.expire(run.id)
    async with open_crew(db, keyring, stepping([effect])) as second:
        await second.work(ada, run.id)
        entries = await second.journal(ada, run.id)
    begun = [each.data["call_id"] for each in entries if each.kind == "call_begun"]
    ended = [each.data for each in entries if each.kind == "call_ended"]
    assert len(set(begun)) == 1
    assert len(begun) == (2 if effect == "idempotent" else 1)
    assert [each.get("found", False) for each in ended] == [effect == "queryable"]
    assert len(await effects_of(db, str(run.id))) == 1


async def test_an_unsafe_call_in_doubt_waits_for_a_person(
    db: Database, keyring: Keyring, ada: Principal
) -> None:
    points = Points("after unsafe")
    first = make_mortal(db, keyring, stepping(["unsafe"]), points)
    run = await first.begin(ada)
    await live(first, ada, run.id)
    await first.expire(run.id)
    async with open_crew(db, keyring, stepping(["unsafe"])) as second:
        found = await second.work(ada, run.id)
        assert found.state is RunState.NEEDS_REVIEW
        assert found.fault is not None
        assert found.fault.code == "agents.call_in_doubt"
        assert "unsafe" in found.fault.detail
        await second.agents.moves.settle(ada, run.id, outcome="done", result="It is sent.")
        assert (await second.work(ada, run.id)).state is RunState.SUCCEEDED
        told = second.mind.asked[-1].messages[-1].parts[0]
    assert getattr(told, "content", "") == "It is sent."
    assert len(await effects_of(db, str(run.id))) == 1


async def test_a_frozen_worker_writes_nothing_and_does_nothing(
    db: Database, keyring: Keyring, ada: Principal
) -> None:
    first = make_crew(db, keyring, stepping(["unsafe"]))
    hung, thaw = asyncio.Event(), asyncio.Event()
    answer = stepping(["unsafe"])

    async def freeze(request: ThinkRequest) -> Sequence[Part]:
        hung.set()
        await thaw.wait()
        return await answer(request)

    first.mind.say = freeze
    run = await first.begin(ada)
    await first.agents.runner.fill()
    task = first.agents.runner.active[run.id].task
    await hung.wait()
    await first.expire(run.id)
    before = await first.journal(ada, run.id)
    thaw.set()
    await task
    assert await first.journal(ada, run.id) == before
    assert await effects_of(db, str(run.id)) == []
    async with open_crew(db, keyring, stepping(["unsafe"])) as second:
        assert (await second.work(ada, run.id)).state is RunState.SUCCEEDED
    assert len(await effects_of(db, str(run.id))) == 1


async def test_a_worker_that_doubts_its_lease_calls_nothing(
    db: Database, keyring: Keyring, ada: Principal
) -> None:
    """It froze between the intent and the call: the database is not asked there, the clock is."""
    async with open_crew(db, keyring, stepping(["unsafe"])) as crew:
        run = await crew.begin(ada)
        (lease,) = await crew.agents.runner.leases.claim(1)
        lease.granted_at -= lease.length_s
        points = Points()
        crew.box.at = points.at
        await crew.agents.runner.controller.run(lease, Signal())
        assert points.passed == []
        assert not crew.mind.asked
        await crew.expire(run.id)
        assert (await crew.work(ada, run.id)).state is RunState.SUCCEEDED


async def test_a_run_that_kills_its_workers_is_given_up(
    db: Database, keyring: Keyring, ada: Principal
) -> None:
    points = Points("before idempotent")
    crew = make_mortal(db, keyring, stepping(["idempotent"]), points)
    run = await crew.begin(ada)
    for _ in range(CRASH_LIMIT):
        found = await live(crew, ada, run.id)
        assert found.state is RunState.RUNNING
        await crew.expire(run.id)
    found = await live(crew, ada, run.id)
    assert found.state is RunState.FAILED
    assert found.fault is not None
    assert found.fault.code == "agents.abandoned"


async def test_steering_meets_a_thought_under_way(
    db: Database, keyring: Keyring, ada: Principal
) -> None:
    hung, thaw = asyncio.Event(), asyncio.Event()
    answers = saying([call("pure")], [finish()])

    async def think(request: ThinkRequest) -> Sequence[Part]:
        if not hung.is_set():
            hung.set()
            await thaw.wait()
        return await answers(request)

    async with open_crew(db, keyring, think) as crew:
        run = await crew.begin(ada)
        await crew.agents.runner.fill()
        await hung.wait()
        await crew.agents.moves.steer(ada, run.id, "Be brief.")
        thaw.set()
        assert (await crew.work(ada, run.id)).state is RunState.SUCCEEDED
        assert [message.role for message in crew.mind.asked[1].messages] == [
            "assistant", "tool", "user",
        ]  # fmt: skip
        assert crew.mind.asked[1].messages[-1].text == "Be brief."
        entries = await crew.journal(ada, run.id)
        assert [each.seq for each in entries] == list(range(1, len(entries) + 1))


def _hang(hung: asyncio.Event) -> Say:
    async def hang(request: ThinkRequest) -> Sequence[Part]:
        del request
        hung.set()
        await asyncio.Event().wait()
        return []

    return hang


async def test_a_run_of_a_newer_release_is_left_to_it(
    db: Database, keyring: Keyring, ada: Principal
) -> None:
    async with open_crew(db, keyring, stepping([])) as crew:
        run = await crew.begin(ada)
        await crew.execute("UPDATE agent_runs SET last_seq = 2 WHERE id = :id", id=run.id)
        async with db.transaction(ada) as session:
            connection = await session.connection()
            # As a newer release would: the words don't matter, since they are not opened.
            await connection.execute(
                "INSERT INTO agent_entries"
                " SELECT workspace_id, run_id, 2, owner_id, 'dreamt', 1, sealed_body, at"
                " FROM agent_entries WHERE run_id = $1 AND seq = 1",
                run.id,
            )
        await live(crew, ada, run.id)
        assert not crew.mind.asked
        async with db.read(ada) as session:
            connection = await session.connection()
            state = await connection.fetchrow(
                "SELECT state, not_before > now() AS waits, crashes FROM agent_runs WHERE id = $1",
                run.id,
            )
        assert state is not None
        assert (state["state"], state["waits"], state["crashes"]) == ("queued", True, 0)
