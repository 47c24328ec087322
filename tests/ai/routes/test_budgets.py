"""Budgets over REST: for whom they are, by name."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx2
from tests.ai.routes.conftest import MakeApi
from tests.fixtures.accounts import MakeKey, MakeUser, Person

from vectal.accounts.contracts import Role
from vectal.ai.budgets.amounts import Worst
from vectal.ai.budgets.rules import Subjects
from vectal.ai.service.budget_exchange import BudgetPace
from vectal.ai.service.budget_keeper import BudgetKeeper
from vectal.platform.db import Database

PATH = "ai/budgets"
MEMBERS, KEYS = 3, 40
"""Who have more keys together than a page has."""


async def _set(api: httpx2.AsyncClient, kind: str, subject_id: object) -> dict[str, Any]:
    body = {"name": kind, "subject_kind": kind, "subject_id": str(subject_id), "cap": "5"}
    answer = await api.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _names(api: httpx2.AsyncClient) -> list[str | None]:
    answer = await api.get(PATH)
    assert answer.status_code == 200, answer.text
    return [each["subject_name"] for each in answer.json()["items"]]


async def test_a_key_is_named_however_many_there_are(
    api: httpx2.AsyncClient,
    make_api: MakeApi,
    make_key: MakeKey,
    make_user: MakeUser,
    person: Person,
) -> None:
    """Names came from the first hundred keys."""
    member = await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)
    other = await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)
    others = [await make_user(workspace_id=person.workspace_id) for _ in range(MEMBERS)]
    for each in others:
        await asyncio.gather(*(make_key(each) for _ in range(KEYS)))
    last = await make_key(member)
    rename = await make_api(member.headers).patch(
        f"api-keys/{last.key.id}", json={"name": "The last"}
    )
    assert rename.status_code == 200, rename.text
    made = await _set(api, "key", last.key.id)
    assert made["subject_name"] == "The last"
    assert await _names(api) == ["The last"]
    assert await _names(make_api(member.headers)) == ["The last"], "it is her own"
    assert await _names(make_api(other.headers)) == [None]
    one = await api.get(f"{PATH}/{made['id']}")
    assert one.json()["subject_name"] == "The last"
    changed = await api.patch(f"{PATH}/{made['id']}", json={"cap": "6"})
    assert changed.json()["subject_name"] == "The last"


async def test_people_are_named_and_others_not(
    api: httpx2.AsyncClient, make_user: MakeUser, person: Person
) -> None:
    stranger = await make_user()
    for kind, subject in (
        ("user", person.user.id),
        ("user", stranger.user.id),
        ("project", uuid4()),
    ):
        await _set(api, kind, subject)
    assert await _names(api) == [person.user.display_name, None, None]


async def test_a_key_without_the_scope_learns_no_names(
    api: httpx2.AsyncClient, make_api: MakeApi, make_key: MakeKey, person: Person
) -> None:
    issued = await make_key(person, ["ai:use"])
    await _set(api, "user", person.user.id)
    assert await _names(make_api({"Authorization": f"Bearer {issued.text}"})) == [None]


async def test_what_is_in_doubt_is_seen_and_decided(
    api: httpx2.AsyncClient,
    make_api: MakeApi,
    make_user: MakeUser,
    person: Person,
    db: Database,
) -> None:
    made = await _set(api, "user", person.user.id)
    assert (made["in_doubt"], made["doubt"]) == (0, None)
    dead = BudgetKeeper(db, pace=replace(BudgetPace(), lease_s=0.0))
    await dead.reserve(person.principal, Subjects(user_id=person.user.id), Worst(125_000_000, 10))
    await BudgetKeeper(db).reclaim_expired()

    path = f"{PATH}/{made['id']}"
    seen = (await api.get(path)).json()
    assert (seen["in_doubt"], seen["left"]) == (1.25, 3.75)
    assert (seen["doubt"]["calls"], seen["doubt"]["estimated"]) == (0, 0)
    assert seen["doubt"]["since"]

    settlements = f"{path}/settlements"
    for body in (
        {"in_doubt": 1.25},
        {"in_doubt": 0, "charge": 0},
        {"in_doubt": 1.25, "charge": -1},
        {"in_doubt": 1.25, "charge": 1.26},
        {"in_doubt": 1.25, "charge": 1, "note": "n" * 501},
        {"in_doubt": 1.25, "charge": 1, "note": "a\0b"},
    ):
        assert (await api.post(settlements, json=body)).status_code == 422, body
    stale = await api.post(settlements, json={"in_doubt": 1, "charge": 0})
    assert (stale.status_code, stale.json()["code"]) == (409, "ai.budget_doubt_changed")
    assert stale.json()["in_doubt"] == 1.25

    member = await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)
    wanted = {"in_doubt": 1.25, "charge": 0.5, "note": " The invoice has one call. "}
    theirs = make_api(member.headers)
    assert (await theirs.post(settlements, json=wanted)).status_code == 403
    assert (await theirs.get(settlements)).status_code == 403
    settled = await api.post(settlements, json=wanted)
    assert settled.status_code == 200, settled.text
    told = settled.json()
    assert (told["spent"], told["in_doubt"], told["doubt"], told["left"]) == (0.5, 0, None, 4.5)
    (entry,) = (await api.get(settlements)).json()["items"]
    assert entry["user_id"] == str(person.user.id)
    who = person.user.display_name
    assert (entry["user_name"], entry["note"]) == (who, "The invoice has one call.")
    assert told["settled_at"] == entry["at"]
    assert (entry["in_doubt"], entry["charged"]) == (1.25, 0.5)
    stranger = make_api((await make_user()).headers)
    assert (await stranger.post(settlements, json=wanted)).status_code == 404


async def test_decisions_come_in_pages_newest_first(
    api: httpx2.AsyncClient, person: Person, db: Database
) -> None:
    made = await _set(api, "user", person.user.id)
    assert made["settled_at"] is None
    settlements = f"{PATH}/{made['id']}/settlements"
    dead = BudgetKeeper(db, pace=replace(BudgetPace(), lease_s=0.0))
    for number in range(5):
        worst = Worst(25_000_000, 10)
        await dead.reserve(person.principal, Subjects(user_id=person.user.id), worst)
        await dead.flush()
        await BudgetKeeper(db).reclaim_expired()
        in_doubt = (await api.get(f"{PATH}/{made['id']}")).json()["in_doubt"]
        body = {"in_doubt": in_doubt, "charge": 0, "note": str(number)}
        assert (await api.post(settlements, json=body)).status_code == 200
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    for pages in (1, 2, 3):
        page = (await api.get(settlements, params=params)).json()
        seen += [each["note"] for each in page["items"]]
        assert (page["next_cursor"] is None) == (pages == 3)
        params["cursor"] = page["next_cursor"]
    assert seen == ["4", "3", "2", "1", "0"]
    whole = (await api.get(settlements)).json()
    assert ([each["note"] for each in whole["items"]], whole["next_cursor"]) == (seen, None)
    for wrong in ({"cursor": "x"}, {"limit": 0}, {"limit": 201}):
        assert (await api.get(settlements, params=wrong)).status_code == 422
    (listed,) = (await api.get(PATH)).json()["items"]
    assert listed["settled_at"] == whole["items"][0]["at"]
