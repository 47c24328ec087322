"""The product's own answers under the workspace's guardrails and hedges."""

from __future__ import annotations

from tests.ai.actors import Says, call
from tests.ai.conftest import Stage
from tests.ai.service.asking import add, ask, collect, only, rows_of, text_of
from tests.fixtures.accounts import Person

from vectal.ai.contracts import (
    CompletionRequest,
    Failed,
    Finished,
    ModelChoice,
    ToolCalled,
    user_message,
)
from vectal.ai.guardrails.contracts import GuardrailRules
from vectal.ai.router.request import Preferences
from vectal.platform.db import Database

MAIL = "ada@example.org"
CHOICE = ModelChoice(model="claude-opus-5-5")


async def _prefer(stage: Stage, person: Person, **wanted: object) -> None:
    await add(stage, person.principal, "anthropic")
    await stage.ai.save_preferences(person.principal, Preferences(**wanted))  # type: ignore[arg-type]


async def test_a_turn_hides_and_restores_over_its_rounds(
    stage: Stage, person: Person, db: Database
) -> None:
    await _prefer(stage, person, guardrails=GuardrailRules(personal_data="redact"))
    actor = stage.actors["anthropic"]
    actor.lines = [
        Says("Adding.", calls=(call("create_task", title="Mail [EMAIL_1]"),)),
        Says("Done for [EMAIL_1]."),
    ]
    events = await collect(
        stage.ai.respond(person.principal, ask(f"Remind me of {MAIL}", choice=CHOICE))
    )
    assert isinstance(events[-1], Finished), events[-1]
    assert text_of(events).endswith(f"Done for {MAIL}.")
    (called,) = only(events, ToolCalled)
    assert called.arguments == {"title": f"Mail {MAIL}"}
    assert len(actor.requests) == 2
    assert all(MAIL not in repr(request) for request in actor.requests)
    rows = await rows_of(db, person.principal)
    assert all("guardrail.redacted.email" in row.route_reason["codes"] for row in rows)


async def test_a_refused_turn_says_so_and_asks_nobody(
    stage: Stage, person: Person, db: Database
) -> None:
    await _prefer(stage, person, guardrails=GuardrailRules(personal_data="refuse"))
    request = ask(f"I am {MAIL}", choice=CHOICE)
    events = await collect(stage.ai.respond(person.principal, request))
    assert isinstance(events[-1], Failed)
    assert events[-1].code == "ai.guardrail_blocked_request"
    assert not events[-1].retryable
    assert stage.actors["anthropic"].requests == []
    (row,) = await rows_of(db, person.principal)
    assert (row.status, row.attempts) == ("failed", 0)
    assert row.error_code == "ai.guardrail_blocked_request"
    assert "guardrail.refused.email" in row.route_reason["codes"]


async def test_a_denied_answer_shows_nothing_and_is_counted(
    stage: Stage, person: Person, db: Database
) -> None:
    await _prefer(stage, person, guardrails=GuardrailRules(denied_phrases=("falcon",)))
    stage.actors["anthropic"].lines = [Says("It is Falcon.")]
    events = await collect(stage.ai.respond(person.principal, ask(choice=CHOICE)))
    assert isinstance(events[-1], Failed)
    assert events[-1].code == "ai.guardrail_blocked_answer"
    assert text_of(events) == ""
    (row,) = await rows_of(db, person.principal)
    assert (row.status, row.input_tokens, row.output_tokens) == ("failed", 100, 20)
    assert len(stage.actors["anthropic"].requests) == 1


async def test_titles_are_guarded_as_well(stage: Stage, person: Person) -> None:
    await _prefer(stage, person, guardrails=GuardrailRules(personal_data="redact"))
    stage.actors["anthropic"].lines = [Says("Mail to [EMAIL_1]")]
    request = CompletionRequest("title", {"user": MAIL, "assistant": "ok"}, choice=CHOICE)
    assert await stage.ai.complete(person.principal, request) == f"Mail to {MAIL}"
    assert MAIL not in repr(stage.actors["anthropic"].requests)


async def test_a_silent_model_is_hedged_in_chat(stage: Stage, person: Person, db: Database) -> None:
    await add(stage, person.principal, "openai")
    fallbacks = {"claude-opus-5-5": ("gpt-6.1-sol",)}
    await _prefer(stage, person, hedge_after_ms=50, fallbacks=fallbacks)
    stage.actors["anthropic"].lines = [Says(then="hang")]
    history = (user_message("Hi"),)
    events = await collect(stage.ai.respond(person.principal, ask(choice=CHOICE, history=history)))
    assert text_of(events) == "Hello from openai"
    rows = {row.model: row for row in await rows_of(db, person.principal)}
    assert rows["claude-opus-5-5"].status == "cancelled"
    assert rows["gpt-6.1-sol"].status == "ok"
    assert all("hedged" in row.route_reason["codes"] for row in rows.values())
