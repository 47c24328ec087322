"""Whatever people do and whenever processes die: a run goes only ways that its table knows."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.agents.crashing import Points, live, look_after, make_mortal
from tests.fixtures.agents import (
    Crew,
    call,
    drop_effects_table,
    effects_of,
    finish,
    make_effects_table,
    person,
    results_in,
)
from tests.fixtures.servers import TestDatabase

from vectal.agents import control
from vectal.agents.contracts import Run
from vectal.agents.errors import RunTransitionError
from vectal.agents.history import fold
from vectal.agents.run import ENDED, RunMove, RunState, after, allowed
from vectal.ai.contracts import Part
from vectal.ai.contracts_runs import ThinkRequest
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.events import append

T = TypeVar("T")

STEPS = ["idempotent", "unsafe", "ask", "queryable", "approve"]
_POINTS = st.one_of(st.none(), st.integers(0, 24))


async def _say(request: ThinkRequest) -> list[Part]:
    made = len(results_in(request))
    if made >= len(STEPS):
        return [finish()]
    step = STEPS[made]
    if step == "ask":
        return [call(control.ASK_USER, question="Go on?")]
    return [call("unsafe" if step == "approve" else step, step=made)]


class RunMachine(RuleBasedStateMachine):
    """One run, its workers and its owner. `expected` is the state by the table of moves alone."""

    runner: asyncio.Runner
    database: Database
    keyring: Keyring

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def _crew(self, die_at: int | None = None) -> Crew:
        crew = make_mortal(self.database, self.keyring, _say, Points(die_at))
        crew.approver.why = {"unsafe": "To see what happens."} if self.asks else {}
        return crew

    @initialize(asks=st.booleans())
    def begin(self, asks: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        self.asks, self.owner = asks, person()
        self.run = self._do(self._crew().begin(self.owner))
        self.expected = RunState.QUEUED

    def _read(self) -> Run:
        return self._do(self._crew().agents.runs.get(self.owner, self.run.id))

    def _moved(self, move: RunMove, run: Run) -> None:
        assert run.state is after(self.expected, move)
        self.expected = run.state

    def _try(self, move: RunMove, work: Coroutine[Any, Any, Run]) -> None:
        """The service allows a person's move where the table does, and nowhere else."""
        if move in allowed(self.expected):
            self._moved(move, self._do(work))
            return
        with pytest.raises(RunTransitionError):
            self._do(work)

    @precondition(lambda self: self.expected in (RunState.QUEUED, RunState.RUNNING))
    @rule(die_at=_POINTS)
    def work(self, die_at: int | None) -> None:
        crew = self._crew(die_at)
        self.run = self._do(live(crew, self.owner, self.run.id))
        if self.run.state is RunState.RUNNING:
            self._do(crew.expire(self.run.id))
        self.expected = self.run.state

    @rule()
    def pause(self) -> None:
        self._try(RunMove.PAUSE, self._crew().agents.moves.pause(self.owner, self.run.id))

    @rule()
    def resume(self) -> None:
        self._try(RunMove.RESUME, self._crew().agents.moves.resume(self.owner, self.run.id))

    @precondition(lambda self: self.expected is RunState.WAITING_FOR_INPUT)
    @rule()
    def answer(self) -> None:
        moves = self._crew().agents.moves
        self._moved(RunMove.ANSWER, self._do(moves.answer(self.owner, self.run.id, "Yes.")))

    @precondition(lambda self: self.expected is RunState.WAITING_FOR_APPROVAL)
    @rule(approved=st.booleans())
    def decide(self, approved: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        async def decide(crew: Crew) -> Run:
            history = fold(await crew.agents.journal.read(self.owner, self.run.id))
            (open_,) = [each for each in history.approvals.values() if each.decided is None]
            return await crew.agents.moves.decide(
                self.owner, self.run.id, open_.asked.approval_id,
                sha256=open_.asked.sha256, approved=approved,
            )  # fmt: skip

        self._moved(RunMove.DECIDE, self._do(decide(self._crew())))

    @precondition(lambda self: self.expected is RunState.NEEDS_REVIEW)
    @rule()
    def settle(self) -> None:
        self._do(look_after(self._crew(), self.owner, self.run))
        self._moved(RunMove.SETTLE, self._read())

    @precondition(lambda self: self.expected not in ENDED)
    @rule()
    def steer(self) -> None:
        self._do(self._crew().agents.moves.steer(self.owner, self.run.id, "Mind it."))

    @rule(really=st.integers(0, 4))
    def cancel(self, really: int) -> None:
        """Seldom, or no run would get far."""
        if really == 0:
            self._try(RunMove.CANCEL, self._crew().agents.moves.cancel(self.owner, self.run.id))

    @invariant()
    def nothing_is_done_twice(self) -> None:
        if not hasattr(self, "run"):
            return
        steps = [step for _, _, step in self._do(effects_of(self.database, str(self.run.id)))]
        assert len(steps) == len(set(steps)), steps

    @invariant()
    def the_journal_tells_the_row(self) -> None:
        if not hasattr(self, "run"):
            return
        self.run = self._read()
        assert self.run.state is self.expected
        entries = self._do(self._crew().agents.journal.read(self.owner, self.run.id))
        history = fold(entries)
        assert history.state is self.run.state
        assert len(entries) == self.run.last_seq
        assert (history.spend, history.taint) == (self.run.spend, self.run.taint)

    def teardown(self) -> None:
        """Nothing is lost: let alone, and looked after, every run ends."""
        if not hasattr(self, "run") or self.expected in ENDED:
            return
        for _ in range(60):
            self._nudge()
            if self.expected in ENDED:
                break
        assert self.expected is RunState.SUCCEEDED, self.expected
        done = [step for _, _, step in self._do(effects_of(self.database, str(self.run.id)))]
        assert set(done) >= {0, 3}

    def _nudge(self) -> None:
        ways = {
            RunState.PAUSED: self.resume,
            RunState.WAITING_FOR_INPUT: self.answer,
            RunState.WAITING_FOR_APPROVAL: lambda: self.decide(approved=True),
            RunState.NEEDS_REVIEW: self.settle,
        }
        way = ways.get(self.expected)
        if way is not None:
            way()
        else:
            self.work(None)


def test_a_run_goes_only_known_ways(postgres: TestDatabase, keyring: Keyring) -> None:
    """In a loop of its own, since hypothesis calls plain functions."""
    with asyncio.Runner() as runner:
        database = Database(postgres.app_url, outbox=append)
        runner.run(make_effects_table(postgres.superuser_url))
        RunMachine.runner, RunMachine.database, RunMachine.keyring = runner, database, keyring
        run_state_machine_as_test(
            RunMachine,
            settings=settings(
                max_examples=15,
                stateful_step_count=12,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
        runner.run(drop_effects_table(postgres.superuser_url))
        runner.run(database.close())
