"""Single calls and the health of models, over REST."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.ai.conftest import Stage
from tests.ai.routes.conftest import MakeApi
from tests.ai.service.asking import ask, collect
from tests.fixtures.accounts import MakeUser, Person

from vectal.accounts.contracts import Role
from vectal.ai.contracts import ModelChoice
from vectal.platform.resilience.breaker import State

PLAIN, THINKING = "simulator", "simulator-thinking"


async def _ask(stage: Stage, person: Person, model: str = PLAIN) -> None:
    request = ask(choice=ModelChoice(model=model))
    await collect(stage.ai.respond(person.principal, request))


async def _list(api: httpx2.AsyncClient, **query: str) -> list[dict[str, Any]]:
    answer = await api.get("ai/calls", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_calls_are_found_by_model_person_and_ending(
    stage: Stage, person: Person, make_user: MakeUser, make_api: MakeApi
) -> None:
    member = await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)
    await _ask(stage, person)
    await _ask(stage, person, THINKING)
    await _ask(stage, member)
    await _ask(stage, member, "simulator-fault-cut")
    api = make_api(person.headers)
    assert len(await _list(api)) == 4
    assert [call["model"] for call in await _list(api, model=THINKING)] == [THINKING]
    own = await _list(api, user_id=str(member.user.id))
    assert {call["user_id"] for call in own} == {str(member.user.id)}
    assert len(own) == 2
    (failed,) = await _list(api, status="failed")
    assert (failed["user_id"], failed["status"]) == (str(member.user.id), "failed")
    assert await _list(api, status="failed", user_id=str(person.user.id)) == []
    assert await _list(api, api_key_id=str(uuid4())) == []


async def test_pages_keep_the_filter(stage: Stage, person: Person, api: httpx2.AsyncClient) -> None:
    for model in (PLAIN, THINKING, PLAIN, THINKING, PLAIN):
        await _ask(stage, person, model)
    seen: list[str] = []
    query = {"model": PLAIN, "limit": "2"}
    while True:
        page = (await api.get("ai/calls", params=query)).json()
        seen += [call["id"] for call in page["items"]]
        assert {call["model"] for call in page["items"]} == {PLAIN}
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert len(set(seen)) == len(seen) == 3


async def test_a_member_finds_nobody_elses_calls(
    stage: Stage, person: Person, make_user: MakeUser, make_api: MakeApi
) -> None:
    member = await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)
    await _ask(stage, person)
    api = make_api(member.headers)
    assert await _list(api, user_id=str(person.user.id)) == []
    assert await _list(api, model=PLAIN) == []


@pytest.mark.parametrize(
    "query", [{"status": "well"}, {"user_id": "me"}, {"model": ""}, {"model": "\x00"}]
)
async def test_odd_filters_are_refused(api: httpx2.AsyncClient, query: dict[str, str]) -> None:
    assert (await api.get("ai/calls", params=query)).status_code == 422


async def test_health_tells_the_breaker_and_how_fast_a_model_is(
    stage: Stage, person: Person, api: httpx2.AsyncClient
) -> None:
    async def health(model: str) -> dict[str, Any]:
        items = (await api.get("ai/health")).json()["items"]
        return next(item for item in items if item["model"] == model)

    unasked = await health(PLAIN)
    assert (unasked["breaker"], unasked["since"], unasked["error_share"]) == (None, None, None)
    for _ in range(5):
        await _ask(stage, person)
    # What is measured is up to a second old.
    while (asked := await health(PLAIN))["error_share"] is None:  # noqa: ASYNC110 - sets no event
        await asyncio.sleep(0.05)
    assert asked["error_share"] == 0
    assert asked["duration_ms"] >= 1
    breaker = stage.breakers.find(f"built-in/{PLAIN}")
    well = await health(PLAIN)
    assert (well["breaker"], well["since"]) == ("closed", None)
    while breaker.state is State.CLOSED:
        breaker.admit().fail()
    opened = await health(PLAIN)
    assert (opened["health"], opened["breaker"]) == ("open", "open")
    assert opened["since"] is not None
    # To look makes no breaker of a model that nobody asked.
    assert f"built-in/{THINKING}" not in stage.breakers.list_states()
