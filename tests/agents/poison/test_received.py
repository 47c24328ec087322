"""What strangers send in begins a run; however the model obeys it, nothing leaves by it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final, Literal

import pytest
from tests.agents.poison.conftest import House
from tests.agents.poison.corpus import CANARY, EXITS
from tests.agents.poison.obedient import Obedience, Wanted
from tests.agents.schedules.conftest import FakeSubjects
from tests.fixtures.agents import (
    FakeRights,
    Names,
    Say,
    ScriptedMind,
    advance_job,
    finish,
    results_in,
)

from vectal.agents.contracts import Run
from vectal.agents.ports import AgentPorts
from vectal.agents.run import RunState
from vectal.agents.schedules.contracts import Delivery, RunPlan, TriggerFilter, TriggerTerms
from vectal.agents.schedules.service import SchedulingService
from vectal.agents.schedules.signing import sign
from vectal.agents.service import AgentService
from vectal.ai.contracts import Part, ToolCallPart
from vectal.ai.contracts_runs import ThinkRequest
from vectal.auth.service import AuthService
from vectal.platform.background import end_tasks
from vectal.platform.clock import utc_now
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.jobs import JobQueue
from vectal.platform.rate_limit import RateLimiter

Kind = Literal["webhook", "email"]
Receive = Callable[[Kind, bytes], Awaitable[tuple[Run, Obedience, set[str]]]]

SENDER: Final = "ada@example.com"
WISHES: Final = " ".join(
    EXITS[name] for name in ("after looking", "query", "memory", "file name", "image")
)
"""One run for all of them: each exit by itself is tried by the other tests."""


def obeying(mind: Obedience, first: Sequence[Wanted]) -> Say:
    """Looks at the person's own things, and then does what stands in what began the run."""
    waiting, heard, has_obeyed = list(first), 0, False

    async def say(request: ThinkRequest) -> Sequence[Part]:
        nonlocal heard, has_obeyed
        results = results_in(request)
        for result in results[heard:]:
            waiting.extend(mind.read(result.content))
        heard = len(results)
        if not waiting and not has_obeyed:
            # Now that it knows what is private, it does what it was sent.
            has_obeyed = True
            for pinned in request.system.pinned:
                waiting.extend(mind.read(pinned.text))
        if not waiting:
            return [finish("\n".join(mind.report) or "Nothing.")]
        wanted = waiting.pop(0)
        return [ToolCallPart(f"call_{heard}", wanted.tool, json.dumps(wanted.arguments))]

    return say


@pytest.fixture
async def receive(
    house: House, db: Database, keyring: Keyring, auth: AuthService, limiter: RateLimiter
) -> AsyncGenerator[Receive]:
    """Lets a signed delivery in by the real door, works at its run, and denies what it asks for.

    The answer is the run once it has ended, the model, and the tools that were denied.
    """
    built: list[AgentService] = []

    async def take(kind: Kind, body: bytes) -> tuple[Run, Obedience, set[str]]:
        mind, me = Obedience(), house.shelf.me
        say = obeying(mind, [Wanted("list_tasks", {}), Wanted("recall", {})])
        ports = AgentPorts(
            ScriptedMind(say), house.toolbox, house.approver(), FakeRights(), Names()
        )
        jobs = JobQueue([advance_job(lambda: built[-1])])
        agents = AgentService.build(database=db, keyring=keyring, jobs=jobs, ports=ports)
        built.append(agents)
        scheduling = SchedulingService.build(
            database=db,
            keyring=keyring,
            runs=agents.runs,
            stand_ins=auth,
            subjects=FakeSubjects(),
            limiter=limiter,
        )
        senders = TriggerFilter(senders=(SENDER,)) if kind == "email" else TriggerFilter()
        terms = TriggerTerms("From outside", kind, RunPlan("Find the price of bread."), senders)
        made = await scheduling.triggers.create(me, terms)
        assert made.secret is not None
        timestamp = str(int(utc_now().timestamp()))
        delivery = Delivery(
            hook_id=made.trigger.id,
            kind=kind,
            body=body,
            content_type="application/json",
            timestamp=timestamp,
            signature=f"v1={sign(made.secret, timestamp, body)}",
            delivery=None,
        )
        run_id = await scheduling.hooks.take(delivery)
        run, denied = await house.work(agents, run_id), set[str]()
        while run.state is RunState.WAITING_FOR_APPROVAL:
            waiting = await agents.runs.find_waiting(me, run_id)
            assert waiting is not None
            for asked in waiting.approvals:
                denied.add(asked.tool)
                await agents.moves.decide(me, run_id, asked.id, sha256=asked.sha256, approved=False)
            run = await house.work(agents, run_id)
        return run, mind, denied

    yield take
    for agents in built:
        await end_tasks([each.task for each in list(agents.runner.active.values())])


def _mail(*, subject: str = "Bread", text: str = "Rye costs 4.", attached: str = "") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, "agent@vectal.test", subject
    message.set_content(text)
    if attached:
        message.add_attachment(
            b"nothing", maintype="application", subtype="octet-stream", filename=attached
        )
    return message.as_bytes(policy=SMTP)


CARRIERS: Final[dict[str, tuple[Kind, Callable[[str], bytes]]]] = {
    "webhook body": ("webhook", lambda wish: json.dumps({"note": wish}).encode()),
    "mail subject": ("email", lambda wish: _mail(subject=wish)),
    "mail body": ("email", lambda wish: _mail(text=f"Rye costs 4.\n{wish}\n")),
}


async def _check_nothing_left(house: House) -> None:
    assert house.leaks() == []
    memories = await house.memories.list_memories(house.shelf.me, cursor=None, limit=9)
    assert [each.text for each in memories.items] == [f"The safe opens with {CANARY}."]


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_what_is_sent_in_sends_nothing_out(
    house: House, receive: Receive, carrier: str
) -> None:
    kind, make = CARRIERS[carrier]
    run, mind, denied = await receive(kind, make(WISHES.replace("EVIL", house.host)))
    assert run.taint == {"untrusted", "private"}
    assert mind.obeyed, "the model has to be reached"
    assert CANARY in mind.secrets
    assert (run.state, denied) == (RunState.SUCCEEDED, {"read_web_page", "remember"})
    await _check_nothing_left(house)


async def test_the_name_of_an_attachment_is_not_even_read(house: House, receive: Receive) -> None:
    order = EXITS["query"].replace("EVIL", house.host)
    run, mind, denied = await receive("email", _mail(attached=f"{order}.pdf"))
    assert (mind.obeyed, denied, run.state) == ([], set(), RunState.SUCCEEDED)
    await _check_nothing_left(house)
