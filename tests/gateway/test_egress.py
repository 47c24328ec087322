"""What left the installation, read by administrators over REST."""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx2
import pytest
from tests.fixtures.accounts import MakeUser, Person
from tests.fixtures.apps import app_over

from vectal.accounts.service import AccountService
from vectal.auth.service import AuthService
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.db.paging import encode_cursor
from vectal.platform.http import Caller, EgressReader
from vectal.platform.http.ledger import Entry
from vectal.platform.http.repository import add_entries
from vectal.platform.ids import new_id

NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)
MakeApi = Callable[[Person], httpx2.AsyncClient]


@pytest.fixture
async def make_api(
    db: Database,
    keyring: Keyring,
    accounts: AccountService,
    auth: AuthService,
    settings: Settings,
) -> AsyncGenerator[MakeApi]:
    parts = SimpleNamespace(
        database=db, keyring=keyring, accounts=accounts, auth=auth, egress=EgressReader(db)
    )
    transport = httpx2.ASGITransport(app_over(parts, settings))
    opened: list[httpx2.AsyncClient] = []

    def make(person: Person) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8484/api/v1/", headers=person.headers
        )
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()


def _entry(workspace_id: UUID, host: str = "api.one.test", **said: Any) -> Entry:
    caller = Caller(
        said.pop("purpose", "model call"), workspace_id, user_id=said.pop("user_id", None)
    )
    entry = Entry(caller, "POST", host, said.pop("bytes_out", 10))
    entry.policy, entry.outcome, entry.status = "public", "ok", 200
    for name, value in said.items():
        setattr(entry, name, value)
    return entry


async def _write(db: Database, *entries: tuple[Entry, datetime]) -> None:
    async with db.system("tests.egress") as session:
        await add_entries(session, [entry.as_line(new_id(), at) for entry, at in entries])


async def _get(client: httpx2.AsyncClient, path: str, **params: Any) -> dict[str, Any]:
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_entry_says_who_where_to_and_how_much(
    db: Database, make_api: MakeApi, person: Person
) -> None:
    mine = _entry(person.workspace_id, user_id=person.user.id, bytes_in=77, duration_ms=5)
    await _write(db, (mine, NOON))
    (item,) = (await _get(make_api(person), "egress"))["items"]
    assert item.pop("id")
    assert item == {
        "at": "2027-03-10T12:00:00Z",
        "user_id": str(person.user.id),
        "purpose": "model call",
        "method": "POST",
        "host": "api.one.test",
        "status": 200,
        "outcome": "ok",
        "policy": "public",
        "bytes_out": 10,
        "bytes_in": 77,
        "duration_ms": 5,
    }


async def test_pages_give_each_entry_once_newest_first(
    db: Database, make_api: MakeApi, person: Person
) -> None:
    # Three share a moment, so that the id has to tell them apart.
    moments = [NOON, NOON, NOON, NOON - timedelta(hours=1), NOON + timedelta(hours=1)]
    await _write(db, *((_entry(person.workspace_id), at) for at in moments))
    client, seen, cursor = make_api(person), list[tuple[str, str]](), None
    for _ in range(3):
        params = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
        page = await _get(client, "egress", **params)
        seen += [(item["at"], item["id"]) for item in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"host": "API.two.test"}, {"two"}),
        ({"host": "two"}, set[str]()),
        ({"purpose": "searching"}, {"search"}),
        ({"outcome": "timeout"}, {"late", "later"}),
        ({"outcome": "timeout: connect"}, {"late"}),
        ({"outcome": "ok"}, {"two", "search", "old"}),
        ({"from": "2027-03-10", "outcome": "ok"}, {"two", "search"}),
        ({"to": "2027-03-09"}, {"old"}),
        ({"from": "2027-03-09", "to": "2027-03-09"}, {"old"}),
    ],
)
async def test_filters_narrow_the_list(
    db: Database, make_api: MakeApi, person: Person, wanted: dict[str, str], found: set[str]
) -> None:
    here = person.workspace_id
    names = {"two": 1, "search": 2, "late": 3, "later": 4, "old": 5}
    await _write(
        db,
        (_entry(here, "api.two.test", bytes_out=names["two"]), NOON),
        (_entry(here, purpose="searching", bytes_out=names["search"]), NOON),
        (_entry(here, outcome="timeout: connect", bytes_out=names["late"]), NOON),
        (_entry(here, outcome="timeout: idle", bytes_out=names["later"]), NOON),
        (_entry(here, bytes_out=names["old"]), NOON - timedelta(days=1)),
    )
    items = (await _get(make_api(person), "egress", **wanted))["items"]
    assert {item["bytes_out"] for item in items} == {names[name] for name in found}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("gpu.test", {1, 2, 3}),
        ("gpu.test:80", {2}),
        ("gpu", set[int]()),
        ("gpu.tes_", set[int]()),
        ("::1", {5, 6}),
        ("[::1]:80", {6}),
    ],
)
async def test_a_host_is_meant_at_any_port_or_at_one(
    db: Database, make_api: MakeApi, person: Person, wanted: str, found: set[int]
) -> None:
    hosts = ("gpu.test", "gpu.test:80", "gpu.test:8080", "gpu.test.evil", "::1", "[::1]:80")
    written = [
        (_entry(person.workspace_id, host, bytes_out=number), NOON)
        for number, host in enumerate(hosts, 1)
    ]
    await _write(db, *written)
    items = (await _get(make_api(person), "egress", host=wanted))["items"]
    assert {item["bytes_out"] for item in items} == found


