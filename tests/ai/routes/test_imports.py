"""A configuration of LiteLLM over REST: what is told, what is made, what never comes out."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs
from tests.ai.conftest import Stage
from tests.ai.routes.conftest import MakeApi
from tests.fixtures.accounts import MakeKey, MakeUser, Person

from vectal.accounts.contracts import Role
from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.contracts import ModelChoice
from vectal.ai.router.embedding import route_embedding
from vectal.ai.router.request import Conditions
from vectal.ai.service.key_rules import KeyRules, KeyRuleService
from vectal.ai.service.providers import MAX_PROVIDERS
from vectal.ai.service.reach import ReachReader
from vectal.auth.service import AuthService
from vectal.platform.clock import SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database

PATH = "ai/imports/litellm"
KEY = "sk-secret-0123456789-wxyz"
CONFIG = """
model_list:
  - model_name: house
    litellm_params: {model: openai/gpt-6.1-sol, api_key: os.environ/HOUSE_KEY}
  - model_name: quick
    litellm_params: {model: groq/llama-9}
  - model_name: ours
    litellm_params: {model: openai/qwen, api_base: os.environ/OUR_BASE, api_key: os.environ/OUR_KEY}
  - model_name: vectors
    litellm_params: {model: openai/text-embedding-3-small, api_key: os.environ/HOUSE_KEY}
    model_info: {mode: embedding}
router_settings:
  fallbacks: [{house: [quick]}]
general_settings: {master_key: sk-1234}
"""


async def _import(api: httpx2.AsyncClient, **members: Any) -> dict[str, Any]:
    answer = await api.post(PATH, json={"config": CONFIG, **members})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_dry_run_tells_what_would_be_and_changes_nothing(
    api: httpx2.AsyncClient, person: Person, stage: Stage
) -> None:
    before = await stage.ai.get_preferences(person.principal)
    report = await _import(api, dry_run=True)
    assert report["dry_run"] is True
    assert report["references"] == [
        {"name": "HOUSE_KEY", "wanted": "key", "missing": True},
        {"name": "GROQ_API_KEY", "wanted": "key", "missing": True},
        {"name": "OUR_BASE", "wanted": "address", "missing": True},
        {"name": "OUR_KEY", "wanted": "key", "missing": True},
    ]
    assert report["providers"][0] == {
        "name": "openai",
        "kind": "openai",
        "address": "https://api.openai.com",
        "models": ["gpt-6.1-sol", "text-embedding-3-small"],
        "key": "missing",
        "reference": "HOUSE_KEY",
        "outcome": "made_disabled",
        "detail": "HOUSE_KEY is not set; enter its key and enable it",
    }
    assert report["aliases"][0] == {"name": "house", "model": "gpt-6.1-sol"}
    assert report["fallbacks"] == [{"name": "house", "models": ["quick"]}]
    assert [each["place"] for each in report["ignored"]] == [
        "general_settings.master_key",
        "model_list[2]",
    ]
    assert await stage.ai.providers.list_providers(person.principal) == []
    assert await stage.ai.get_preferences(person.principal) == before


async def test_keys_and_addresses_that_are_given_are_used(
    api: httpx2.AsyncClient, person: Person, stage: Stage
) -> None:
    keys = {"HOUSE_KEY": KEY, "OUR_BASE": "http://inside.test:8000/v1", "OUR_KEY": KEY + "-ours"}
    dry = await _import(api, keys=keys, dry_run=True)
    wet = await _import(api, keys=keys)
    assert dry == {**wet, "dry_run": True}
    shown = [(p["name"], p["address"], p["key"], p["outcome"]) for p in wet["providers"]]
    assert shown == [
        ("openai", "https://api.openai.com", "given", "made"),
        ("groq", "https://api.groq.com", "missing", "made_disabled"),
        ("openai (OUR_KEY)", "http://inside.test:8000", "given", "made"),
    ]
    assert KEY not in str(wet)
    stored = await stage.ai.providers.list_providers(person.principal)
    assert [(each.name, each.base_url) for each in stored] == [
        ("openai", "https://api.openai.com/v1"),
        ("groq", "https://api.groq.com/openai/v1"),
        ("openai (OUR_KEY)", "http://inside.test:8000/v1"),
    ]
    await stage.ai.providers.test(person.principal, stored[0].id)
    assert stage.actors["openai"].credentials[0].key == KEY
    preferences = await stage.ai.get_preferences(person.principal)
    assert preferences.aliases["vectors"] == "text-embedding-3-small"
    assert preferences.fallbacks == {"house": ("quick",)}


async def test_the_servers_environment_is_never_looked_at(
    api: httpx2.AsyncClient, person: Person, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = await _import(api, dry_run=True)
    for name in ("HOUSE_KEY", "GROQ_API_KEY", "OUR_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "sk-of-the-server-0123456789")
    monkeypatch.setenv("OUR_BASE", "https://server.test/v1")
    assert await _import(api, dry_run=True) == without
    report = await _import(api)
    assert {each["key"] for each in report["providers"]} == {"missing"}
    stored = await stage.ai.providers.list_providers(person.principal)
    assert [(each.name, each.key_hint, each.enabled) for each in stored] == [
        ("openai", "", False),
        ("groq", "", False),
    ]


async def test_a_model_for_vectors_is_within_reach_by_its_name(
    api: httpx2.AsyncClient,
    person: Person,
    db: Database,
    keyring: Keyring,
    models_file: ModelsFile,
) -> None:
    config = """
