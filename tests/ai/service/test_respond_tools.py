"""Tools in a response: whose rights, what goes back, what is repaired."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.ai.actors import CHANGESET, Says, call
from tests.ai.conftest import Stage
from tests.ai.service.asking import add, ask, collect, only, text_of

from vectal.ai.contracts import (
    Finished,
    ReasoningPart,
    ToolCalled,
    ToolCallPart,
    ToolResultPart,
    ToolReturned,
)
from vectal.ai.ports import ModelRequest
from vectal.ai.service.responder import MAX_ROUNDS
from vectal.auth.principal import Principal
from vectal.platform.ids import new_id


async def test_in_ask_mode_only_reading_tools_are_offered(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "openai")
    await collect(stage.ai.respond(principal, ask(mode="ask")))
    seen = stage.actors["openai"].requests[0]
    assert [tool.name for tool in seen.tools] == ["broken", "list_tasks"]
    assert "Ask mode" in seen.system


async def test_a_write_that_was_not_offered_is_not_made(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [
        Says(calls=(call("create_task", title="x"),), reason="tool_calls"),
        Says("Sorry."),
    ]
    events = await collect(stage.ai.respond(principal, ask(mode="ask")))
    assert stage.calls.entries == []
    assert [r.ok for r in only(events, ToolReturned)] == [False]
    assert text_of(events) == "Sorry."


async def test_a_key_without_the_scope_is_offered_no_such_tool(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "openai")
    narrow = replace(principal, scopes=frozenset(("ai:use", "tasks:read")))
    await collect(stage.ai.respond(narrow, ask()))
    offered = [tool.name for tool in stage.actors["openai"].requests[0].tools]
    assert offered == ["broken", "list_tasks"]


async def test_tools_are_called_with_the_callers_rights_and_their_results_go_back(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [
        Says(
            "Looking.", calls=(call("list_tasks", "c-1"), call("create_task", "c-2", title="Tea"))
        ),
        Says("Prepared."),
    ]
    turn, conversation = new_id(), new_id()
    request = ask(turn_id=turn, conversation_id=conversation)
    events = await collect(stage.ai.respond(principal, request))
    assert only(events, ToolCalled) == [
        ToolCalled("c-1", "list_tasks", "List tasks", {}),
        ToolCalled("c-2", "create_task", "Create a task", {"title": "Tea"}),
    ]
    returned = {r.call_id: r for r in only(events, ToolReturned)}
    assert (returned["c-2"].summary, returned["c-2"].changeset_id) == ("Create “Tea”", CHANGESET)
    assert text_of(events) == "Looking.Prepared."
    context = stage.calls.entries[1][2]
    assert (context.principal, context.turn_id, context.call_id) == (principal, turn, "c-2")
    second = stage.actors["openai"].requests[1].messages
    assert [m.role for m in second] == ["user", "assistant", "tool"]
    assert [p.call_id for p in second[2].parts if isinstance(p, ToolResultPart)] == ["c-1", "c-2"]


async def test_signed_reasoning_goes_back_with_its_tool_calls(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "anthropic")
    stage.actors["anthropic"].lines = [
        Says(reasoning="I must look.", calls=(call("list_tasks"),)),
        Says("Done."),
    ]
    await collect(stage.ai.respond(principal, ask()))
    parts = stage.actors["anthropic"].requests[1].messages[1].parts
    assert ReasoningPart("I must look.", "signed", "anthropic") in parts


async def test_bad_arguments_are_repaired_once(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [
        Says(calls=(call("create_task", "c-1", title="", colour="red"),)),
        Says(calls=(call("create_task", "c-2", title="Tea"),)),
        Says("Prepared."),
    ]
    events = await collect(stage.ai.respond(principal, ask()))
    assert [r.ok for r in only(events, ToolReturned)] == [False, True]
    told = stage.actors["openai"].requests[1].messages[2].parts[0]
    assert isinstance(told, ToolResultPart)
    assert "title: String should have at least 1 character" in told.content
    assert "colour: Extra inputs are not permitted" in told.content
    assert not told.ok
    assert stage.calls.names == ["create_task"]


async def test_a_tool_that_is_called_wrongly_twice_is_closed(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [
        Says(calls=(call("create_task", "c-1"),)),
        Says(calls=(call("create_task", "c-2"),)),
        Says(calls=(call("create_task", "c-3", title="fine now"),)),
        Says("I give up."),
    ]
    events = await collect(stage.ai.respond(principal, ask()))
    assert [r.ok for r in only(events, ToolReturned)] == [False, False, False]
    assert stage.calls.entries == []
    assert text_of(events) == "I give up."


@pytest.mark.parametrize(
    "bad",
    [
        ToolCallPart("c-1", "create_task", '{"title": "x'),
        ToolCallPart("c-1", "create_task", "[1]"),
        ToolCallPart("c-1", "no_such_tool", "{}"),
    ],
)
async def test_a_call_that_can_not_be_read_costs_no_answer(
    stage: Stage, principal: Principal, bad: ToolCallPart
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says("Let me.", calls=(bad,)), Says("Never mind.")]
    events = await collect(stage.ai.respond(principal, ask()))
    assert [(c.name, c.arguments) for c in only(events, ToolCalled)] == [(bad.name, {})]
    assert [(r.name, r.ok) for r in only(events, ToolReturned)] == [(bad.name, False)]
    assert text_of(events) == "Let me.Never mind."
    assert events[-1] == Finished("stop")
    restored = stage.actors["openai"].requests[1].messages[1].parts
    assert bad in restored


async def test_a_refusal_of_the_app_is_told_to_the_model(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [
        Says(calls=(call("complete_task", task_id="t-9"),)),
        Says("No."),
    ]
    events = await collect(stage.ai.respond(principal, ask()))
    returned = only(events, ToolReturned)[0]
    assert (returned.ok, returned.content) == (False, "Error: There is no task t-9.")


async def test_a_tool_that_breaks_tells_no_secrets(stage: Stage, principal: Principal) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = [Says(calls=(call("broken"),)), Says("It broke.")]
    events = await collect(stage.ai.respond(principal, ask()))
    returned = only(events, ToolReturned)[0]
    assert not returned.ok
    assert "secret" not in returned.content
    assert events[-1] == Finished("stop")


async def test_rounds_are_bounded_and_the_last_word_is_the_models(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "openai")

    def play(request: ModelRequest) -> Says:
        if request.tool_choice == "none":
            return Says("That is all I could do.")
        number = len(stage.actors["openai"].requests)
        return Says(calls=(call("list_tasks", f"c-{number}"),))

    stage.actors["openai"].lines = play
    events = await collect(stage.ai.respond(principal, ask()))
    assert len(stage.actors["openai"].requests) == MAX_ROUNDS
    assert text_of(events) == "That is all I could do."
    assert events[-1] == Finished("tool_limit")


async def test_a_model_that_never_stops_calling_is_stopped(
    stage: Stage, principal: Principal
) -> None:
    await add(stage, principal, "openai")
    stage.actors["openai"].lines = lambda request: Says(
        calls=(call("list_tasks", f"c-{len(request.messages)}"),)
    )
    events = await collect(stage.ai.respond(principal, ask()))
    assert len(stage.actors["openai"].requests) == MAX_ROUNDS
    assert events[-1] == Finished("tool_limit")