async def test_one_person_s_requests_can_be_found(
    db: Database, make_api: MakeApi, person: Person
) -> None:
    here = person.workspace_id
    await _write(db, (_entry(here, user_id=person.user.id), NOON), (_entry(here), NOON))
    client = make_api(person)
    assert len((await _get(client, "egress", user_id=person.user.id))["items"]) == 1
    assert (await _get(client, "egress", user_id=new_id()))["items"] == []


async def test_the_summary_adds_up_by_day_and_host(
    db: Database, make_api: MakeApi, person: Person
) -> None:
    here, before = person.workspace_id, NOON - timedelta(days=1)
    await _write(
        db,
        (_entry(here, "b.test", bytes_out=5, bytes_in=50), NOON),
        (_entry(here, "b.test", bytes_out=7, bytes_in=0, outcome="timeout: idle"), NOON),
        (_entry(here, "b.test", bytes_out=0, bytes_in=0, outcome="refused"), NOON),
        (_entry(here, "a.test", bytes_out=1, bytes_in=2), NOON),
        (_entry(here, "a.test", bytes_out=3, bytes_in=4), before),
    )
    client = make_api(person)
    items = (await _get(client, "egress/summary"))["items"]
    assert [tuple(item.values()) for item in items] == [
        ("2027-03-10", "a.test", 1, 0, 0, 1, 2),
        ("2027-03-10", "b.test", 3, 1, 1, 12, 50),
        ("2027-03-09", "a.test", 1, 0, 0, 3, 4),
    ]
    first = await _get(client, "egress/summary", limit=1)
    second = await _get(client, "egress/summary", limit=1, cursor=first["next_cursor"])
    third = await _get(client, "egress/summary", limit=1, cursor=second["next_cursor"])
    assert [*first["items"], *second["items"], *third["items"]] == items
    assert third["next_cursor"] is None
    only = (await _get(client, "egress/summary", host="a.test", to="2027-03-09"))["items"]
    assert only == items[2:]


async def test_days_are_those_of_the_reader_s_time_zone(
    db: Database, make_api: MakeApi, make_user: MakeUser
) -> None:
    person = await make_user(timezone="Asia/Tokyo")
    # Nine hours ahead: half past three in the afternoon here is past midnight there.
    late = datetime(2027, 3, 10, 15, 30, tzinfo=UTC)
    await _write(db, (_entry(person.workspace_id), late))
    client = make_api(person)
    (item,) = (await _get(client, "egress/summary"))["items"]
    assert item["day"] == "2027-03-11"
    assert len((await _get(client, "egress", **{"from": "2027-03-11"}))["items"]) == 1
    assert (await _get(client, "egress", to="2027-03-10"))["items"] == []


async def test_another_workspace_s_entries_stay_there(
    db: Database, make_api: MakeApi, person: Person, make_user: MakeUser
) -> None:
    await _write(db, (_entry(person.workspace_id), NOON))
    stranger = make_api(await make_user())
    assert (await _get(stranger, "egress"))["items"] == []
    assert (await _get(stranger, "egress/summary"))["items"] == []


@pytest.mark.parametrize("path", ["egress", "egress/summary"])
@pytest.mark.parametrize(
    "params",
    [
        {"from": "2027-03-02", "to": "2027-03-01"},
        {"from": "0001-01-01"},
        {"to": "9999-12-31"},
        {"from": "1"},
        {"limit": "0"},
        {"limit": "201"},
        {"host": ""},
        {"host": "a\0b"},
        {"user_id": "me"},
        {"cursor": "x"},
        {"cursor": encode_cursor("egress", ["2027-03-10T12:00:00", str(new_id())])},
        {"cursor": encode_cursor("egress", ["0001-01-01T00:00:00+14:00", str(new_id())])},
        {"cursor": encode_cursor("egress", ["2027-03-10T12:00:00Z", "1"])},
        {"cursor": encode_cursor("egress_sums", ["2027-03-10", "a\0"])},
        {"cursor": encode_cursor("egress_sums", ["today", "a"])},
    ],
)
async def test_nonsense_is_refused(
    make_api: MakeApi, person: Person, path: str, params: dict[str, str]
) -> None:
    answer = await make_api(person).get(path, params=params)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
