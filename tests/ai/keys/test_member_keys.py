"""Administrators see and end the keys of all members."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from tests.ai.keys.conftest import KeyApi
from tests.fixtures.accounts import MakeKey, MakeUser, Person
from tests.fixtures.horizon import settled

from vectal.accounts.contracts import Role
from vectal.ai.service.key_rules import KeyRules, KeyRuleService
from vectal.auth.credentials import Credential
from vectal.auth.errors import ForbiddenError, UnauthenticatedError
from vectal.auth.principal import Scope
from vectal.auth.service import AuthService
from vectal.platform.db import Database
from vectal.platform.db.paging import encode_cursor
from vectal.platform.events import Cursor
from vectal.platform.events.feed import EventFeed
from vectal.platform.ids import new_id

KEYS = "member-keys"


@pytest.fixture
async def member(make_user: MakeUser, person: Person) -> Person:
    return await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)


async def _items(api: httpx2.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await api.get(KEYS, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_all_is_told_but_the_key(
    key_api: KeyApi, key_rules: KeyRuleService, auth: AuthService,
    person: Person, member: Person, make_key: MakeKey,
) -> None:  # fmt: skip
    issued = await make_key(member, ["ai:use", "account:manage"])
    child = await auth.keys.create(
        await auth.authenticate(Credential(issued.text)), "child", [Scope.AI_USE]
    )
    await key_rules.put_rules(person.principal, issued.key.id, KeyRules(requests_per_minute=5))
    first, second = await _items(key_api(person))
    assert first.pop("created_at")
    assert first.pop("last_used_at")
    assert first.pop("rules")["requests_per_minute"] == 5
    assert first == {
        "id": str(issued.key.id),
        "name": "tests",
        "hint": f"vct_…{issued.key.id.hex[-6:]}_…",
        "user_id": str(member.user.id),
        "scopes": ["account:manage", "ai:use"],
        "expires_at": None,
        "made_with": None,
    }
    assert (second["id"], second["made_with"], second["rules"]) == (
        str(child.key.id),
        str(issued.key.id),
        None,
    )
    text = (await key_api(person).get(KEYS)).text
    assert issued.text.split("_")[2] not in text
    assert issued.key.secret_hash.hex() not in text


async def test_pages_hold_each_key_of_the_workspace_once(
    key_api: KeyApi, person: Person, member: Person, make_key: MakeKey, make_user: MakeUser
) -> None:
    here = [(await make_key(each)).key.id for each in (person, member, person, member, member)]
    await make_key(await make_user())
    api, seen, cursor = key_api(person), list[str](), None
    for _ in range(3):
        params = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
        page = (await api.get(KEYS, params=params)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == [str(each) for each in here]
    hers = await _items(api, user_id=str(member.user.id))
    assert [item["id"] for item in hers] == [str(here[place]) for place in (1, 3, 4)]


async def test_a_key_is_ended_with_those_it_made_and_its_owner_is_told(
    key_api: KeyApi, auth: AuthService, db: Database,
    person: Person, member: Person, make_key: MakeKey,
) -> None:  # fmt: skip
    feed = EventFeed(db, None)
    before: Cursor = await feed.read_present()
    issued, other = await make_key(member), await make_key(member)
    child = await auth.keys.create(
        await auth.authenticate(Credential(issued.text)), "child", [Scope.AI_USE]
    )
    api, path = key_api(person), f"{KEYS}/{issued.key.id}"
    assert (await api.delete(path)).status_code == 204
    for gone in (issued, child):
        with pytest.raises(UnauthenticatedError):
            await auth.authenticate(Credential(gone.text))
    await auth.authenticate(Credential(other.text))
    assert [item["id"] for item in await _items(api)] == [str(other.key.id)]
    again = await api.delete(path)
    assert (again.status_code, again.json()["code"]) == (404, "auth.api_key_not_found")
    await settled(db)
    told = (await feed.replay(member.principal, before)).events
    assert [(each.type, each.payload) for each in told] == [
        (
            "auth.api_key_revoked",
            {"key_id": str(issued.key.id), "revoked_by": str(person.user.id)},
        )
    ]
    assert not (await feed.replay(person.principal, before)).events


async def test_a_key_is_shortened_with_those_it_made_and_its_owner_is_told(
    key_api: KeyApi, auth: AuthService, db: Database,
    person: Person, member: Person, make_key: MakeKey,
) -> None:  # fmt: skip
    feed = EventFeed(db, None)
    before: Cursor = await feed.read_present()
    issued, other = await make_key(member), await make_key(member)
    await auth.keys.create(
        await auth.authenticate(Credential(issued.text)), "child", [Scope.AI_USE]
    )
    api, path = key_api(person), f"{KEYS}/{issued.key.id}"
    for _ in range(2):  # the second time nothing is changed, and nobody told
        answer = await api.patch(path, json={"expires_at": "2198-01-01T00:00:00Z"})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["id"], answer.json()["expires_at"]) == (
            str(issued.key.id),
            "2198-01-01T00:00:00Z",
        )
    ends = {item["id"]: item["expires_at"] for item in await _items(api)}
    assert ends.pop(str(other.key.id)) is None
    assert list(ends.values()) == ["2198-01-01T00:00:00Z"] * 2
    await settled(db)
    told = (await feed.replay(member.principal, before)).events
    assert [(each.type, each.payload) for each in told] == [
        (
            "auth.api_key_shortened",
            {
                "key_id": str(issued.key.id),
                "expires_at": "2198-01-01T00:00:00+00:00",
                "shortened_by": str(person.user.id),
            },
        )
    ]


async def test_nobody_lengthens_another_s_key(
    key_api: KeyApi, auth: AuthService, person: Person, member: Person, make_key: MakeKey
) -> None:
    issued = await make_key(member)
    api, path = key_api(person), f"{KEYS}/{issued.key.id}"
    assert (await api.patch(path, json={"expires_at": "2150-01-01T00:00:00Z"})).status_code == 200
    later = await api.patch(path, json={"expires_at": "2151-01-01T00:00:00Z"})
    assert (later.status_code, later.json()["code"]) == (403, "auth.key_not_lengthened")
    for nonsense in ({"expires_at": None}, {}, {"expires_at": "2020-01-01T00:00:00Z"}):
        assert (await api.patch(path, json=nonsense)).status_code == 422
    assert [item["expires_at"] for item in await _items(api)] == ["2150-01-01T00:00:00Z"]
    await auth.keys.revoke(member.principal, issued.key.id)
    gone = await api.patch(path, json={"expires_at": "2149-01-01T00:00:00Z"})
    assert gone.status_code == 404


async def test_another_workspace_s_keys_are_out_of_reach(
    key_api: KeyApi, auth: AuthService, person: Person, make_key: MakeKey, make_user: MakeUser
) -> None:
    issued = await make_key(person)
    stranger = key_api(await make_user())
    assert await _items(stranger) == []
    assert await _items(stranger, user_id=str(person.user.id)) == []
    for unknown in (issued.key.id, new_id()):
        assert (await stranger.delete(f"{KEYS}/{unknown}")).status_code == 404
        ends = {"expires_at": "2198-01-01T00:00:00Z"}
        assert (await stranger.patch(f"{KEYS}/{unknown}", json=ends)).status_code == 404
    await auth.authenticate(Credential(issued.text))


async def test_the_service_asks_for_an_administrator_itself(
    auth: AuthService, member: Person, make_key: MakeKey, person: Person
) -> None:
    issued = await make_key(person)
    with pytest.raises(ForbiddenError):
        await auth.keys.list_workspace_keys(member.principal)
    with pytest.raises(ForbiddenError):
        await auth.keys.revoke_member_key(member.principal, issued.key.id)
    ends = datetime(2198, 1, 1, tzinfo=UTC)
    with pytest.raises(ForbiddenError):
        await auth.keys.shorten_member_key(member.principal, issued.key.id, ends)


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"user_id": "me"},
        {"cursor": "x"},
        {"cursor": encode_cursor("member_keys", ["1"])},
        {"cursor": encode_cursor("api_keys", [str(new_id())])},
    ],
)
async def test_nonsense_is_refused(key_api: KeyApi, person: Person, params: dict[str, str]) -> None:
    assert (await key_api(person).get(KEYS, params=params)).status_code == 422