model_list:
  - model_name: our-vectors
    litellm_params: {model: mistral/vec-1, api_key: os.environ/MISTRAL_API_KEY}
    model_info: {mode: embedding, output_vector_size: 1024}
"""
    await _import(api, config=config, keys={"MISTRAL_API_KEY": KEY})
    reach = await ReachReader(db, keyring, models_file, SystemClock()).read(person.principal)
    choice = ModelChoice(model="our-vectors")
    plan = route_embedding(
        reach.catalog, choice, None, reach.preferences, Conditions(SystemClock().now())
    )
    assert [each.offer.model.name for each in plan.candidates] == ["vec-1"]


@pytest.mark.parametrize(
    ("config", "line", "column"),
    [
        (f"model_list:\n  - model_name: a\n   litellm_params: {{api_key: {KEY}}}\n", 3, 4),
        (f"model_list: [{{x: *{KEY}}}]", 1, 18),
        ("model_list:\n  - 2024-13-45", 2, 5),
    ],
)
async def test_a_mistake_is_told_with_its_line_and_column(
    api: httpx2.AsyncClient, config: str, line: int, column: int
) -> None:
    answer = await api.post(PATH, json={"config": config})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "ai.import_refused"), answer.text
    assert (problem["line"], problem["column"]) == (line, column)
    assert f"in line {line}, column {column}" in problem["detail"]
    assert problem["errors"][0]["pointer"] == "/config"
    assert KEY not in answer.text


async def test_a_file_of_something_else_is_refused_without_a_place(
    api: httpx2.AsyncClient,
) -> None:
    problem = (await api.post(PATH, json={"config": "services: {}"})).json()
    assert problem["code"] == "ai.import_refused"
    assert "no model_list" in problem["detail"]
    assert "line" not in problem


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"config": "a" * (256 * 1024 + 1)}, "/config"),
        ({"config": "é" * (128 * 1024 + 1)}, "/config"),
        ({"config": None}, "/config"),
        ({"keys": {f"K{n}": KEY for n in range(101)}}, "/keys"),
        ({"keys": {"K": "k" * 501}}, "/keys/K"),
        ({"keys": {"K": KEY + " with space"}}, "/keys/K"),
        ({"keys": {"K": None}}, "/keys/K"),
        ({"keys": [KEY]}, "/keys"),
        ({"dry_run": "yes"}, "/dry_run"),
        ({"colour": KEY}, "/colour"),
    ],
)
async def test_what_is_too_large_or_odd_is_refused(
    api: httpx2.AsyncClient, members: dict[str, Any], pointer: str
) -> None:
    answer = await api.post(PATH, json={"config": CONFIG, **members})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert KEY not in answer.text


async def test_the_same_request_twice_is_carried_out_once(api: httpx2.AsyncClient) -> None:
    body = {"config": CONFIG, "keys": {"HOUSE_KEY": KEY}}
    headers = {"Idempotency-Key": "one"}
    first = await api.post(PATH, json=body, headers=headers)
    second = await api.post(PATH, json=body, headers=headers)
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    third = await _import(api, keys={"HOUSE_KEY": KEY})
    assert {each["outcome"] for each in third["providers"]} == {"exists"}


async def test_no_key_comes_into_the_log(api: httpx2.AsyncClient) -> None:
    written = CONFIG.replace("groq/llama-9", f"groq/llama-9, api_key: {KEY}-written")
    with capture_logs() as lines:
        await _import(api, config=written, keys={"HOUSE_KEY": KEY})
        await api.post(PATH, json={"config": f"model_list: [*{KEY}]", "keys": {"K": KEY}})
    assert KEY not in str(lines)


async def test_a_refused_address_says_why_and_is_shown(api: httpx2.AsyncClient) -> None:
    keys = {"OUR_BASE": "http://127.0.0.1:9/v1"}
    provider = (await _import(api, keys=keys, dry_run=True))["providers"][2]
    assert (provider["address"], provider["outcome"]) == ("http://127.0.0.1:9", "refused")
    assert "VECTAL_EGRESS_ALLOW" in provider["detail"]
    keys = {"OUR_BASE": KEY}
    provider = (await _import(api, keys=keys, dry_run=True))["providers"][2]
    assert (provider["address"], provider["outcome"]) == ("", "refused")
    assert KEY not in str(provider)


async def test_a_dry_run_knows_how_many_providers_there_may_be(api: httpx2.AsyncClient) -> None:
    models = [
        {"model_name": "m", "litellm_params": {"model": f"openai/m{n}", "api_key": f"sk-{n}"}}
        for n in range(MAX_PROVIDERS + 1)
    ]
    config = str({"model_list": models})
    dry = await _import(api, config=config, dry_run=True)
    wet = await _import(api, config=config)
    assert dry == {**wet, "dry_run": True}
    assert wet["providers"][-1]["outcome"] == "refused"
    assert "at most 20" in wet["providers"][-1]["detail"]


async def test_members_may_not(
    api: httpx2.AsyncClient, make_api: MakeApi, person: Person, make_user: MakeUser
) -> None:
    member = await make_user(workspace_id=person.principal.workspace_id, role=Role.MEMBER)
    answer = await make_api(member.headers).post(PATH, json={"config": CONFIG, "dry_run": True})
    assert answer.status_code == 403
    assert (await api.get("ai/providers")).json()["items"] == []


async def test_a_key_with_rules_may_not(
    make_api: MakeApi, make_key: MakeKey, person: Person, db: Database, auth: AuthService
) -> None:
    issued = await make_key(person)
    caller = make_api({"Authorization": f"Bearer {issued.text}"})
    rules = KeyRuleService(db, auth.keys)
    await rules.put_rules(person.principal, issued.key.id, KeyRules(models=("auto",)))
    answer = await caller.post(PATH, json={"config": CONFIG, "dry_run": True})
    assert answer.status_code == 403
    assert "A key with rules" in answer.json()["detail"]


TWO_WAYS = """
model_list:
  - model_name: house
    litellm_params: {model: openai/qwen, api_base: "http://127.0.0.1:9/v1", api_key: sk-a}
  - model_name: lost
    litellm_params: {model: openai/gone, api_base: "http://127.0.0.1:9/v1", api_key: sk-a}
  - model_name: house
    litellm_params: {model: groq/llama-9, api_key: sk-b}
  - model_name: quick
    litellm_params: {model: groq/llama-10, api_key: sk-b}
