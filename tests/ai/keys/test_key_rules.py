"""Rules of API keys: set by administrators over REST, and known to every process in a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select
from tests.ai.keys.conftest import KeyApi
from tests.fixtures.accounts import MakeKey, MakeUser, Person

from vectal.accounts.contracts import Role
from vectal.ai.errors import KeyRulesConflictError
from vectal.ai.service.key_rules import MAX_AGE_S, Bound, KeyRules, KeyRuleService
from vectal.ai.tables_key_rules import KeyRulesRow
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import ALL_SCOPES, Principal
from vectal.auth.service import AuthService
from vectal.platform.clock import FixedClock, utc_now
from vectal.platform.db import Database
from vectal.platform.ids import new_id

RULES_OF = "ai/key-rules"
WANTED = {
    "models": ["vectal/fast", "claude-haiku-5-5"],
    "providers": ["anthropic"],
    "requests_per_minute": 60,
    "tokens_per_minute": 100_000,
    "max_output_tokens": 1_024,
    "note": "The night job",
}
RULES = KeyRules(
    ("vectal/fast", "claude-haiku-5-5"), ("anthropic",), 60, 100_000, 1_024, "The night job"
)


def _key(caller: Principal) -> UUID:
    assert caller.api_key_id is not None
    return caller.api_key_id


def _code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_rules_are_set_shown_and_forgotten(
    key_api: KeyApi, person: Person, caller: Principal
) -> None:
    api, path = key_api(person), f"{RULES_OF}/{_key(caller)}"
    assert _code(await api.get(path)) == (404, "ai.key_rules_not_found")
    put = await api.put(path, json=WANTED)
    assert put.status_code == 200, put.text
    made: dict[str, Any] = put.json()
    assert {name: made[name] for name in WANTED} == WANTED
    assert (made["key_name"], made["user_id"], made["revoked"]) == (
        "tests",
        str(person.user.id),
        False,
    )
    assert (made["version"], put.headers["etag"]) == (1, '"1"')
    assert (await api.get(path)).json() == made
    assert (await api.get(RULES_OF)).json() == {"items": [made], "next_cursor": None}
    assert (await api.delete(path)).status_code == 204
    assert _code(await api.delete(path)) == (404, "ai.key_rules_not_found")
    assert (await api.get(RULES_OF)).json()["items"] == []


async def test_what_is_left_out_is_no_rule(
    key_api: KeyApi, person: Person, caller: Principal
) -> None:
    api, path = key_api(person), f"{RULES_OF}/{_key(caller)}"
    await api.put(path, json=WANTED)
    bare = (await api.put(path, json={})).json()
    assert (bare["models"], bare["providers"], bare["note"]) == ([], [], "")
    assert bare["requests_per_minute"] is bare["tokens_per_minute"] is None
    assert bare["max_output_tokens"] is None
    assert bare["version"] == 2


@pytest.mark.parametrize(
    "body",
    [
        {"models": ["x"] * 101},
        {"models": [""]},
        {"models": ["x" * 201]},
        {"models": ["a\x00b"]},
        {"models": "gpt"},
        {"providers": ["acme"]},
        {"providers": ["openai"] * 11},
        {"requests_per_minute": 0},
        {"requests_per_minute": 1_000_000_001},
        {"tokens_per_minute": -1},
        {"tokens_per_minute": 1.5},
        {"max_output_tokens": 0},
        {"note": "x" * 501},
        {"version": 0},
        {"colour": 1},
        [],
    ],
)
async def test_what_are_no_rules_is_refused(
    key_api: KeyApi, person: Person, caller: Principal, body: object
) -> None:
    answer = await key_api(person).put(f"{RULES_OF}/{_key(caller)}", json=body)
    assert _code(answer) == (422, "invalid_input"), answer.text


async def test_rules_are_changed_under_their_version(
    key_api: KeyApi, person: Person, caller: Principal
) -> None:
    api, path = key_api(person), f"{RULES_OF}/{_key(caller)}"
    early = await api.put(path, json={"version": 1})
    assert _code(early) == (404, "ai.key_rules_not_found")
    await api.put(path, json={})
    changed = await api.put(path, json={"note": "new"}, headers={"If-Match": '"1"'})
    assert (changed.json()["note"], changed.json()["version"]) == ("new", 2)
    stale = await api.put(path, json={"version": 1})
    assert _code(stale) == (412, "ai.key_rules_conflict")
    assert stale.json()["current"] == {"api_key_id": str(_key(caller)), "version": 2}
    both = await api.put(path, json={"version": 1}, headers={"If-Match": '"2"'})
    assert both.status_code == 422


async def test_of_many_at_once_one_version_wins(
    key_rules: KeyRuleService, person: Person, caller: Principal
) -> None:
    await key_rules.put_rules(person.principal, _key(caller), KeyRules())
    changes = [
        key_rules.put_rules(person.principal, _key(caller), KeyRules(note=str(number)), 1)
        for number in range(5)
    ]
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(isinstance(each, KeyRulesConflictError) for each in outcomes) == 4
    assert (await key_rules.get_rules(person.principal, _key(caller))).version == 2


async def test_pages_hold_every_key_once(
    key_api: KeyApi, key_rules: KeyRuleService, person: Person, make_key: MakeKey
) -> None:
    ids = [(await make_key(person, ["ai:use"])).key.id for _ in range(5)]
    for key_id in ids:
        await key_rules.put_rules(person.principal, key_id, KeyRules())
    api, seen, cursor = key_api(person), list[str](), ""
    while True:
        query: Mapping[str, str] = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await api.get(RULES_OF, params=query)).json()
        seen += [item["api_key_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    assert seen == [str(each) for each in sorted(ids)]
    assert (await api.get(RULES_OF, params={"cursor": "x"})).status_code == 422


async def test_an_administrator_rules_the_keys_of_others(
    key_api: KeyApi, person: Person, make_user: MakeUser, make_key: MakeKey
) -> None:
    admin = await make_user(workspace_id=person.workspace_id, role=Role.ADMIN)
    member = await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)
    path = f"{RULES_OF}/{(await make_key(member, ['ai:use'])).key.id}"
    made = await key_api(admin).put(path, json=WANTED)
    assert (made.status_code, made.json()["user_id"]) == (200, str(member.user.id))
    for call in ("get", "delete"):
        assert (await getattr(key_api(member), call)(path)).status_code == 403
    assert (await key_api(member).put(path, json={})).status_code == 403


async def test_the_service_asks_for_the_right_too(
    key_rules: KeyRuleService, person: Person, make_user: MakeUser, caller: Principal
) -> None:
    member = await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)
    for refused in (
        key_rules.list_rules(member.principal),
        key_rules.get_rules(member.principal, _key(caller)),
        key_rules.put_rules(member.principal, _key(caller), KeyRules()),
        key_rules.delete_rules(member.principal, _key(caller)),
    ):
        with pytest.raises(ForbiddenError):
            await refused


async def test_a_key_can_not_loosen_its_own_rules(
    key_rules: KeyRuleService, person: Person, make_key: MakeKey
) -> None:
    key = (await make_key(person)).key
    as_key = Principal(
        person.user.id, person.workspace_id, Role.OWNER, ALL_SCOPES, api_key_id=key.id
    )
    with pytest.raises(ForbiddenError):
        await key_rules.put_rules(as_key, key.id, KeyRules())
    await key_rules.put_rules(person.principal, key.id, KeyRules(note="kept"))
    with pytest.raises(ForbiddenError):
        await key_rules.delete_rules(as_key, key.id)


async def test_only_a_live_key_of_the_workspace_gets_rules(
    key_api: KeyApi, person: Person, make_user: MakeUser, make_key: MakeKey, auth: AuthService
) -> None:
    api, stranger = key_api(person), await make_user()
    theirs = (await make_key(stranger, ["ai:use"])).key.id
    revoked = (await make_key(person, ["ai:use"])).key.id
    await auth.keys.revoke(person.principal, revoked)
    for key_id in (theirs, revoked, new_id()):
        answer = await api.put(f"{RULES_OF}/{key_id}", json={})
        assert _code(answer) == (404, "auth.api_key_not_found")


async def test_rules_of_a_revoked_key_stay_on_the_list(
    key_api: KeyApi, person: Person, caller: Principal, auth: AuthService
) -> None:
    api = key_api(person)
    await api.put(f"{RULES_OF}/{_key(caller)}", json=WANTED)
    await auth.keys.revoke(person.principal, _key(caller))
    assert [item["revoked"] for item in (await api.get(RULES_OF)).json()["items"]] == [True]
    assert (await api.delete(f"{RULES_OF}/{_key(caller)}")).status_code == 204


async def test_the_database_shows_rules_to_their_workspace_alone(
    db: Database, key_rules: KeyRuleService, person: Person, make_user: MakeUser, caller: Principal
) -> None:
    await key_rules.put_rules(person.principal, _key(caller), KeyRules())
    stranger = await make_user()
    for who, count in ((person, 1), (stranger, 0)):
        async with db.read(who.principal) as session:
            assert len(await session.scalars(select(KeyRulesRow))) == count


async def test_a_change_is_seen_at_once_here_and_within_a_second_elsewhere(
    db: Database, auth: AuthService, key_rules: KeyRuleService, person: Person, caller: Principal
) -> None:
    clock = FixedClock(utc_now())
    elsewhere = KeyRuleService(db, auth.keys, clock)
    for change in (RULES, KeyRules(models=("vectal/pro",)), None):
        before = await elsewhere.find_for_call(caller)
        assert await key_rules.find_for_call(caller) == before
        if change is None:
            await key_rules.delete_rules(person.principal, _key(caller))
        else:
            await key_rules.put_rules(person.principal, _key(caller), change)
        after = () if change is None else (Bound(_key(caller), change),)
        assert await key_rules.find_for_call(caller) == after
        assert await elsewhere.find_for_call(caller) == before
        clock.advance(MAX_AGE_S)
        assert await elsewhere.find_for_call(caller) == after
    assert MAX_AGE_S < 1


async def test_a_session_has_no_rules(key_rules: KeyRuleService, person: Person) -> None:
    assert await key_rules.find_for_call(person.principal) == ()


async def test_a_change_that_is_undone_is_not_seen(
    db: Database, key_rules: KeyRuleService, person: Person, caller: Principal
) -> None:
    await key_rules.put_rules(person.principal, _key(caller), RULES)

    async def delete_and_fail() -> None:
        async with db.transaction(person.principal):
            await key_rules.delete_rules(person.principal, _key(caller))
            # Looked up meanwhile: by a task that must not read what is not committed.
            assert await key_rules.find_for_call(caller) == (Bound(_key(caller), RULES),)
            raise RuntimeError("undo")

    with pytest.raises(RuntimeError):
        await delete_and_fail()
    assert await key_rules.find_for_call(caller) == (Bound(_key(caller), RULES),)
