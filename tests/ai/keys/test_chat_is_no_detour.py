"""What a key may not ask for under `/v1`, it may not have answered in chat either."""

from __future__ import annotations

from typing import Any

import httpx2
from tests.fixtures.accounts import MakeKey, Person

from vectal.ai.service.key_rules import KeyRules
from vectal.auth.principal import Principal
from vectal.entrypoints.services import Services

SCOPES = ["ai:use", "chat:read", "chat:write"]


async def _post(client: httpx2.AsyncClient, path: str, key: str, body: dict[str, Any]) -> Any:
    headers = {"x-api-key": key, "accept": "application/json"}
    return await client.post(f"/api/v1/{path}", json=body, headers=headers)


async def test_a_key_with_rules_begins_no_turn(
    house_client: httpx2.AsyncClient,
    house_services: Services,
    person: Person,
    make_key: MakeKey,
) -> None:
    free, bound = await make_key(person, SCOPES), await make_key(person, SCOPES)
    owner: Principal = person.principal
    rules = KeyRules(models=("vectal/fast",))
    await house_services.key_rules.put_rules(owner, bound.key.id, rules)
    made = await _post(house_client, "conversations", bound.text, {})
    assert made.status_code == 201, made.text
    turns = f"conversations/{made.json()['id']}/turns"
    refused = await _post(house_client, turns, bound.text, {"text": "hello"})
    assert refused.status_code == 403, refused.text
    assert "under /v1 only" in refused.json()["detail"]
    taken = await _post(house_client, turns, free.text, {"text": "hello"})
    assert taken.status_code in {200, 201, 202}, taken.text
