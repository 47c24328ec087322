"""What a person is told of her runs, and what she no longer needs to be told."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from tests.fixtures.accounts import MakeUser
from tests.fixtures.agents import call, finish, verdict
from tests.fixtures.horizon import settled
from tests.notifications.conftest import Post

from vectal.agents import control
from vectal.agents.contracts import Run
from vectal.agents.run import RunState
from vectal.agents.service import RunFilter
from vectal.entrypoints.notifications import make_consumer
from vectal.notifications.errors import NotificationNotFoundError
from vectal.notifications.service import telling
from vectal.platform.events.consumers import ConsumerRunner
from vectal.platform.ids import new_id
from vectal.platform.jobs import JobQueue


async def _decide(post: Post, run: Run, *, approved: bool = True) -> Run:
    waiting = await post.crew.agents.runs.find_waiting(post.me, run.id)
    assert waiting is not None
    approval = waiting.approvals[0]
    return await post.crew.agents.moves.decide(
        post.me, run.id, approval.id, sha256=approval.sha256, approved=approved
    )


async def test_an_approval_is_told_once_and_settled_when_it_is_decided(post: Post) -> None:
    run = await post.ask_approval("Write to Bea.\nSoon.")
    await post.hear(run)
    assert await post.told() == [("approval", True, "queued")]
    (shown,) = await post.list(unread=True)
    assert (shown.run_id, shown.title) == (run.id, "Write to Bea. Soon.")
    await post.hear(await _decide(post, run))
    assert await post.told() == [("approval", False, "queued")]
    assert await post.list(unread=True) == []


async def test_a_word_in_between_is_no_second_notification(post: Post) -> None:
    run = await post.ask_approval()
    await post.hear(await post.crew.agents.moves.steer(post.me, run.id, "Mind the tone."))
    assert await post.told() == [("approval", True, "queued")]


async def test_late_news_of_an_earlier_state_changes_nothing(post: Post) -> None:
    run = await post.ask_approval()
    await post.hear(replace(run, state=RunState.QUEUED))
    assert await post.told() == [("approval", True, "queued")]
    await post.hear(await _decide(post, run))
    await post.hear(run)
    assert await post.told() == [("approval", False, "queued")]


async def test_the_next_call_is_another_notification(post: Post) -> None:
    post.crew.approver.why["unsafe"] = "Each time."
    calls = [[call("unsafe", 1, step=1)], [call("unsafe", 2, step=2)], [finish()]]
    run = await post.begin(*calls)
    await post.hear(await _decide(post, run))
    await post.work(run)
    assert await post.told() == [("approval", False, "queued"), ("approval", True, "queued")]


async def test_a_question_and_its_answer(post: Post) -> None:
    run = await post.begin([call(control.ASK_USER, question="Which Bea?")], [finish()])
    assert await post.told() == [("question", True, "queued")]
    await post.hear(await post.crew.agents.moves.answer(post.me, run.id, "The taller one."))
    assert await post.told() == [("question", False, "queued")]


async def test_a_paused_run_still_needs_its_approval(post: Post) -> None:
    run = await post.ask_approval()
    await post.hear(await post.crew.agents.moves.pause(post.me, run.id))
    assert await post.told() == [("approval", True, "queued")]


async def test_a_cancelled_run_needs_nobody(post: Post) -> None:
    run = await post.ask_approval()
    await post.hear(await post.crew.agents.moves.cancel(post.me, run.id))
    assert await post.told() == [("approval", False, "queued")]


async def test_what_was_handed_over_is_told_until_somebody_takes_it(post: Post) -> None:
    run = await post.begin([finish()], task_id=new_id())
    assert (run.state, run.review) == (RunState.SUCCEEDED, "waiting")
    assert await post.told() == [("review", True, "queued")]
    await post.hear(await post.crew.agents.handovers.accept(post.me, run.id))
    assert await post.told() == [("review", False, "queued")]


async def test_a_run_that_went_well_by_itself_is_no_news(post: Post) -> None:
    await post.begin([finish()])
    assert await post.told() == []


async def test_a_run_that_needs_review_again_is_told_again(post: Post) -> None:
    turns = [[finish(It="Is.")], [verdict("unmet")]] * 2
    run = await post.begin(*turns, criteria=("It",))
    assert run.state is RunState.NEEDS_REVIEW
    assert await post.told() == [("review", True, "queued")]
    settled = await post.crew.agents.moves.settle(post.me, run.id, text="Try harder.")
    await post.hear(settled)
    assert await post.told() == [("review", False, "queued")]
    post.script[:] = turns
    await post.work(run)
    (again,) = await post.list(unread=True)
    assert (again.kind, again.settled_at, again.mail) == ("review", None, "queued")


async def test_a_failure_is_told(post: Post) -> None:
    run = await post.ask_approval()
    await post.execute(
        "UPDATE agent_runs SET deadline_at = now() - interval '1 s' WHERE id = :id", id=run.id
    )
    await post.crew.agents.sweeper.let_time_run_out()
    failed = await post.crew.agents.runs.get(post.me, run.id)
    assert failed.state is RunState.FAILED
    await post.hear(failed)
    assert await post.told() == [("approval", False, "queued"), ("failed", True, "queued")]


async def test_a_failed_agent_of_a_run_is_the_runs_own_affair(post: Post) -> None:
    parent, child = await post.begin(), await post.begin()
    await post.execute(
        "UPDATE agent_runs SET state = 'failed', parent_run_id = :parent WHERE id = :id",
        parent=parent.id,
        id=child.id,
    )
    await post.hear(await post.crew.agents.runs.get(post.me, child.id))
    assert await post.told() == []


async def test_no_mail_is_queued_where_none_can_leave(post: Post) -> None:
    silent = post.with_mailer(None)
    post.service = silent
    await post.ask_approval()
    assert await post.told() == [("approval", True, None)]
    settings = await silent.inbox.get_mail_settings(post.me)
    assert settings.health.sender is None
    assert await silent.sending.send_due() == 0
    assert await silent.sending.deliver() is False


async def test_what_she_does_not_want_is_not_mailed(post: Post) -> None:
    changed = await post.service.inbox.set_mail_settings(post.me, {"approval": False})
    assert changed.wanted == {"approval": False, "question": True, "review": True, "failed": True}
    await post.ask_approval()
    assert await post.told() == [("approval", True, None)]
    await post.service.inbox.set_mail_settings(post.me, {"question": False})
    await post.ask_approval()
    assert await post.told() == [("approval", True, None), ("approval", True, "queued")]


async def test_mails_to_one_person_have_an_end(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "MAILS_A_DAY", 2)
    for _ in range(3):
        await post.ask_approval()
    assert [mail for _, _, mail in await post.told()] == ["queued", "queued", None]


async def test_a_full_queue_of_jobs_keeps_no_mail_back(post: Post) -> None:
    jobs = JobQueue([post.crew.jobs.get(telling.SEND)], live_jobs=0)
    full = telling.Telling(post.crew.database, post.crew.agents, jobs, mails_out=True)
    run = await post.ask_approval()
    await post.execute("DELETE FROM notifications")
    await full.react(post.me, run.id, run.state)
    assert await post.told() == [("approval", True, "queued")]
    assert await post.service.sending.deliver() is True


async def test_events_reach_the_reaction(post: Post) -> None:
    consumers = ConsumerRunner(post.crew.database, [make_consumer(post.service)])
    await consumers.register()
    post.crew.approver.why["unsafe"] = "So it is."
    post.script[:] = [[call("unsafe")], [finish()]]
    run = await post.crew.begin(post.me)
    await post.crew.work(post.me, run.id)
    await settled(post.crew.database)
    await consumers.drain()
    assert await post.told() == [("approval", True, "queued")]
    await post.crew.agents.moves.cancel(post.me, run.id)
    await settled(post.crew.database)
    await consumers.drain()
    assert await post.told() == [("approval", False, "queued")]


async def test_reading_counts_and_is_nobody_elses(post: Post, make_user: MakeUser) -> None:
    inbox = post.service.inbox
    for _ in range(3):
        await post.ask_approval()
    assert await inbox.count_unread(post.me) == 3
    newest = (await post.list())[0]
    other = await make_user(workspace_id=post.person.workspace_id)
    with pytest.raises(NotificationNotFoundError):
        await inbox.mark_read(other.principal, newest.id)
    assert await inbox.count_unread(other.principal) == 0
    await inbox.mark_all_read(other.principal)
    await inbox.mark_read(post.me, newest.id)
    await inbox.mark_read(post.me, newest.id)
    assert await inbox.count_unread(post.me) == 2
    await inbox.mark_all_read(post.me)
    assert await inbox.count_unread(post.me) == 0


async def test_pages_go_on_where_the_last_one_ended(post: Post) -> None:
    made = [(await post.ask_approval()).id for _ in range(5)]
    seen: list[UUID] = []
    cursor: str | None = None
    while True:
        page = await post.service.inbox.list_notifications(
            post.me, unread=False, limit=2, cursor=cursor
        )
        seen += [each.run_id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made[::-1]


async def test_what_is_old_is_deleted_with_its_mail(post: Post) -> None:
    await post.ask_approval()
    await post.ask_approval()
    oldest = (await post.list())[-1]
    await post.execute(
        "UPDATE notifications SET at = now() - interval '91 days' WHERE id = :id", id=oldest.id
    )
    await post.service.inbox.purge()
    assert [each.id for each in await post.list()] != []
    assert oldest.id not in {each.id for each in await post.list()}


async def test_runs_that_wait_for_her_are_listed_also_with_a_result(post: Post) -> None:
    asking = await post.ask_approval()
    delivered = await post.begin([finish()], task_id=new_id())
    done = await post.begin([finish()])
    taken = await post.begin([finish()], task_id=new_id())
    await post.crew.agents.handovers.accept(post.me, taken.id)
    wanted = RunFilter(waiting=True)
    first = await post.crew.agents.runs.list_recent(post.me, wanted, limit=1)
    rest = await post.crew.agents.runs.list_recent(
        post.me, wanted, limit=10, cursor=first.next_cursor
    )
    assert [each.id for each in (*first.items, *rest.items)] == [delivered.id, asking.id]
    assert rest.next_cursor is None
    assert done.id not in {delivered.id, asking.id}
