"""A run from its goal to its report: thoughts, calls, questions, checks and limits."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.fixtures.agents import (
    Crew,
    call,
    effects_of,
    finish,
    open_crew,
    said,
    saying,
    stepping,
    verdict,
)

from vectal.agents import control
from vectal.agents.contracts import Budget, RunFault
from vectal.agents.run import RunState
from vectal.ai.errors import BudgetExceededError, CompletionFailedError
from vectal.auth.principal import Principal
from vectal.platform.clock import utc_now
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database

pytestmark = pytest.mark.usefixtures("effects")


@pytest.fixture
async def crew(db: Database, keyring: Keyring) -> AsyncGenerator[Crew]:
    async with open_crew(db, keyring, stepping(["pure", "idempotent", "unsafe"])) as opened:
        yield opened


async def test_a_run_works_and_reports(crew: Crew, ada: Principal) -> None:
    begun = await crew.begin(ada, criteria=("It is done",))
    run = await crew.work(ada, begun.id)
    assert (run.state, run.report) == (RunState.SUCCEEDED, "All is done.")
    step = ["think_begun", "think_ended", "call_begun", "call_ended"]
    assert await crew.kinds(ada, run.id) == [
        "created", "claim", *step * 3, "think_begun", "think_ended", "check_begun",
        "think_begun", "think_ended", "check_ended", "reported", "succeed",
    ]  # fmt: skip
    assert [effect for _, effect, _ in await effects_of(crew.database, str(run.id))] == [
        "idempotent", "unsafe",
    ]  # fmt: skip
    assert run.spend.steps == 8
    assert run.spend.tokens == 550
    assert run.spend.cost_usd == Decimal("0.005")
    assert [entry.seq for entry in await crew.journal(ada, run.id)] == list(range(1, 23))
    assert run.last_seq == 22


async def test_a_text_without_a_call_is_the_report(crew: Crew, ada: Principal) -> None:
    crew.mind.say = saying(said("Here you are."))
    run = await crew.work(ada, (await crew.begin(ada)).id)
    assert (run.state, run.report) == (RunState.SUCCEEDED, "Here you are.")


async def test_the_model_is_told_what_is_left_and_what_was_said(crew: Crew, ada: Principal) -> None:
    steps = [{"text": "Look", "done": True}, {"text": "Act"}]
    crew.mind.say = saying([call(control.UPDATE_PLAN, steps=steps)], [finish()])
    await crew.work(ada, (await crew.begin(ada, goal="Tidy up", criteria=())).id)
    values = crew.mind.asked[1].values
    assert values["goal"] == "Tidy up"
    assert values["plan"] == "- [x] Look\n- [ ] Act"
    assert values["budget"].startswith("99 steps, 499890 tokens, 1.00 USD")
    assert [message.role for message in crew.mind.asked[1].messages] == ["assistant", "tool"]
    assert {tool.name for tool in crew.mind.asked[0].tools} >= {"finish", "ask_user", "pure"}


async def test_a_failed_check_is_told_and_the_second_ends_in_review(
    crew: Crew, ada: Principal
) -> None:
    crew.mind.say = saying([finish("One")], [verdict("unmet")], [finish("Two")], [verdict("unmet")])
    run = await crew.work(ada, (await crew.begin(ada, criteria=("It is good",))).id)
    assert (run.state, run.report) == (RunState.NEEDS_REVIEW, "Two")
    assert run.fault == RunFault("agents.criteria_unmet", "The report does not meet the criteria.")
    told = crew.mind.asked[2].messages[-1].parts[0]
    assert "It is good: I have looked." in getattr(told, "content", "")
    closed = await crew.agents.moves.close(ada, run.id)
    assert (closed.state, closed.report) == (RunState.SUCCEEDED, "Two")


async def test_a_verdict_that_says_nothing_meets_nothing(crew: Crew, ada: Principal) -> None:
    crew.mind.say = saying([finish()], said("Fine!"), said("Better"), [verdict("met")])
    run = await crew.work(ada, (await crew.begin(ada, criteria=("It is good",))).id)
    assert (run.state, run.report) == (RunState.SUCCEEDED, "Better")


async def test_calls_that_make_no_sense_are_answered(crew: Crew, ada: Principal) -> None:
    crew.mind.say = saying(
        [call("nothing"), call(control.FINISH, 2, report=""), call(control.VERDICT, 3)],
        [finish(), call("pure", 2)],
    )
    run = await crew.work(ada, (await crew.begin(ada)).id)
    assert run.state is RunState.SUCCEEDED
    results = crew.mind.asked[1].messages[-1].parts
    assert [getattr(part, "ok", None) for part in results] == [False, False, False]
    assert "no tool named 'nothing'" in getattr(results[0], "content", "")
    assert "report" in getattr(results[1], "content", "")


@pytest.mark.parametrize(
    ("budget", "code"),
    [
        (Budget(steps=3), "agents.step_limit"),
        (Budget(tokens=120), "agents.token_limit"),
        (Budget(cost_usd=Decimal("0.0015")), "agents.cost_limit"),
    ],
)
async def test_a_limit_ends_a_run(crew: Crew, ada: Principal, budget: Budget, code: str) -> None:
    run = await crew.work(ada, (await crew.begin(ada, budget=budget)).id)
    assert run.state is RunState.FAILED
    assert run.fault is not None
    assert run.fault.code == code


async def test_a_deadline_ends_a_run(crew: Crew, ada: Principal) -> None:
    begun = await crew.begin(ada, deadline_at=utc_now() + timedelta(days=1))
    await crew.execute("UPDATE agent_runs SET deadline_at = now() WHERE id = :id", id=begun.id)
    run = await crew.work(ada, begun.id)
    assert run.fault == RunFault("agents.deadline", "The deadline has passed.")


async def test_lost_rights_end_a_run(crew: Crew, ada: Principal) -> None:
    begun = await crew.begin(ada)
    assert ada.session_id is not None
    crew.rights.revoked.add(ada.session_id)
    run = await crew.work(ada, begun.id)
    assert run.fault is not None
    assert (run.state, run.fault.code) == (RunState.FAILED, "auth.revoked")
    assert not crew.mind.asked


async def test_what_no_model_can_answer_ends_a_run(crew: Crew, ada: Principal) -> None:
    crew.mind.say = saying(BudgetExceededError("Nothing is left."))
    run = await crew.work(ada, (await crew.begin(ada)).id)
    assert run.fault == RunFault("ai.budget_exceeded", "Nothing is left.")


async def test_a_failure_that_may_pass_is_tried_again_later(crew: Crew, ada: Principal) -> None:
    crew.mind.say = saying(CompletionFailedError("Busy."), [finish()])
    begun = await crew.begin(ada)
    await crew.agents.runner.fill()
    while crew.agents.runner.active:
        await crew.agents.runner.active[begun.id].task
    waiting = await crew.agents.runs.get(ada, begun.id)
    assert waiting.state is RunState.QUEUED
    await crew.agents.runner.fill()
    assert not crew.agents.runner.active
    await crew.execute("UPDATE agent_runs SET not_before = now() WHERE id = :id", id=begun.id)
    run = await crew.work(ada, begun.id)
    assert run.state is RunState.SUCCEEDED
    assert "think_failed" in await crew.kinds(ada, run.id)


async def test_a_model_that_says_nothing_is_given_up(crew: Crew, ada: Principal) -> None:
    crew.mind.say = saying(*[said("")] * 5)
    run = await crew.work(ada, (await crew.begin(ada)).id)
    assert run.fault is not None
    assert run.fault.code == "agents.no_answer"


async def test_what_was_read_is_kept(crew: Crew, ada: Principal) -> None:
    run = await crew.work(ada, (await crew.begin(ada)).id)
    assert run.taint == {"untrusted", "private"}
    assert crew.approver.seen[0] == ("pure", frozenset())
    assert crew.approver.seen[1] == ("idempotent", frozenset({"untrusted", "private"}))
