"""Links of mails: they show one call, decide it once, and are worth nothing to anybody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from tests.fixtures.accounts import MakeUser
from tests.notifications.conftest import Post

from vectal.accounts.contracts import Role
from vectal.agents.contracts import Run
from vectal.agents.errors import ApprovalMismatchError
from vectal.agents.run import RunState
from vectal.auth.principal import Principal
from vectal.notifications.contracts import LinkedApproval
from vectal.notifications.errors import LinkInvalidError, LinkThrottledError
from vectal.platform.rate_limit import RateLimiter


async def _asked(post: Post) -> tuple[Run, str, LinkedApproval]:
    run = await post.ask_approval("Write to Bea.", step=7)
    token = await post.token()
    return run, token, await post.service.links.show(token)


async def _decide(post: Post, token: str, shown: LinkedApproval, *, approved: bool = True) -> None:
    sha256 = shown.approval.sha256
    await post.service.links.decide(token, sha256=sha256, approved=approved)


async def test_looking_shows_the_exact_call_and_decides_nothing(post: Post) -> None:
    run, token, shown = await _asked(post)
    again = await post.service.links.show(token)
    assert again == shown
    assert (shown.approval.tool, shown.goal, shown.run_id) == ("unsafe", "Write to Bea.", run.id)
    assert json.loads(shown.approval.arguments) == {"step": 7}
    assert shown.approval.why == "Words of the reason."
    state = (await post.crew.agents.runs.get(post.me, run.id)).state
    assert state is RunState.WAITING_FOR_APPROVAL


async def test_a_yes_lets_the_call_be_made_and_says_how_it_came(post: Post) -> None:
    run, token, shown = await _asked(post)
    await _decide(post, token, shown)
    assert (await post.work(run)).state is RunState.SUCCEEDED
    journal = await post.crew.journal(post.me, run.id)
    (decided,) = [each.data for each in journal if each.kind == "approval_decided"]
    told = (decided["approved"], decided["via"], decided["by"])
    assert told == (True, "mail_link", str(post.me.user_id))
    assert "unsafe" in [each.data.get("tool") for each in journal if each.kind == "call_ended"]


async def test_a_no_keeps_the_call_from_being_made(post: Post) -> None:
    run, token, shown = await _asked(post)
    await _decide(post, token, shown, approved=False)
    await post.work(run)
    journal = await post.crew.journal(post.me, run.id)
    (ended,) = [each.data for each in journal if each.kind == "call_ended"]
    assert (ended["ok"], ended["refused"]) == (False, True)


async def _is_dead(post: Post, token: str, shown: LinkedApproval) -> None:
    with pytest.raises(LinkInvalidError) as looked:
        await post.service.links.show(token)
    with pytest.raises(LinkInvalidError) as decided:
        await _decide(post, token, shown)
    words = {(each.value.detail, str(each.value.extra)) for each in (looked, decided)}
    assert words == {(LinkInvalidError.title, "{}")}


async def test_a_link_decides_once(post: Post) -> None:
    _, token, shown = await _asked(post)
    await _decide(post, token, shown)
    await _is_dead(post, token, shown)


async def test_of_many_at_once_one_decides(post: Post) -> None:
    run, token, shown = await _asked(post)
    tries = [_decide(post, token, shown, approved=bool(turn % 2)) for turn in range(6)]
    ended = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(each).__name__ for each in ended) == ["LinkInvalidError"] * 5 + ["NoneType"]
    kinds = await post.crew.kinds(post.me, run.id)
    assert kinds.count("approval_decided") == 1


Change = Callable[[Post, Run], Awaitable[object]]


async def _expire(post: Post, run: Run) -> None:
    await post.execute(
        "UPDATE approval_links SET expires_at = now() - interval '1 s' WHERE run_id = :id",
        id=run.id,
    )


async def _decide_in_the_app(post: Post, run: Run) -> None:
    waiting = await post.crew.agents.runs.find_waiting(post.me, run.id)
    assert waiting is not None
    (asked,) = waiting.approvals
    await post.crew.agents.moves.decide(
        post.me, run.id, asked.id, sha256=asked.sha256, approved=False
    )


async def _cancel(post: Post, run: Run) -> None:
    await post.crew.agents.moves.cancel(post.me, run.id)


async def _disable(post: Post, run: Run) -> None:
    del run
    await post.accounts.people.set_disabled(post.person.user.email, disabled=True)


async def _reset_password(post: Post, run: Run) -> None:
    del run
    await post.auth.sign_in.reset_password(post.person.user, "another long password 7")


async def _change_arguments(post: Post, run: Run) -> None:
    await post.execute(
        "UPDATE approval_links SET sha256 = repeat('0', 64) WHERE run_id = :id", id=run.id
    )


@pytest.mark.parametrize(
    "change",
    [_expire, _decide_in_the_app, _cancel, _disable, _reset_password, _change_arguments],
)
async def test_whatever_has_ended_it_the_answer_is_the_same(post: Post, change: Change) -> None:
    run, token, shown = await _asked(post)
    await change(post, run)
    await _is_dead(post, token, shown)
    kinds = await post.crew.kinds(post.me, run.id)
    assert kinds.count("approval_decided") == (1 if change is _decide_in_the_app else 0)


@pytest.mark.parametrize("left", [False, True])
async def test_rights_are_those_of_the_moment(
    post: Post, make_user: MakeUser, *, left: bool
) -> None:
    owner = await make_user()
    post.person = await make_user(workspace_id=owner.workspace_id, role=Role.MEMBER)
    _, token, shown = await _asked(post)
    await _demote(post, owner.principal, left=left)
    await _is_dead(post, token, shown)


async def _demote(post: Post, owner: Principal, *, left: bool) -> None:
    members = post.accounts.members
    if left:
        await members.remove(owner, post.me.user_id)
    else:
        await members.change_role(owner, post.me.user_id, Role.VIEWER)


async def test_other_arguments_than_those_shown_are_not_approved(post: Post) -> None:
    run, token, shown = await _asked(post)
    with pytest.raises(LinkInvalidError):
        await post.service.links.decide(token, sha256="0" * 64, approved=True)
    assert (await post.crew.agents.runs.get(post.me, run.id)).state.value.startswith("waiting")
    await _decide(post, token, shown)


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 43, "0" * 200])
async def test_a_token_that_never_was(post: Post, token: str) -> None:
    with pytest.raises(LinkInvalidError):
        await post.service.links.show(token)


async def test_a_token_is_long_and_of_one_mail(post: Post) -> None:
    _, first, _ = await _asked(post)
    _, second, _ = await _asked(post)
    assert first != second
    assert min(len(first), len(second)) >= 43


async def test_the_link_and_the_app_at_once_decide_once(post: Post) -> None:
    """The link is used exactly if it was the one that decided."""
    for _ in range(5):
        run, token, shown = await _asked(post)
        in_the_app = post.crew.agents.moves.decide(
            post.me, run.id, shown.approval.id, sha256=shown.approval.sha256, approved=False
        )
        by_link = _decide(post, token, shown)
        ended = await asyncio.gather(by_link, in_the_app, return_exceptions=True)
        failures = [type(each) for each in ended if isinstance(each, Exception)]
        assert failures in ([LinkInvalidError], [ApprovalMismatchError])
        journal = await post.crew.journal(post.me, run.id)
        (decided,) = [each.data for each in journal if each.kind == "approval_decided"]
        async with post.crew.database.read(post.me) as session:
            found = await session.execute(
                text("SELECT used_at IS NOT NULL FROM approval_links WHERE run_id = :id"),
                {"id": run.id},
            )
        used = found.scalar_one()
        assert used is (decided.get("via") == "mail_link")
        assert used is (ended[0] is None)
        await post.work(run)


async def test_who_tries_often_has_to_wait(post: Post) -> None:
    post.limiter = RateLimiter(None)
    links = post.with_mailer(None).links
    for _ in range(60):
        await links.check_address("203.0.113.9")
    with pytest.raises(LinkThrottledError) as refused:
        await links.check_address("203.0.113.9")
    assert int(refused.value.headers["Retry-After"]) >= 1
    await links.check_address("198.51.100.1")
