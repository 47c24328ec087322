"""What a call on the short way sets aside is what the long way would."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fixtures.accounts import MakeUser, people_of

from vectal.ai.ports import ListedModel
from vectal.ai.providers.egress import HttpEgress
from vectal.ai.proxy.wires.port import WireName
from vectal.ai.proxy.wires.registry import wire
from vectal.ai.service.gateway.lanes import Caller, Lanes
from vectal.ai.service.gateway.worst_case import worst_case
from vectal.ai.service.provider_rows import ProviderDraft
from vectal.auth.principal import Principal
from vectal.entrypoints.services import Services

MODEL = "gpt-6.1-sol"
WINDOW = 20_000
SYMBOLS = st.text(st.sampled_from('a ☃é!\U0001f600\\"'), max_size=60)
WIRES: tuple[WireName, ...] = ("chat_completions", "responses")


@pytest.fixture
async def house(house_services: Services) -> tuple[Services, Principal]:
    services = house_services
    make: MakeUser = people_of(services.database, services.accounts, services.auth)
    owner = (await make()).principal
    listed = ListedModel(MODEL, MODEL, WINDOW, 4_096)
    url, key = "https://inside.test/v1", "sk-test-0123456789abcd"
    draft = ProviderDraft("openai", "o", url, key, models=(listed,), responses="vendor")
    await services.ai.providers.create(owner, draft)
    return services, owner


@pytest.mark.parametrize("spoken", WIRES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=SYMBOLS, repeated=st.sampled_from([1, 40, 900]), tools=st.booleans())
async def test_it_is_a_token_a_byte_and_never_more_than_the_window(
    house: tuple[Services, Principal],
    spoken: WireName,
    text: str,
    repeated: int,
    *,
    tools: bool,
) -> None:
    services, owner = house
    gateway, member = services.models, "input" if spoken == "responses" else "messages"
    body: dict[str, Any] = {"model": MODEL, member: [{"role": "user", "content": text * repeated}]}
    if tools:
        function: dict[str, Any] = {"name": "f", "parameters": {"type": "object"}}
        body["tools"] = [{"type": "function", "function": function, **function}]
    written = json.dumps(body, ensure_ascii=False).encode()
    await gateway.reach(owner)
    await gateway.guard.find_bounds(owner)
    caller = Caller(owner, wire(spoken), "127.0.0.1", {})
    found = Lanes(gateway, cast("HttpEgress", gateway.egress)).find(caller, written)
    assert found is not None
    lane = found[0]
    taken = lane.worst(len(written))
    asking = gateway.asking(caller.call(written, "x"), lane.frame.peek)
    assert taken == worst_case(lane.targets, lane.frame.peek, asking)
    added = 1_000 if tools else 0
    assert taken.tokens == min(len(written) + added, WINDOW) + 4_096
