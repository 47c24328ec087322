"""What a call on the short way sets aside is what the long way would."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from tests.fixtures.accounts import MakeUser, people_of

from vectal.ai.ports import ListedModel
from vectal.ai.providers.egress import HttpEgress
from vectal.ai.proxy.wires.port import WireName
from vectal.ai.proxy.wires.registry import wire
from vectal.ai.service.gateway.asking import BYTES_PER_TOKEN
from vectal.ai.service.gateway.lanes import Caller, Lanes
from vectal.ai.service.gateway.worst_case import worst_case
from vectal.ai.service.provider_rows import ProviderDraft
from vectal.auth.principal import Principal
from vectal.entrypoints.services import Services

MODEL = "gpt-6.1-sol"
WINDOW = 20_000
LONGEST = 4_096
TEXTS = ("", "a", "words of it ", "☃é!", "\U0001f600", '\\"')
REPEATED = (1, 40, 900, 2_300, 7_000)
WIRES: tuple[WireName, ...] = ("chat_completions", "responses")


@pytest.fixture
async def house(house_services: Services) -> tuple[Services, Principal]:
    services = house_services
    make: MakeUser = people_of(services.database, services.accounts, services.auth)
    owner = (await make()).principal
    listed = ListedModel(MODEL, MODEL, WINDOW, LONGEST)
    url, key = "https://inside.test/v1", "sk-test-0123456789abcd"
    draft = ProviderDraft("openai", "o", url, key, models=(listed,), responses="vendor")
    await services.ai.providers.create(owner, draft)
    return services, owner


@pytest.mark.parametrize("spoken", WIRES)
@pytest.mark.parametrize("has_tools", [False, True])
async def test_it_is_a_token_a_byte_and_never_more_than_the_window(
    house: tuple[Services, Principal], spoken: WireName, *, has_tools: bool
) -> None:
    sizes = [
        await _check(house, spoken, text * times, has_tools=has_tools)
        for text in TEXTS
        for times in REPEATED
    ]
    assert min(sizes) < WINDOW < max(sizes)


async def _check(
    house: tuple[Services, Principal], spoken: WireName, text: str, *, has_tools: bool
) -> int:
    """How many bytes the call has; 0 for one that by our estimate is too long to be planned."""
    services, owner = house
    gateway, member = services.models, "input" if spoken == "responses" else "messages"
    body: dict[str, Any] = {"model": MODEL, member: [{"role": "user", "content": text}]}
    if has_tools:
        function: dict[str, Any] = {"name": "f", "parameters": {"type": "object"}}
        body["tools"] = [{"type": "function", "function": function, **function}]
    written = json.dumps(body, ensure_ascii=False).encode()
    await gateway.reach(owner)
    await gateway.guard.find_bounds(owner)
    caller = Caller(owner, wire(spoken), "127.0.0.1", {})
    found = Lanes(gateway, cast("HttpEgress", gateway.egress)).find(caller, written)
    if len(written) // BYTES_PER_TOKEN > WINDOW - LONGEST:
        assert found is None
        return 0
    assert found is not None
    lane = found[0]
    taken = lane.worst(len(written))
    asking = gateway.asking(caller.call(written, "x"), lane.frame.peek)
    assert taken == worst_case(lane.targets, lane.frame.peek, asking)
    added = 1_000 if has_tools else 0
    assert taken.tokens == min(len(written) + added, WINDOW) + LONGEST
    return len(written)
