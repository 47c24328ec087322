"""What can be chosen, how it is chosen, and what was used, over REST."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from tests.ai.conftest import Stage
from tests.ai.routes.conftest import MakeApi
from tests.ai.service.asking import ask, collect
from tests.fixtures.accounts import MakeUser, Person

from vectal.accounts.contracts import Role
from vectal.ai.contracts import SLOTS, Failed, ModelChoice

KEY = "sk-secret-0123456789-wxyz"
UNSAID: dict[str, object] = {
    "taste": "balanced",
    "providers": [],
    "blocked_models": [],
    "slots": None,
    "never_leaves": False,
    "allowed_providers": [],
    "allowed_regions": [],
    "aliases": {},
    "fallbacks": {},
    "response_cache": {"enabled": False, "ttl_s": 3_600},
    "hedge_after_ms": None,
    "guardrails": {
        "personal_data": "off",
        "kinds": ["email", "phone", "iban", "card", "ip", "secret"],
        "denied_phrases": [],
        "denied_patterns": [],
        "denied_in": "answers",
        "unreadable": "allow",
        "schema_check": "off",
        "max_answer_chars": None,
        "webhook": None,
        "on_failure": "refuse",
    },
    "unreached": {"aliases": {}, "fallbacks": {}},
}


async def test_without_keys_every_slot_is_simulated(api: httpx2.AsyncClient) -> None:
    body = (await api.get("ai/models")).json()
    assert [slot["slot"] for slot in body["slots"]] == list(SLOTS)
    assert all(slot["simulated"] and slot["available"] for slot in body["slots"])
    assert body["slots"][0]["alias_of"] == "GPT-4.5"
    by_name = {model["name"]: model for model in body["models"]}
    assert by_name["simulator"]["available"]
    assert not by_name["gpt-6.1-sol"]["available"]
    assert by_name["gpt-6.1-sol"]["price"] == {"input": 2.0, "output": 10.0}


async def test_a_key_brings_its_models(api: httpx2.AsyncClient) -> None:
    await api.post("ai/providers", json={"kind": "anthropic", "name": "A", "key": KEY})
    body = (await api.get("ai/models")).json()
    pro = body["slots"][0]
    assert (pro["model"], pro["provider"], pro["simulated"]) == ("claude-opus-5-5", "A", False)
    assert "slot.next" in pro["reason"]["codes"]
    assert pro["price"] == {"input": 4.0, "output": 20.0}
    haiku = next(model for model in body["models"] if model["name"] == "claude-haiku-5-5")
    assert haiku["available"]
    assert haiku["slots"] == ["fast"]
    assert "claude-instant-1.2" in haiku["aliases"]


async def test_a_disabled_provider_brings_nothing(api: httpx2.AsyncClient) -> None:
    body = {"kind": "anthropic", "name": "A", "key": KEY, "enabled": False}
    await api.post("ai/providers", json=body)
    assert (await api.get("ai/models")).json()["slots"][0]["simulated"]


async def test_the_simulator_can_be_switched_off(api: httpx2.AsyncClient) -> None:
    await api.post("ai/providers", json={"kind": "simulator", "name": "S", "enabled": False})
    slots = (await api.get("ai/models")).json()["slots"]
    assert not any(slot["available"] for slot in slots)
    assert slots[0]["model"] is None
    assert slots[0]["reason"]["codes"] == ["no_model"]


async def test_preferences_are_kept_and_followed(api: httpx2.AsyncClient) -> None:
    assert (await api.get("ai/preferences")).json() == UNSAID
    wanted: dict[str, Any] = {
        "taste": "best",
        "providers": ["anthropic"],
        "blocked_models": ["claude-opus-5-5"],
        "slots": ["fast", "pro"],
        "never_leaves": False,
        "allowed_providers": ["anthropic", "openai"],
        "allowed_regions": [],
        "aliases": {"house": "vectal/fast"},
        "fallbacks": {"gpt-6.1-sol": ["claude-haiku-5-5"]},
        "response_cache": {"enabled": True, "ttl_s": 60},
        "hedge_after_ms": 1_500,
        "guardrails": {
            "personal_data": "redact",
            "kinds": ["email", "card"],
            "denied_phrases": ["Project Falcon"],
            "denied_patterns": ["(?i)internal[- ]only"],
            "denied_in": "both",
            "unreadable": "refuse",
            "schema_check": "flag",
            "max_answer_chars": 5_000,
            "webhook": {"url": "https://judge.example/check", "timeout_ms": 500},
            "on_failure": "pass",
        },
        "unreached": {"aliases": {}, "fallbacks": {}},
    }
    assert (await api.put("ai/preferences", json=wanted)).json() == wanted
    assert (await api.get("ai/preferences")).json() == wanted
    for kind in ("openai", "anthropic"):
        await api.post("ai/providers", json={"kind": kind, "name": kind, "key": KEY})
    slots = {slot["slot"]: slot for slot in (await api.get("ai/models")).json()["slots"]}
    assert slots["pro"]["model"] == "gpt-6.1-sol"
    assert slots["reasoning"]["available"] is False


async def test_names_that_lead_nowhere_are_kept_and_told(api: httpx2.AsyncClient) -> None:
    names = {
        "aliases": {"house": "vectal/pro", "opus": "claude-opus-5-5", "typo": "claude-opsu"},
        "fallbacks": {"gpt-6.1-sol": ["typo", "claude-haiku-5-5", "nonesuch"]},
    }
    await api.post("ai/providers", json={"kind": "openai", "name": "O", "key": KEY})
    saved = await api.put("ai/preferences", json=names)
    lost = {
        "aliases": {"opus": "claude-opus-5-5", "typo": "claude-opsu"},
        "fallbacks": {"gpt-6.1-sol": ["claude-haiku-5-5", "nonesuch"]},
    }
    assert (saved.status_code, saved.json()["unreached"]) == (200, lost)
    await api.post("ai/providers", json={"kind": "anthropic", "name": "A", "key": KEY})
    now = (await api.get("ai/preferences")).json()
    still_lost = {"aliases": {"typo": "claude-opsu"}, "fallbacks": {"gpt-6.1-sol": ["nonesuch"]}}
    assert now["unreached"] == still_lost
    # What was read can be sent back, with what it told then.
    again = await api.put("ai/preferences", json=saved.json())
    assert (again.status_code, again.json()) == (200, now)


@pytest.mark.parametrize(
    "body",
    [
        {"taste": "odd"},
        {"providers": ["x"]},
        {"slots": []},
        {"slots": "fast"},
        {"x": 1},
        {"never_leaves": "yes"},
        {"never_leaves": 1},
        {"never_leaves": None},
        {"allowed_providers": ["acme"]},
        {"allowed_providers": ["openai"] * 31},
        {"allowed_regions": [""]},
        {"allowed_regions": ["x" * 41]},
        {"allowed_regions": ["e\u0000u"]},
        {"aliases": {"vectal/fast": "gpt-4.5"}},
        {"aliases": {"house": "vectal/nonesuch"}},
        {"aliases": {"house": ""}},
        {"aliases": {"": "gpt-4.5"}},
        {"aliases": {str(number): "gpt-4.5" for number in range(101)}},
        {"fallbacks": {"gpt-4.5": []}},
        {"fallbacks": {"gpt-4.5": ["m"] * 6}},
        {"fallbacks": {"gpt-4.5": "claude-opus"}},
        {"response_cache": {"enabled": "yes"}},
        {"response_cache": {"ttl_s": 0}},
        {"response_cache": {"ttl_s": 86_401}},
        {"response_cache": {"principal": "all"}},
        {"hedge_after_ms": 49},
        {"hedge_after_ms": 60_001},
        {"hedge_after_ms": True},
        {"guardrails": {"personal_data": "maybe"}},
        {"guardrails": {"kinds": ["shoe size"]}},
        {"guardrails": {"denied_phrases": [""]}},
        {"guardrails": {"denied_phrases": ["x"] * 101}},
        {"guardrails": {"denied_patterns": ["("]}},
        {"guardrails": {"denied_patterns": ["(?=x)"]}},
        {"guardrails": {"denied_patterns": [r"(a)\1"]}},
        {"guardrails": {"denied_patterns": ["(a{1000}){1000}"]}},
        {"guardrails": {"max_answer_chars": 0}},
        {"guardrails": {"webhook": {"url": "ftp://judge.example"}}},
        {"guardrails": {"webhook": {"url": "https://judge.example", "timeout_ms": 20_000}}},
        {"guardrails": {"on_failure": "shrug"}},
    ],
)
async def test_odd_preferences_are_refused(api: httpx2.AsyncClient, body: object) -> None:
    assert (await api.put("ai/preferences", json=body)).status_code == 422


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?=x)", "look-around at character 1"),
        (r"[(?=]\((?<!a)", "look-around at character 8"),
        (r"(a)\1", "a back-reference at character 4"),
        ("(?>a)", "an atomic group at character 1"),
        ("(", "is no pattern"),
    ],
)
async def test_a_pattern_that_is_refused_says_where_and_why(
    api: httpx2.AsyncClient, pattern: str, why: str
) -> None:
    body = {"guardrails": {"denied_patterns": ["fine", pattern]}}
    answer = await api.put("ai/preferences", json=body)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/guardrails/denied_patterns/1")
    assert why in error["detail"]
    assert not error["detail"].startswith("Value error")


async def test_regions_are_told_alike_however_they_are_written(api: httpx2.AsyncClient) -> None:
    saved = await api.put("ai/preferences", json={"allowed_regions": [" EU ", "eu"]})
    assert saved.json()["allowed_regions"] == ["eu"]


async def test_a_model_outside_the_policy_is_shown_and_refused(
    api: httpx2.AsyncClient, stage: Stage, person: Person
) -> None:
    await api.post("ai/providers", json={"kind": "anthropic", "name": "A", "key": KEY})
    await api.put("ai/preferences", json={"never_leaves": True})
    body = (await api.get("ai/models")).json()
    haiku = next(model for model in body["models"] if model["name"] == "claude-haiku-5-5")
    assert (haiku["available"], haiku["refused"]) == (False, "policy.never_leaves")
    assert body["slots"][0]["reason"]["codes"] == ["policy.never_leaves"]
    request = ask(choice=ModelChoice(model="claude-opus"))
    events = await collect(stage.ai.respond(person.principal, request))
    assert isinstance(events[-1], Failed)
    assert events[-1].code == "ai.no_model"
    assert "may not leave the house" in events[-1].detail
    assert stage.actors["anthropic"].requests == []


async def test_a_model_that_ends_is_shown_with_its_successor(api: httpx2.AsyncClient) -> None:
    soon = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    models = [
        {"name": "gpt-6-luna", "retires_on": soon},
        {"name": "old", "retires_on": "2020-01-01"},
    ]
    body = {"kind": "openai", "name": "O", "key": KEY, "models": models}
    assert (await api.post("ai/providers", json=body)).status_code == 201
    by_name = {model["name"]: model for model in (await api.get("ai/models")).json()["models"]}
    luna, old = by_name["gpt-6-luna"], by_name["old"]
    assert (luna["retirement"], luna["retires_on"]) == ("soon", soon)
    assert luna["successor"] == "gpt-6.1-terra"
    assert (old["retirement"], old["available"]) == ("retired", False)
    assert by_name["gpt-6.1-sol"]["retirement"] == "none"


async def test_usage_is_summed_by_day_and_by_model(
    api: httpx2.AsyncClient, stage: Stage, person: Person
) -> None:
    for model in ("simulator", "simulator-thinking", "simulator"):
        request = ask(choice=ModelChoice(model=model))
        await collect(stage.ai.respond(person.principal, request))
    by_model = (await api.get("ai/usage", params={"group": "model"})).json()
    assert {item["group"]: item["calls"] for item in by_model["items"]} == {
        "simulator": 2,
        "simulator-thinking": 1,
    }
    assert by_model["total"]["calls"] == 3
    assert by_model["total"]["cost_usd"] == 0
    assert by_model["total"]["input_tokens"] > 0
    by_day = (await api.get("ai/usage")).json()
    assert [item["group"] for item in by_day["items"]] == [datetime.now(UTC).date().isoformat()]


async def test_members_see_their_own_usage_and_administrators_everyones(
    stage: Stage, person: Person, make_user: MakeUser, make_api: MakeApi
) -> None:
    member = await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)
    for someone in (person, member):
        await collect(stage.ai.respond(someone.principal, ask()))
    everyone = (await make_api(person.headers).get("ai/usage")).json()
    assert (everyone["everyone"], everyone["total"]["calls"]) == (True, 2)
    mine = (await make_api(person.headers).get("ai/usage", params={"mine": "true"})).json()
    assert (mine["everyone"], mine["total"]["calls"]) == (False, 1)
    own = (await make_api(member.headers).get("ai/usage")).json()
    assert (own["everyone"], own["total"]["calls"]) == (False, 1)


async def test_usage_of_other_days_is_left_out(
    api: httpx2.AsyncClient, stage: Stage, person: Person
) -> None:
    await collect(stage.ai.respond(person.principal, ask()))
    yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    answer = await api.get("ai/usage", params={"from": yesterday, "to": yesterday})
    assert answer.json()["items"] == []
    assert answer.json()["from"] == yesterday


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"from": "2020-01-01", "to": "2026-01-01"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"to": "9999-12-31"},
        {"from": "yesterday"},
        {"group": "year"},
    ],
)
async def test_odd_ranges_are_refused(api: httpx2.AsyncClient, query: dict[str, str]) -> None:
    assert (await api.get("ai/usage", params=query)).status_code == 422


async def test_a_strangers_providers_and_usage_are_not_seen(
    stage: Stage, person: Person, make_user: MakeUser, make_api: MakeApi
) -> None:
    made = await make_api(person.headers).post(
        "ai/providers", json={"kind": "openai", "name": "Mine", "key": KEY}
    )
    await collect(stage.ai.respond(person.principal, ask()))
    stranger = make_api((await make_user()).headers)
    assert (await stranger.get("ai/providers")).json()["items"] == []
    assert (await stranger.get("ai/usage")).json()["total"]["calls"] == 0
    path = f"ai/providers/{made.json()['id']}"
    assert (await stranger.patch(path, json={"name": "Theirs"})).status_code == 404
    assert (await stranger.post(f"{path}/test")).status_code == 404
    assert (await stranger.get("ai/models")).json()["slots"][0]["simulated"]
