"""Providers over REST: what goes in, what never comes out, who may."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.ai.conftest import Stage
from tests.fixtures.accounts import Person

from vectal.ai.ports import ListedModel, ProviderFault
from vectal.ai.tables import ProviderRow
from vectal.platform.db import Database

KEY = "sk-secret-0123456789-wxyz"
OPENAI = {"kind": "openai", "name": "My OpenAI", "key": KEY}


async def _create(api: httpx2.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await api.post("ai/providers", json={**OPENAI, **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()


def _code(answer: httpx2.Response) -> str:
    return answer.json()["code"]


async def test_a_provider_is_stored_and_shown_without_its_key(api: httpx2.AsyncClient) -> None:
    made = await _create(api)
    assert (made["key_hint"], made["has_key"]) == ("…wxyz", True)
    assert made["base_url"] == "https://api.openai.com/v1"
    listed = (await api.get("ai/providers")).json()
    assert [item["id"] for item in listed["items"]] == [made["id"]]
    assert KEY not in str(made) + str(listed)


@pytest.mark.parametrize(
    ("address", "way"),
    [
        ("https://api.openai.com/v1/", "vendor"),
        ("https://eu.api.openai.com/v1", "vendor"),
        ("https://eu.api.openai.com.example/v1", "chat"),
        ("https://models.example.com/v1", "chat"),
    ],
)
async def test_openai_takes_responses_at_each_of_its_addresses(
    api: httpx2.AsyncClient, address: str, way: str
) -> None:
    assert (await _create(api, base_url=address))["responses"] == way


async def test_a_key_lies_sealed_in_the_database(
    api: httpx2.AsyncClient, db: Database, person: Person
) -> None:
    await _create(api)
    async with db.read(person.principal) as session:
        row = (await session.scalars(select(ProviderRow)))[0]
    assert row.sealed_key is not None
    assert KEY.encode() not in row.sealed_key


async def test_a_key_moved_to_another_row_does_not_open(
    api: httpx2.AsyncClient, stage: Stage, db: Database, person: Person
) -> None:
    first, second = await _create(api), await _create(api, name="Second", key=KEY + "2")
    async with db.transaction(person.principal) as session:
        connection = await session.connection()
        await connection.execute(
            "UPDATE ai_providers SET sealed_key = (SELECT sealed_key FROM ai_providers"
            " WHERE id = $1) WHERE id = $2",
            *(first["id"], second["id"]),
        )
    result = (await api.post(f"ai/providers/{second['id']}/test")).json()
    assert (result["ok"], result["detail"]) == (False, "The stored key can't be read.")
    assert stage.actors["openai"].credentials == []


async def test_the_same_request_twice_makes_one_provider(api: httpx2.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await api.post("ai/providers", json=OPENAI, headers=headers)
    second = await api.post("ai/providers", json=OPENAI, headers=headers)
    assert first.json() == second.json()
    assert len((await api.get("ai/providers")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "openai", "name": "x"}, 422, "ai.provider_key_needed"),
        ({"kind": "openai_compatible", "name": "x"}, 422, "ai.provider_address_refused"),
        (
            {"kind": "simulator", "name": "x", "base_url": "https://x.test"},
            422,
            "ai.provider_address_refused",
        ),
        ({"kind": "acme", "name": "x"}, 422, "invalid_input"),
        ({"kind": "openai", "name": "", "key": KEY}, 422, "invalid_input"),
        ({"kind": "openai", "name": "x" * 81, "key": KEY}, 422, "invalid_input"),
        ({"kind": "openai", "name": "x", "key": "with space"}, 422, "invalid_input"),
        ({"kind": "openai", "name": "x", "key": "k" * 501}, 422, "invalid_input"),
        ({"kind": "openai", "name": ["x"], "key": KEY}, 422, "invalid_input"),
        ({"kind": "openai", "name": "x", "key": None}, 422, "ai.provider_key_needed"),
        ({"kind": "openai", "name": "x", "key": KEY, "colour": 1}, 422, "invalid_input"),
        (["openai"], 422, "invalid_input"),
    ],
)
async def test_what_is_no_provider_is_refused(
    api: httpx2.AsyncClient, body: object, status: int, code: str
) -> None:
    answer = await api.post("ai/providers", json=body)
    assert answer.status_code == status, answer.text
    assert _code(answer) == code
    assert KEY not in answer.text


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11434/v1",
        "https://127.0.0.1/v1",
        "https://169.254.169.254/latest",
        "https://10.0.0.8/v1",
        "https://[::1]/v1",
        "https://[::ffff:127.0.0.1]/v1",
        "https://2130706433/v1",
        "https://0x7f.1/v1",
        "http://api.example.com/v1",
        "ftp://api.example.com/v1",
        "https://user:pass@api.example.com/v1",
        "https://api.example.com/v1?key=1",
        "https://api.example.com/v1#x",
        "https://",
        "not an address",
        "file:///etc/passwd",
    ],
)
async def test_addresses_inside_and_odd_ones_are_refused(api: httpx2.AsyncClient, url: str) -> None:
    body = {"kind": "openai_compatible", "name": "x", "base_url": url, "key": KEY}
    for path in ("ai/providers", "ai/providers/test"):
        sent = body if path == "ai/providers" else {k: body[k] for k in ("kind", "base_url", "key")}
        answer = await api.post(path, json=sent)
        assert answer.status_code == 422, answer.text
        assert _code(answer) == "ai.provider_address_refused"


async def test_an_operator_may_open_an_address_inside(api: httpx2.AsyncClient) -> None:
    made = await _create(
        api, kind="openai_compatible", base_url="http://inside.test:11434/v1/", key=None
    )
    assert made["base_url"] == "http://inside.test:11434/v1"
    assert made["has_key"] is False


async def test_where_a_provider_runs_is_told_from_its_address(api: httpx2.AsyncClient) -> None:
    inside = "http://inside.test:11434/v1"
    made = [
        await _create(api),
        await _create(api, kind="simulator", name="S", key=None),
        await _create(api, kind="openai_compatible", name="L", base_url=inside, key=None),
        await _create(api, kind="openai_compatible", name="F", base_url="https://far.example/v1"),
    ]
    assert [each["location"] for each in made] == ["outside", "inside", "inside", "outside"]
    change = {"base_url": inside, "key": KEY}
    moved = await api.patch(f"ai/providers/{made[-1]['id']}", json=change)
    assert moved.json()["location"] == "inside"
    back = await api.patch(
        f"ai/providers/{made[-1]['id']}", json={"base_url": "https://far.example", "key": KEY}
    )
    assert back.json()["location"] == "outside"


async def test_weight_priority_and_region_are_kept_and_changed(api: httpx2.AsyncClient) -> None:
    plain = await _create(api, name="Plain")
    assert (plain["weight"], plain["priority"], plain["region"]) == (100, 100, "")
    made = await _create(api, weight=7, priority=0, region=" EU-West ")
    assert (made["weight"], made["priority"], made["region"]) == (7, 0, "eu-west")
    path = f"ai/providers/{made['id']}"
    changed = (await api.patch(path, json={"weight": 1000, "priority": 5, "region": ""})).json()
    assert (changed["weight"], changed["priority"], changed["region"]) == (1000, 5, "")
    assert changed["version"] == 2
    assert (await api.patch(path, json={"weight": 1000})).json()["version"] == 2


@pytest.mark.parametrize(
    "change",
    [
        {"weight": 0},
        {"weight": 1001},
        {"weight": "7"},
        {"weight": 1.5},
        {"weight": True},
        {"priority": -1},
        {"priority": 1001},
        {"region": "x" * 41},
        {"region": "a\u0000"},
        {"location": "inside"},
        {"hand_picked": True},
    ],
)
async def test_odd_weights_and_places_are_refused(
    api: httpx2.AsyncClient, change: dict[str, Any]
) -> None:
    answer = await api.post("ai/providers", json={**OPENAI, **change})
    assert answer.status_code == 422
    made = await _create(api)
    answer = await api.patch(f"ai/providers/{made['id']}", json=change)
    assert answer.status_code == 422


async def test_a_provider_may_wait_for_its_key_while_it_is_off(api: httpx2.AsyncClient) -> None:
    made = await _create(api, key=None, enabled=False)
    path = f"ai/providers/{made['id']}"
    early = await api.patch(path, json={"enabled": True})
    assert (early.status_code, _code(early)) == (422, "ai.provider_key_needed")
    assert (await api.patch(path, json={"enabled": True, "key": KEY})).json()["enabled"] is True


async def test_models_picked_by_hand_stay_picked(api: httpx2.AsyncClient, stage: Stage) -> None:
    picked = [{"name": "a", "context_tokens": 9_000}, {"name": "gone"}]
    made = await _create(api, models=picked)
    path = f"ai/providers/{made['id']}"
    stage.actors["openai"].models = (
        ListedModel("a", "Model A", 500_000, 4_000, retires_on="2030-01-01"),
        ListedModel("b", "Model B"),
    )
    assert len((await api.post(f"{path}/test")).json()["models"]) == 2
    shown = (await api.get("ai/providers")).json()["items"][0]["models"]
    assert [model["name"] for model in shown] == ["a", "gone"]
    assert (shown[0]["context_tokens"], shown[0]["max_output_tokens"]) == (9_000, 4_000)
    assert shown[0]["retires_on"] == "2030-01-01"
    await api.patch(path, json={"models": []})
    await api.post(f"{path}/test")
    shown = (await api.get("ai/providers")).json()["items"][0]["models"]
    assert [model["name"] for model in shown] == ["a", "b"]


async def test_two_providers_can_not_share_a_name(api: httpx2.AsyncClient) -> None:
    await _create(api)
    answer = await api.post("ai/providers", json={**OPENAI, "name": "MY OPENAI"})
    assert (answer.status_code, _code(answer)) == (409, "ai.provider_name_taken")


async def test_a_workspace_has_twenty_providers_at_most(api: httpx2.AsyncClient) -> None:
    for number in range(20):
        await _create(api, kind="simulator", name=f"S{number}", key=None)
    answer = await api.post("ai/providers", json=OPENAI)
    assert (answer.status_code, _code(answer)) == (409, "ai.provider_limit")


async def test_a_provider_is_changed_under_its_version(api: httpx2.AsyncClient) -> None:
    made = await _create(api)
    path = f"ai/providers/{made['id']}"
    changed = await api.patch(path, json={"name": "Renamed", "version": 1})
    assert (changed.json()["name"], changed.json()["version"]) == ("Renamed", 2)
    assert changed.headers["etag"] == '"2"'
    stale = await api.patch(path, json={"name": "Late"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, _code(stale)) == (412, "ai.provider_conflict")
    assert stale.json()["current"]["version"] == 2
    same = await api.patch(path, json={"name": "Renamed"})
    assert same.json()["version"] == 2


async def test_a_new_address_needs_the_key_again(api: httpx2.AsyncClient) -> None:
    made = await _create(api)
    path = f"ai/providers/{made['id']}"
    moved = await api.patch(path, json={"base_url": "https://evil.example.com/v1"})
    assert (moved.status_code, _code(moved)) == (422, "ai.provider_key_needed")
    same_place = await api.patch(path, json={"base_url": "https://api.openai.com/v2"})
    assert same_place.status_code == 200
    with_key = {"base_url": "https://other.example.com/v1", "key": KEY + "new"}
    assert (await api.patch(path, json=with_key)).json()["key_hint"] == "…znew"


async def test_a_provider_is_forgotten(api: httpx2.AsyncClient) -> None:
    made = await _create(api)
    assert (await api.delete(f"ai/providers/{made['id']}")).status_code == 204
    assert (await api.delete(f"ai/providers/{made['id']}")).status_code == 404
    assert (await api.get("ai/providers")).json()["items"] == []


async def test_a_stored_provider_is_tested_with_its_key(
    api: httpx2.AsyncClient, stage: Stage
) -> None:
    made = await _create(api)
    stage.actors["openai"].models = (ListedModel("gpt-6.1-sol", "Sol", 500_000),)
    result = (await api.post(f"ai/providers/{made['id']}/test")).json()
    assert (result["ok"], [m["name"] for m in result["models"]]) == (True, ["gpt-6.1-sol"])
    assert stage.actors["openai"].credentials[0].key == KEY
    shown = (await api.get("ai/providers")).json()["items"][0]
    assert shown["last_test"]["ok"] is True
    assert shown["version"] == 1
    models = (await api.get("ai/models")).json()["models"]
    sol = next(model for model in models if model["name"] == "gpt-6.1-sol")
    assert sol["context_tokens"] == 500_000


async def test_a_failed_test_says_why_and_keeps_the_models(
    api: httpx2.AsyncClient, stage: Stage
) -> None:
    made = await _create(api, models=[{"name": "gpt-7"}])
    stage.actors["openai"].models = ProviderFault("authentication", "The key was refused.")
    result = (await api.post(f"ai/providers/{made['id']}/test")).json()
    assert (result["ok"], result["detail"]) == (False, "The key was refused.")
    shown = (await api.get("ai/providers")).json()["items"][0]
    assert [model["name"] for model in shown["models"]] == ["gpt-7"]
    assert shown["last_test"]["detail"] == "The key was refused."


async def test_a_test_names_the_address_where_nothing_answers(
    api: httpx2.AsyncClient, stage: Stage
) -> None:
    stage.actors["openai"].models = ProviderFault("connection", "It can't be reached")
    probe = {"kind": "openai", "key": KEY, "base_url": "https://models.test:8443/v1"}
    result = (await api.post("ai/providers/test", json=probe)).json()
    assert result["ok"] is False
    assert result["detail"].startswith("Nothing answers at https://models.test:8443. ")


async def test_a_provider_is_tested_before_it_is_stored(
    api: httpx2.AsyncClient, stage: Stage
) -> None:
    probe = {"kind": "anthropic", "key": KEY}
    assert (await api.post("ai/providers/test", json=probe)).json()["ok"] is True
    assert stage.actors["anthropic"].credentials[0].base_url == "https://api.anthropic.com"
    assert (await api.get("ai/providers")).json()["items"] == []