router_settings:
  fallbacks: [{quick: [lost, house]}, {lost: [quick]}]
  model_group_alias: {other: lost, same: house}
"""


@pytest.mark.parametrize("dry_run", [True, False])
async def test_names_of_a_refused_provider_are_left_out(
    api: httpx2.AsyncClient, person: Person, stage: Stage, *, dry_run: bool
) -> None:
    """They were imported, and led to models that nobody has."""
    report = await _import(api, config=TWO_WAYS, dry_run=dry_run)
    refused, made = report["providers"]
    assert (refused["outcome"], made["outcome"]) == ("refused", "made")
    aliases = {each["name"]: each["model"] for each in report["aliases"]}
    assert aliases == {"house": "llama-9", "quick": "llama-10", "same": "llama-9"}
    assert report["fallbacks"] == [{"name": "quick", "models": ["house"]}]
    told = {each["place"]: each["reason"] for each in report["ignored"]}
    why = f"its provider {refused['name']} was refused"
    assert told["model_list[0]"] == f"house: {why}"
    assert told["model_list[1]"] == f"lost: {why}"
    assert told["fallbacks.quick"] == "lost was not carried over"
    assert told["fallbacks.lost"] == "no deployment of this name was carried over"
    assert told["model_group_alias.other"] == "it leads to nothing that was carried over"
    kept = await stage.ai.get_preferences(person.principal)
    assert kept.aliases == ({} if dry_run else aliases)


LEFT_ALONE = """
model_list:
  - model_name: a
    litellm_params: {model: openai/a, api_key: os.environ/KEY_A}
  - model_name: b
    litellm_params: {model: openai/b, api_base: http://127.0.0.1:9/v1, api_key: os.environ/KEY_B}
  - model_name: c
    litellm_params: {model: groq/c, api_key: os.environ/SHARED}
  - model_name: d
    litellm_params: {model: openai/d, api_base: http://127.0.0.1:9/v1, api_key: os.environ/SHARED}
  - model_name: e
    litellm_params: {model: openai/e, api_base: os.environ/BASE, api_key: os.environ/KEY_B2}
"""


async def test_nobody_is_asked_for_keys_of_what_is_left_alone(api: httpx2.AsyncClient) -> None:
    report = await _import(api, config=LEFT_ALONE, dry_run=True)
    assert [each["outcome"] for each in report["providers"]] == [
        "made_disabled",
        "refused",
        "made_disabled",
        "refused",
    ]
    names = [each["name"] for each in report["references"]]
    assert names == ["KEY_A", "SHARED", "BASE", "KEY_B2"]
    await _import(api, config=LEFT_ALONE)
    again = await _import(api, config=LEFT_ALONE, dry_run=True)
    assert [each["name"] for each in again["references"]] == ["BASE", "KEY_B2"]
    # The address is one that this server may not reach; it can be changed, its key is no use.
    keys = {"BASE": "http://127.0.0.1:9/v1"}
    tried = await _import(api, config=LEFT_ALONE, keys=keys, dry_run=True)
    assert [each["name"] for each in tried["references"]] == ["BASE"]


async def test_another_server_of_a_name_that_is_taken_gets_one_of_its_own(
    api: httpx2.AsyncClient,
) -> None:
    """It was left alone for its name, and the names that it serves led to the other's models."""
    made = {"kind": "openai", "name": "OpenAI", "key": KEY}
    assert (await api.post("ai/providers", json=made)).status_code == 201
    params = f"{{model: openai/own, api_base: http://inside.test:8000/v1, api_key: {KEY}}}"
    config = f"model_list: [{{model_name: mine, litellm_params: {params}}}]"
    for outcome in ("made", "exists"):
        report = await _import(api, config=config)
        shown = [(each["name"], each["outcome"]) for each in report["providers"]]
        assert shown == [("openai (inside.test)", outcome)]
    same = f"model_list: [{{model_name: a, litellm_params: {{model: openai/b, api_key: {KEY}}}}}]"
    (left,) = (await _import(api, config=same))["providers"]
    assert (left["name"], left["outcome"]) == ("openai", "exists")
