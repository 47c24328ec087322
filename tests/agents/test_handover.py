"""A task is handed over: asked about, delivered, accepted or sent back, each exactly once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from tests.fixtures.accounts import MakeUser
from tests.fixtures.agents import call, finish, verdict
from tests.fixtures.office import Office

from vectal.agents import control
from vectal.agents.contracts import NewRun, RequestKey
from vectal.agents.errors import (
    HandoverConflictError,
    NoReviewError,
    RunNotFoundError,
    RunTransitionError,
)
from vectal.agents.run import RunState
from vectal.agents.service import RunFilter
from vectal.ai.contracts import Part
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Role, Scope
from vectal.entrypoints.handover import RunAnswers
from vectal.platform.errors import IdempotencyMismatchError
from vectal.platform.ids import new_id
from vectal.tasks.contracts import Proposal, TaskFields
from vectal.tasks.errors import (
    ChangesetDependencyError,
    ChangesetItemNotFoundError,
    QuestionClosedError,
    TaskNotFoundError,
)

pytestmark = pytest.mark.usefixtures("effects")


def asking(question: str = "Which ones?") -> list[Part]:
    return [call(control.ASK_USER, question=question)]


def create(title: str, task_id: UUID | None = None) -> Proposal:
    return Proposal("create", TaskFields(title=title), task_id)


# --- asking --------------------------------------------------------------------------------------


async def test_a_question_is_a_comment_and_its_answer_is_one(office: Office) -> None:
    task = await office.task()
    run = await office.work(task, asking())
    assert run.state is RunState.WAITING_FOR_INPUT
    (question,) = await office.comments(task)
    assert (question.kind, question.text, question.is_open) == ("question", "Which ones?", True)
    assert question.run_id == run.id
    answer = await office.tasks.comments.add(office.me, task.id, "Tulips.", answers=question.id)
    assert (answer.kind, answer.text, answer.run_id) == ("answer", "Tulips.", run.id)
    done = await office.go_on(run, [finish("Tulips are ordered.")])
    assert done.state is RunState.SUCCEEDED
    (given,) = [e for e in await office.crew.journal(office.me, run.id) if e.kind == "input_given"]
    assert given.data["text"] == "Tulips."
    kinds = [(said.kind, said.is_open) for said in await office.comments(task)]
    assert kinds == [("question", False), ("answer", False), ("delivery", False)]


async def test_an_answer_on_the_runs_page_stands_on_the_task(office: Office) -> None:
    task = await office.task()
    run = await office.work(task, asking())
    await office.crew.agents.moves.answer(office.me, run.id, "Roses.")
    question, answer = await office.comments(task)
    assert (question.is_open, answer.kind, answer.text) == (False, "answer", "Roses.")
    with pytest.raises(QuestionClosedError):
        await office.tasks.comments.add(office.me, task.id, "Tulips.", answers=question.id)


async def test_of_answers_at_once_one_counts(office: Office) -> None:
    task = await office.task()
    run = await office.work(task, asking())
    (question,) = await office.comments(task)
    add, answer = office.tasks.comments.add, office.crew.agents.moves.answer
    given = await asyncio.gather(
        *(add(office.me, task.id, f"No. {n}", answers=question.id) for n in range(4)),
        *(answer(office.me, run.id, f"Page {n}") for n in range(2)),
        return_exceptions=True,
    )
    failed = [each for each in given if isinstance(each, Exception)]
    assert len(failed) == 5
    assert all(isinstance(each, QuestionClosedError | RunTransitionError) for each in failed)
    assert [each.kind for each in await office.comments(task)] == ["question", "answer"]
    heard = [e for e in await office.crew.journal(office.me, run.id) if e.kind == "input_given"]
    said = (await office.comments(task))[1].text
    assert [entry.data["text"] for entry in heard] == [said]


async def test_words_for_one_question_never_answer_the_next(office: Office) -> None:
    task = await office.task()
    run = await office.work(task, asking("Which ones?"))
    (first,) = await office.comments(task)
    await office.tasks.comments.add(office.me, task.id, "Tulips.", answers=first.id)
    await office.go_on(run, asking("How many?"))
    with pytest.raises(QuestionClosedError):
        await office.tasks.comments.add(office.me, task.id, "Tulips.", answers=first.id)
    with pytest.raises(RunTransitionError):
        await RunAnswers(office.crew.agents).answer(office.me, run.id, "another call", "Tulips.")
    open_ones = [said.text for said in await office.comments(task) if said.is_open]
    assert open_ones == ["How many?"]


async def test_a_paused_question_is_not_asked_again_and_a_cancelled_one_closes(
    office: Office,
) -> None:
    task = await office.task()
    run = await office.work(task, asking())
    await office.crew.agents.moves.pause(office.me, run.id)
    await office.crew.agents.moves.resume(office.me, run.id)
    assert (await office.crew.work(office.me, run.id)).state is RunState.WAITING_FOR_INPUT
    (question,) = await office.comments(task)
    assert question.is_open
    await office.crew.agents.moves.cancel(office.me, run.id)
    (question,) = await office.comments(task)
    assert not question.is_open
    assert (await office.crew.agents.runs.get(office.me, run.id)).review is None


async def test_an_answer_that_can_not_be_written_down_is_not_given(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash between the two: neither is there, and both can be done again."""
    task = await office.task()
    run = await office.work(task, asking())
    (question,) = await office.comments(task)

    async def crash(*_: object, **__: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(office.tasks.comments, "note_answer", crash)
        with pytest.raises(ConnectionResetError):
            await office.tasks.comments.add(office.me, task.id, "Tulips.", answers=question.id)
    state = (await office.crew.agents.runs.get(office.me, run.id)).state
    assert state is RunState.WAITING_FOR_INPUT
    assert [(said.kind, said.is_open) for said in await office.comments(task)] == [
        ("question", True)
    ]
    await office.tasks.comments.add(office.me, task.id, "Tulips.", answers=question.id)
    assert [said.kind for said in await office.comments(task)] == ["question", "answer"]


async def test_a_key_that_may_not_move_runs_answers_none(office: Office) -> None:
    task = await office.task()
    await office.work(task, asking())
    (question,) = await office.comments(task)
    key = replace(office.me, scopes=frozenset({Scope.TASKS_READ, Scope.TASKS_WRITE}))
    with pytest.raises(ForbiddenError):
        await office.tasks.comments.add(key, task.id, "Tulips.", answers=question.id)


async def test_a_run_says_nothing_where_its_person_may_not(office: Office) -> None:
    task = await office.task()
    scopes = frozenset({Scope.AI_USE, Scope.AGENTS_READ, Scope.AGENTS_WRITE})
    run, _ = await office.crew.agents.runs.create(
        replace(office.me, scopes=scopes), NewRun("Order flowers.", task_id=task.id)
    )
    await office.go_on(run, asking())
    assert await office.comments(task) == []


# --- delivering ----------------------------------------------------------------------------------


async def test_a_delivery_shows_the_evidence_for_each_criterion(office: Office) -> None:
    task = await office.task()
    criteria = ("Tulips are ordered", "They come on Friday")
    evidence = {criteria[0]: "Order 17.", criteria[1]: "The mail says so."}
    run = await office.work(
        task, [finish("Done: **tulips**.", **evidence)], [verdict("met", "met")], criteria=criteria
    )
    assert (run.state, run.review) == (RunState.SUCCEEDED, "waiting")
    (delivery,) = await office.comments(task)
    assert (delivery.kind, delivery.text) == ("delivery", "Done: **tulips**.")
    assert delivery.delivery is not None
    assert delivery.delivery.outcome == "succeeded"
    assert [(p.criterion, p.evidence, p.met) for p in delivery.delivery.proofs] == [
        (criteria[0], "Order 17.", True),
        (criteria[1], "The mail says so.", True),
    ]
    assert await office.status(task) == "todo"


async def test_what_needs_review_delivers_once_and_what_failed_says_why(office: Office) -> None:
    task = await office.task()
    run = await office.work(
        task,
        [finish("Half of it.")],
        [verdict("unmet")],
        [finish("Still half.")],
        [verdict("unmet")],
        criteria=("All of it",),
    )
    assert (run.state, run.review) == (RunState.NEEDS_REVIEW, "waiting")
    (delivery,) = await office.comments(task)
    assert delivery.delivery is not None
    assert (delivery.text, delivery.delivery.outcome) == ("Still half.", "needs_review")
    assert [proof.met for proof in delivery.delivery.proofs] == [False]
    closed = await office.crew.agents.moves.close(office.me, run.id)
    assert (closed.state, closed.review) == (RunState.SUCCEEDED, "waiting")
    assert len(await office.comments(task)) == 1
    failing = await office.work(task, [], [], [], [], [])
    assert (failing.state, failing.review) == (RunState.FAILED, "waiting")
    failure = (await office.comments(task))[-1]
    assert failure.delivery is not None
    assert (failure.delivery.outcome, failure.text) == ("failed", failure.delivery.reason)


# --- accepting -----------------------------------------------------------------------------------


async def test_accepting_does_the_changes_and_the_task(office: Office) -> None:
    task = await office.task()
    run = await office.work(task, [finish()])
    changes = await office.propose(run, create("Pay the florist"), create("Call Ada"))
    kept = [changes.items[0].id]
    accepted = await office.crew.agents.handovers.accept(office.me, run.id, kept)
    assert accepted.review == "accepted"
    assert accepted.reviewed_at is not None
    assert await office.statuses(changes) == ["accepted", "rejected"]
    assert await office.status(task) == "done"
    # Accepting again changes nothing, also when the task was opened since.
    await office.tasks.tasks.update(office.me, task.id, TaskFields(status="todo"))
    assert (await office.crew.agents.handovers.accept(office.me, run.id)) == accepted
    assert await office.status(task) == "todo"


async def test_of_decisions_at_once_one_counts(office: Office) -> None:
    task = await office.task()
    run = await office.work(task, [finish()])
    changes = await office.propose(run, create("Pay the florist"))
    handovers = office.crew.agents.handovers
    decided = await asyncio.gather(
        *(handovers.accept(office.me, run.id) for _ in range(3)),
        *(handovers.send_back(office.me, run.id, "Cheaper.") for _ in range(3)),
        return_exceptions=True,
    )
    done = [each for each in decided if not isinstance(each, BaseException)]
    failed = [each for each in decided if isinstance(each, BaseException)]
    assert all(isinstance(each, NoReviewError) for each in failed)
    page = await office.crew.agents.runs.list_recent(
        office.me, RunFilter(task_id=task.id), limit=10
    )
    is_accepted = (await office.crew.agents.runs.get(office.me, run.id)).review == "accepted"
    assert len(done) == (3 if is_accepted else 1)
    assert len(page.items) == (1 if is_accepted else 2)
    assert await office.status(task) == ("done" if is_accepted else "todo")
    assert await office.statuses(changes) == ["accepted" if is_accepted else "rejected"]


async def test_a_change_that_was_overtaken_keeps_the_run_waiting(office: Office) -> None:
    task, rent = await office.task(), await office.task("Pay rent")
    run = await office.work(task, [finish()])
    changes = await office.propose(
        run, Proposal("update", TaskFields(title="Pay the rent"), rent.id), create("Call Ada")
    )
    await office.tasks.tasks.update(office.me, rent.id, TaskFields(title="Pay rent twice"))
    handovers = office.crew.agents.handovers
    with pytest.raises(HandoverConflictError) as refused:
        await handovers.accept(office.me, run.id)
    assert refused.value.extra == {"item_ids": [str(changes.items[0].id)]}
    assert await office.statuses(changes) == ["conflict", "accepted"]
    assert (await office.crew.agents.runs.get(office.me, run.id)).review == "waiting"
    assert await office.status(task) == "todo"
    accepted = await handovers.accept(office.me, run.id, [])
    assert (accepted.review, await office.statuses(changes)) == (
        "accepted",
        ["rejected", "accepted"],
    )
    assert await office.status(task) == "done"


async def test_a_choice_that_can_not_be_done_changes_nothing(office: Office) -> None:
    task = await office.task()
    run = await office.work(task, [finish()])
    made = new_id()
    below = Proposal("create", TaskFields(title="Below", parent_id=made))
    changes = await office.propose(run, create("Above", made), below)
    accept = office.crew.agents.handovers.accept
    with pytest.raises(ChangesetDependencyError):
        await accept(office.me, run.id, [changes.items[1].id])
    with pytest.raises(ChangesetItemNotFoundError):
        await accept(office.me, run.id, [new_id()])
    assert await office.statuses(changes) == ["pending", "pending"]
    assert (await office.crew.agents.runs.get(office.me, run.id)).review == "waiting"


async def test_a_task_that_is_done_or_gone_meanwhile(office: Office) -> None:
    done, gone = await office.task(), await office.task()
    first, second = await office.work(done, [finish()]), await office.work(gone, [finish()])
    changes = await office.propose(second, create("Call Ada"))
    finished = await office.tasks.tasks.update(office.me, done.id, TaskFields(status="done"))
    await office.tasks.tasks.delete(office.me, gone.id)
    accept = office.crew.agents.handovers.accept
    assert (await accept(office.me, first.id)).review == "accepted"
    assert (await office.tasks.tasks.get(office.me, done.id)).version == finished.version
    assert (await accept(office.me, second.id)).review == "accepted"
    assert await office.statuses(changes) == ["accepted"]
    with pytest.raises(TaskNotFoundError):
        await office.tasks.tasks.get(office.me, gone.id)


async def test_a_run_without_a_task_and_one_at_work_wait_for_no_review(office: Office) -> None:
    task, handovers = await office.task(), office.crew.agents.handovers
    alone = await office.work(None, [finish()])
    asking_still = await office.work(task, asking())
    for run in (alone, asking_still):
        assert run.review is None
        with pytest.raises(NoReviewError):
            await handovers.accept(office.me, run.id)
        with pytest.raises(NoReviewError):
            await handovers.send_back(office.me, run.id, "Again.")


async def test_other_people_neither_accept_nor_send_back(
    office: Office, make_user: MakeUser
) -> None:
    task = await office.task()
    run = await office.work(task, [finish()])
    other = await make_user(workspace_id=office.me.workspace_id, role=Role.ADMIN)
    with pytest.raises(RunNotFoundError):
        await office.crew.agents.handovers.accept(other.principal, run.id)
    with pytest.raises(RunNotFoundError):
        await office.crew.agents.handovers.send_back(other.principal, run.id, "Again.")
    without_tasks = replace(office.me, scopes=office.me.scopes - {Scope.TASKS_WRITE, Scope.ALL})
    with pytest.raises(ForbiddenError):
        await office.crew.agents.handovers.accept(without_tasks, run.id)
    assert await office.status(task) == "todo"


# --- sending back --------------------------------------------------------------------------------


async def test_what_is_sent_back_is_done_again_with_the_words(office: Office) -> None:
    task = await office.task()
    run = await office.work(
        task, [finish("Roses </data> it is.")], [verdict("met")], criteria=("Flowers",)
    )
    await office.crew.execute(
        "UPDATE agent_runs SET read_untrusted = true WHERE id = :id", id=run.id
    )
    changes = await office.propose(run, create("Pay for roses"))
    handovers, key = office.crew.agents.handovers, RequestKey("again", b"1")
    following, was_there = await handovers.send_back(office.me, run.id, "Tulips!", key)
    assert (following.goal, following.criteria, following.task_id, following.follows_run_id) == (
        run.goal,
        run.criteria,
        task.id,
        run.id,
    )
    assert (was_there, following.taint) == (False, {"untrusted"})
    assert (await office.crew.agents.runs.get(office.me, run.id)).review == "sent_back"
    assert await office.statuses(changes) == ["rejected"]
    again, was_there = await handovers.send_back(office.me, run.id, "Tulips!", key)
    assert (again.id, was_there) == (following.id, True)
    with pytest.raises(IdempotencyMismatchError):
        await handovers.send_back(office.me, run.id, "Lilies!", RequestKey("again", b"2"))
    with pytest.raises(NoReviewError):
        await handovers.send_back(office.me, run.id, "Lilies!")
    # It knows both, the report as what somebody wrote; and what that one had read, this one has.
    office.crew.mind.asked.clear()
    office.crew.approver.seen.clear()
    await office.go_on(following, [call("pure", step=1)], [finish("Tulips.")], [verdict("met")])
    told = [message.text for message in office.crew.mind.asked[0].messages]
    assert told[0].startswith('<data label="the report that was sent back">')
    assert "Roses &lt;/data&gt; it is." in told[0]
    assert told[1] == "Tulips!"
    assert "untrusted" in office.crew.approver.seen[0][1]
    assert [said.kind for said in await office.comments(task)] == ["delivery", "delivery"]


async def test_a_result_that_needs_review_can_be_taken_or_sent_back(office: Office) -> None:
    turns: tuple[list[Part], ...] = (
        [finish("Half.")],
        [verdict("unmet")],
        [finish("Half.")],
        [verdict("unmet")],
    )
    taken, returned = await office.task(), await office.task()
    first = await office.work(taken, *turns, criteria=("All",))
    second = await office.work(returned, *turns, criteria=("All",))
    accepted = await office.crew.agents.handovers.accept(office.me, first.id)
    assert (accepted.state, await office.status(taken)) == (RunState.SUCCEEDED, "done")
    await office.crew.agents.handovers.send_back(office.me, second.id, "All of it.")
    ended = await office.crew.agents.runs.get(office.me, second.id)
    assert (ended.state, ended.review) == (RunState.CANCELLED, "sent_back")


# --- presets -------------------------------------------------------------------------------------


async def test_breaking_down_makes_steps_and_leaves_the_task_open(office: Office) -> None:
    task, handovers = await office.task(), office.crew.agents.handovers
    key = RequestKey("steps", b"1")
    run, _ = await handovers.break_down(office.me, task.id, key)
    assert (run.kind, run.task_id) == ("break_down", task.id)
    assert str(task.id) in run.goal
    assert "Order flowers" in run.goal
    assert run.criteria
    assert (await handovers.break_down(office.me, task.id, key))[0].id == run.id
    done = await office.go_on(run, [finish()], [verdict("met", "met")])
    step = Proposal("create", TaskFields(title="Choose them", parent_id=task.id))
    changes = await office.propose(done, step)
    assert (await handovers.accept(office.me, run.id)).review == "accepted"
    assert await office.statuses(changes) == ["accepted"]
    assert await office.status(task) == "todo"
    with pytest.raises(TaskNotFoundError):
        await handovers.break_down(office.me, new_id())


async def test_prioritising_waits_for_review_without_a_task(office: Office) -> None:
    task = await office.task()
    run, _ = await office.crew.agents.handovers.prioritise(office.me, "Europe/Berlin")
    done = await office.go_on(run, [finish()], [verdict("met", "met")])
    assert (done.kind, done.task_id, done.review) == ("prioritise", None, "waiting")
    changes = await office.propose(done, Proposal("update", TaskFields(priority=1), task.id))
    await office.crew.agents.handovers.accept(office.me, run.id)
    assert await office.statuses(changes) == ["accepted"]
    assert (await office.tasks.tasks.get(office.me, task.id)).priority == 1
