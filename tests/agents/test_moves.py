"""What people do to runs, and that a worker, far or dead, heeds it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from tests.fixtures.agents import (
    Crew,
    Say,
    call,
    effects_of,
    finish,
    make_crew,
    open_crew,
    person,
    saying,
    stepping,
)

from vectal.agents import control
from vectal.agents.contracts import NewRun, RequestKey
from vectal.agents.errors import (
    ApprovalMismatchError,
    ApprovalNotFoundError,
    NotInDoubtError,
    RunNotFoundError,
    RunTransitionError,
)
from vectal.agents.run import RunState
from vectal.agents.service import RunFilter
from vectal.ai.contracts import Part, ToolContext
from vectal.ai.contracts_runs import ThinkRequest
from vectal.auth.principal import Principal
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.errors import IdempotencyMismatchError, InvalidInputError
from vectal.platform.ids import new_id

pytestmark = pytest.mark.usefixtures("effects")


@pytest.fixture
async def crew(db: Database, keyring: Keyring) -> AsyncGenerator[Crew]:
    async with open_crew(db, keyring, stepping(["unsafe"])) as opened:
        yield opened


class Stall:
    """A model that stalls in its first thought, until it is let go."""

    def __init__(self, then: Say) -> None:
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()
        self._then = then

    async def __call__(self, request: ThinkRequest) -> Sequence[Part]:
        if not self.reached.is_set():
            self.reached.set()
            await self.go_on.wait()
        return await self._then(request)


async def _stalled(crew: Crew, ada: Principal) -> UUID:
    """A run at work, in the middle of a thought."""
    stall = Stall(crew.mind.say)
    crew.mind.say = stall
    run = await crew.begin(ada)
    await crew.agents.runner.fill()
    await stall.reached.wait()
    return run.id


# --- asking, approving ---------------------------------------------------------------------------


async def test_a_question_waits_for_its_answer(crew: Crew, ada: Principal) -> None:
    crew.mind.say = saying([call(control.ASK_USER, question="Which one?")], [finish()])
    run = await crew.work(ada, (await crew.begin(ada)).id)
    assert run.state is RunState.WAITING_FOR_INPUT
    await crew.agents.moves.answer(ada, run.id, "The blue one.")
    assert (await crew.work(ada, run.id)).state is RunState.SUCCEEDED
    result = crew.mind.asked[-1].messages[-1].parts[0]
    assert getattr(result, "content", "") == "The blue one."
    with pytest.raises(RunTransitionError):
        await crew.agents.moves.answer(ada, run.id, "Again")


async def _wait_for_approval(crew: Crew, ada: Principal) -> tuple[UUID, UUID, str]:
    crew.approver.why = {"unsafe": "It can't be taken back."}
    run = await crew.work(ada, (await crew.begin(ada)).id)
    assert run.state is RunState.WAITING_FOR_APPROVAL
    (asked,) = [e.data for e in await crew.journal(ada, run.id) if e.kind == "approval_asked"]
    assert asked["why"] == "It can't be taken back."
    assert asked["arguments"] == '{"step": 0}'
    return run.id, UUID(asked["approval_id"]), asked["sha256"]


async def test_an_approved_call_is_made(crew: Crew, ada: Principal) -> None:
    run_id, approval_id, sha256 = await _wait_for_approval(crew, ada)
    assert await effects_of(crew.database, str(run_id)) == []
    moves = crew.agents.moves
    with pytest.raises(ApprovalMismatchError):
        await moves.decide(ada, run_id, approval_id, sha256="0" * 64, approved=True)
    with pytest.raises(ApprovalNotFoundError):
        await moves.decide(ada, run_id, new_id(), sha256=sha256, approved=True)
    await moves.decide(ada, run_id, approval_id, sha256=sha256, approved=True)
    assert (await crew.work(ada, run_id)).state is RunState.SUCCEEDED
    assert len(await effects_of(crew.database, str(run_id))) == 1
    with pytest.raises(ApprovalMismatchError):
        await moves.decide(ada, run_id, approval_id, sha256=sha256, approved=True)


async def test_a_denied_call_is_told(crew: Crew, ada: Principal) -> None:
    run_id, approval_id, sha256 = await _wait_for_approval(crew, ada)
    await crew.agents.moves.decide(
        ada, run_id, approval_id, sha256=sha256, approved=False, note="Too dear."
    )
    assert (await crew.work(ada, run_id)).state is RunState.SUCCEEDED
    result = crew.mind.asked[-1].messages[-1].parts[0]
    assert getattr(result, "content", "") == "The person has denied this call. They say: Too dear."
    assert await effects_of(crew.database, str(run_id)) == []


async def test_an_approval_that_nobody_gave_in_time_does_not_count(
    crew: Crew, ada: Principal
) -> None:
    run_id, _, _ = await _wait_for_approval(crew, ada)
    assert await crew.agents.sweeper.let_time_run_out() == 0
    await crew.execute(
        "UPDATE agent_runs SET approval_expires_at = now() WHERE id = :id", id=run_id
    )
    assert await crew.agents.sweeper.let_time_run_out() == 1
    assert (await crew.work(ada, run_id)).state is RunState.SUCCEEDED
    result = crew.mind.asked[-1].messages[-1].parts[0]
    assert "in time" in getattr(result, "content", "")
    assert await effects_of(crew.database, str(run_id)) == []


async def test_a_pause_keeps_what_is_asked(crew: Crew, ada: Principal) -> None:
    run_id, approval_id, sha256 = await _wait_for_approval(crew, ada)
    moves = crew.agents.moves
    assert (await moves.pause(ada, run_id)).state is RunState.PAUSED
    assert (await moves.resume(ada, run_id)).state is RunState.QUEUED
    assert (await crew.work(ada, run_id)).state is RunState.WAITING_FOR_APPROVAL
    await moves.pause(ada, run_id)
    paused = await moves.decide(ada, run_id, approval_id, sha256=sha256, approved=True)
    assert paused.state is RunState.PAUSED
    await moves.resume(ada, run_id)
    assert (await crew.work(ada, run_id)).state is RunState.SUCCEEDED


# --- stopping ------------------------------------------------------------------------------------


async def test_a_run_that_waits_is_cancelled_at_once(crew: Crew, ada: Principal) -> None:
    run = await crew.begin(ada)
    assert (await crew.agents.moves.cancel(ada, run.id)).state is RunState.CANCELLED
    await crew.agents.runner.look()
    assert not crew.agents.runner.active
    with pytest.raises(RunTransitionError):
        await crew.agents.moves.cancel(ada, run.id)
    with pytest.raises(RunTransitionError):
        await crew.agents.moves.steer(ada, run.id, "Wait!")


async def test_a_cancelled_thought_stops_at_once(crew: Crew, ada: Principal) -> None:
    run_id = await _stalled(crew, ada)
    task = crew.agents.runner.active[run_id].task
    asked = await crew.agents.moves.cancel(ada, run_id)
    assert (asked.state, asked.wanted) == (RunState.RUNNING, "cancel")
    await task
    run = await crew.agents.runs.get(ada, run_id)
    assert (run.state, run.wanted) == (RunState.CANCELLED, None)
    assert run.ended_at is not None


async def test_a_far_worker_sees_the_cancellation(
    crew: Crew, ada: Principal, db: Database, keyring: Keyring
) -> None:
    run_id = await _stalled(crew, ada)
    far = make_crew(db, keyring, crew.mind.say)
    await far.agents.moves.cancel(ada, run_id)
    running = crew.agents.runner.active[run_id]
    assert not running.signal.event.is_set()
    await crew.agents.runner.look()
    await running.task
    assert (await crew.agents.runs.get(ada, run_id)).state is RunState.CANCELLED


async def test_a_frozen_worker_is_fenced_off(
    crew: Crew, ada: Principal, db: Database, keyring: Keyring
) -> None:
    run_id = await _stalled(crew, ada)
    task = crew.agents.runner.active[run_id].task
    far = make_crew(db, keyring, crew.mind.say)
    await far.agents.moves.cancel(ada, run_id)
    assert await far.agents.sweeper.stop_unheeded() == 0
    await far.execute(
        "UPDATE agent_runs SET wanted_at = now() - interval '2 s' WHERE id = :id", id=run_id
    )
    assert await far.agents.sweeper.stop_unheeded() == 1
    assert (await far.agents.runs.get(ada, run_id)).state is RunState.CANCELLED
    entries = await far.journal(ada, run_id)
    stall = crew.mind.say
    assert isinstance(stall, Stall)
    stall.go_on.set()
    await task
    assert await crew.journal(ada, run_id) == entries
    assert await effects_of(db, str(run_id)) == []


async def test_a_dead_workers_run_is_cancelled_at_once(crew: Crew, ada: Principal) -> None:
    run_id = await _stalled(crew, ada)
    crew.die()
    await crew.expire(run_id)
    assert (await crew.agents.moves.cancel(ada, run_id)).state is RunState.CANCELLED


async def test_a_paused_thought_is_asked_again(crew: Crew, ada: Principal) -> None:
    run_id = await _stalled(crew, ada)
    task = crew.agents.runner.active[run_id].task
    await crew.agents.moves.pause(ada, run_id)
    await task
    assert (await crew.agents.runs.get(ada, run_id)).state is RunState.PAUSED
    await crew.agents.moves.steer(ada, run_id, "Mind the gap.")
    await crew.agents.moves.resume(ada, run_id)
    assert (await crew.work(ada, run_id)).state is RunState.SUCCEEDED
    assert crew.mind.asked[1].messages[0].text == "Mind the gap."


async def test_a_pause_waits_for_a_call_that_must_not_be_cut_off(
    crew: Crew, ada: Principal
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def wait(context: ToolContext) -> None:
        del context
        reached.set()
        await go_on.wait()

    crew.box.before = wait
    run = await crew.begin(ada)
    await crew.agents.runner.fill()
    task = crew.agents.runner.active[run.id].task
    await reached.wait()
    await crew.agents.moves.pause(ada, run.id)
    go_on.set()
    await task
    assert (await crew.agents.runs.get(ada, run.id)).state is RunState.PAUSED
    assert (await crew.kinds(ada, run.id))[-2:] == ["call_ended", "pause"]
    await crew.agents.moves.resume(ada, run.id)
    assert (await crew.work(ada, run.id)).state is RunState.SUCCEEDED
    assert len(await effects_of(crew.database, str(run.id))) == 1


async def test_a_worker_that_ends_hands_its_runs_back(
    crew: Crew, ada: Principal, db: Database, keyring: Keyring
) -> None:
    run_id = await _stalled(crew, ada)
    await crew.agents.runner.drain(0.05)
    run = await crew.agents.runs.get(ada, run_id)
    assert (run.state, run.crashes) == (RunState.QUEUED, 0)
    await crew.agents.runner.look()
    assert not crew.agents.runner.active
    async with open_crew(db, keyring, stepping([])) as second:
        assert (await second.work(ada, run_id)).state is RunState.SUCCEEDED


# --- whose runs ----------------------------------------------------------------------------------


async def test_a_run_is_its_owners_alone(crew: Crew, ada: Principal) -> None:
    run = await crew.begin(ada)
    colleague = person(workspace_id=ada.workspace_id)
    with pytest.raises(RunNotFoundError):
        await crew.agents.runs.get(colleague, run.id)
    with pytest.raises(RunNotFoundError):
        await crew.agents.runs.journal(colleague, run.id, limit=10)
    with pytest.raises(RunNotFoundError):
        await crew.agents.moves.cancel(colleague, run.id)
    listed = await crew.agents.runs.list_recent(colleague, RunFilter(), limit=10)
    assert listed.items == []


async def test_runs_are_listed_by_page_and_filter(crew: Crew, ada: Principal) -> None:
    task_id = new_id()
    made = [await crew.begin(ada, goal=str(n)) for n in range(3)]
    mine = await crew.begin(ada, task_id=task_id)
    await crew.agents.moves.cancel(ada, made[1].id)
    runs = crew.agents.runs
    first = await runs.list_recent(ada, RunFilter(), limit=3)
    rest = await runs.list_recent(ada, RunFilter(), limit=3, cursor=first.next_cursor)
    found = [run.id for run in (*first.items, *rest.items)]
    assert found == [mine.id, *[run.id for run in reversed(made)]]
    assert rest.next_cursor is None
    queued = await runs.list_recent(ada, RunFilter(states=["cancelled"]), limit=9)
    assert [run.goal for run in queued.items] == ["1"]
    of_task = await runs.list_recent(ada, RunFilter(task_id=task_id), limit=9)
    assert [run.id for run in of_task.items] == [mine.id]


async def test_a_key_begins_one_run(crew: Crew, ada: Principal) -> None:
    key, other = RequestKey("k", b"1"), RequestKey("k", b"2")
    made, was_there = await crew.agents.runs.create(ada, NewRun("Once"), key=key)
    again, is_there = await crew.agents.runs.create(ada, NewRun("Once"), key=key)
    assert (again.id, was_there, is_there) == (made.id, False, True)
    with pytest.raises(IdempotencyMismatchError):
        await crew.agents.runs.create(ada, NewRun("Twice"), key=other)


async def test_a_deadline_lies_ahead(crew: Crew, ada: Principal) -> None:
    run = await crew.begin(ada)
    with pytest.raises(InvalidInputError):
        await crew.begin(ada, deadline_at=run.created_at - timedelta(days=1))


async def test_what_is_not_in_doubt_is_not_settled(crew: Crew, ada: Principal) -> None:
    run = await crew.begin(ada)
    with pytest.raises(NotInDoubtError):
        await crew.agents.moves.settle(ada, run.id, outcome="done")
    with pytest.raises(RunTransitionError):
        await crew.agents.moves.close(ada, run.id)


async def test_words_of_a_run_lie_sealed(crew: Crew, ada: Principal) -> None:
    run = await crew.work(ada, (await crew.begin(ada, goal="Heliotrope")).id)
    async with crew.database.transaction(ada) as session:
        connection = await session.connection()
        stored = await connection.fetch(
            "SELECT sealed_brief AS words FROM agent_runs WHERE id = $1"
            " UNION ALL SELECT sealed_report FROM agent_runs WHERE id = $1"
            " UNION ALL SELECT sealed_body FROM agent_entries WHERE run_id = $1",
            run.id,
        )
    assert len(stored) > 5
    assert all(b"Heliotrope" not in row["words"] for row in stored)
    assert all(b"All is done" not in row["words"] for row in stored)
