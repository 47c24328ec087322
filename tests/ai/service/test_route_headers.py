"""What the head of an answer says of the model, on the short way as on the long one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast

import pytest
from tests.fixtures.accounts import people_of

from vectal.ai.catalog.spec import SOON
from vectal.ai.ports import ListedModel
from vectal.ai.providers.egress import HttpEgress
from vectal.ai.proxy.record import CallRecord
from vectal.ai.proxy.wires.registry import wire
from vectal.ai.service.gateway.lanes import Caller, Lane, Lanes
from vectal.ai.service.gateway.route_headers import route_headers
from vectal.ai.service.provider_rows import ProviderDraft
from vectal.auth.principal import Principal
from vectal.entrypoints.services import Services

ENDING, STAYING = "ending-model", "staying-model"
ENDS_AT = datetime(2098, 5, 1, tzinfo=UTC)


@pytest.fixture
async def owner(house_services: Services) -> Principal:
    services = house_services
    make = people_of(services.database, services.accounts, services.auth)
    owner = (await make()).principal
    models = (
        ListedModel(ENDING, ENDING, retires_on=ENDS_AT.date().isoformat()),
        ListedModel(STAYING, STAYING),
    )
    url, key = "https://inside.test/v1", "sk-test-0123456789abcd"
    draft = ProviderDraft("openai_compatible", "o", url, key, models=models)
    await services.ai.providers.create(owner, draft)
    return owner


async def _lane(services: Services, owner: Principal, model: str) -> Lane:
    gateway = services.models
    await gateway.reach(owner)
    await gateway.guard.find_bounds(owner)
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hi"}]}).encode()
    caller = Caller(owner, wire("chat_completions"), "127.0.0.1", {})
    found = Lanes(gateway, cast("HttpEgress", gateway.egress)).find(caller, body)
    assert found is not None
    return found[0]


async def test_a_model_that_ends_says_so_in_headers_for_programs(
    house_services: Services, owner: Principal
) -> None:
    lane = await _lane(house_services, owner, ENDING)
    told = route_headers(lane.target, CallRecord())
    assert parsedate_to_datetime(told["sunset"]) == ENDS_AT
    assert told["sunset"] == "Thu, 01 May 2098 00:00:00 GMT"
    began = datetime.fromtimestamp(int(told["deprecation"].removeprefix("@")), UTC)
    assert began == ENDS_AT - SOON
    lines = lane.route_lines.decode().split("\r\n")
    for name in ("sunset", "deprecation"):
        assert f"{name}: {told[name]}" in lines


async def test_one_that_stays_has_none(house_services: Services, owner: Principal) -> None:
    lane = await _lane(house_services, owner, STAYING)
    assert not {"sunset", "deprecation"} & set(route_headers(lane.target, CallRecord()))
    assert b"sunset" not in lane.route_lines.lower()
