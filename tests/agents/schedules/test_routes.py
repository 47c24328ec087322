"""The doors: what is asked for and shown, kept keys of requests, and bodies of any kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.fixtures.accounts import Person, people_of

from vectal.agents.schedules.contracts import MAX_BODY_BYTES
from vectal.agents.schedules.signing import sign
from vectal.entrypoints.services import Services
from vectal.platform.clock import utc_now

RULE = {"rrule": "FREQ=DAILY", "starts_at": "2099-01-01T09:00", "timezone": "Europe/Berlin"}
NEW = {"name": "Review", "run": {"goal": "Look at my tasks."}, **RULE}
HOOK = {"name": "Deploys", "kind": "webhook", "run": {"goal": "Summarise it."}}


def signed(secret: str, body: bytes, **other: str) -> dict[str, str]:
    timestamp = str(int(utc_now().timestamp()))
    signature = f"v1={sign(secret, timestamp, body)}"
    kinds = {name.replace("_", "-"): value for name, value in other.items()}
    return {"Vectal-Timestamp": timestamp, "Vectal-Signature": signature, **kinds}


class Doors:
    """One person's calls."""

    def __init__(self, client: httpx2.AsyncClient, person: Person) -> None:
        self._client = client
        self._headers = person.headers

    async def ask(self, method: str, path: str, status: int, **given: Any) -> Any:
        headers = {**self._headers, **given.pop("headers", {})}
        answer = await self._client.request(method, f"/api/v1{path}", headers=headers, **given)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
async def doors(house_client: httpx2.AsyncClient, house_services: Services) -> Doors:
    services = house_services
    make = people_of(services.database, services.accounts, services.auth)
    return Doors(house_client, await make())


async def test_a_schedule_from_its_beginning_to_its_end(doors: Doors) -> None:
    made = await doors.ask("POST", "/schedules", 201, json=NEW)
    path = f"/schedules/{made['id']}"
    shown = (made["starts_at"], made["missed"], made["overlap"])
    assert shown == ("2099-01-01T09:00", "once", "skip")
    assert made["run"]["time_allowed_s"] == timedelta(days=1).total_seconds()
    assert len(made["upcoming"]) == 5
    assert made["upcoming"][0] == made["next_at"]
    assert made["last"] is None
    listed = await doors.ask("GET", "/schedules", 200)
    assert listed["items"] == [made]
    patch = {"enabled": False, "name": "Another", "ends_at": "2099-06-01T00:00:00Z"}
    changed = await doors.ask("PATCH", path, 200, json=patch)
    assert (changed["enabled"], changed["name"], changed["next_at"]) == (False, "Another", None)
    assert changed["run"] == made["run"], "what is left out stays"
    again = await doors.ask("PATCH", path, 200, json={"enabled": True, "ends_at": None})
    assert (again["next_at"], again["ends_at"]) == (made["next_at"], None)
    assert (await doors.ask("GET", f"{path}/firings", 200))["items"] == []
    assert (await doors.ask("GET", f"/runs?schedule_id={made['id']}", 200))["items"] == []
    await doors.ask("DELETE", path, 204)
    await doors.ask("GET", path, 404)


async def test_lists_come_in_pages(doors: Doors) -> None:
    for path, body in (("/schedules", NEW), ("/triggers", HOOK)):
        for number in range(3):
            await doors.ask("POST", path, 201, json={**body, "name": str(number)})
        first = await doors.ask("GET", f"{path}?limit=2", 200)
        rest = await doors.ask("GET", f"{path}?limit=2&cursor={first['next_cursor']}", 200)
        assert [each["name"] for each in first["items"] + rest["items"]] == ["2", "1", "0"]
        assert rest["next_cursor"] is None


async def test_a_rule_is_previewed_or_refused_in_words(doors: Doors) -> None:
    shown = await doors.ask("POST", "/schedules/preview", 200, json={**RULE, "limit": 2})
    assert shown["items"] == ["2099-01-01T08:00:00Z", "2099-01-02T08:00:00Z"]
    wrong = {**RULE, "rrule": "FREQ=SECONDLY"}
    refused = await doors.ask("POST", "/schedules/preview", 422, json=wrong)
    assert refused["code"] == "agents.bad_rule"
    assert refused["errors"][0]["pointer"] == "/rrule"
    assert "15 minutes" in refused["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts_at": "2099-01-01T09:00:00Z"},
        {"starts_at": 5},
        {"starts_at": "2099-02-30T09:00"},
        {"rrule": ""},
        {"timezone": "Mars/Crater"},
        {"run": {"goal": " "}},
        {"run": {"goal": "x", "time_allowed_s": 1}},
        {"scopes": ["tasks:read"]},
        {"scopes": ["no:such"]},
        {"missed": "sometimes"},
        {"unknown": 1},
    ],
)
async def test_what_can_not_be_taken_is_refused(doors: Doors, wrong: dict[str, Any]) -> None:
    await doors.ask("POST", "/schedules", 422, json={**NEW, **wrong})


async def test_the_same_key_makes_one_and_gives_the_same_answer(doors: Doors) -> None:
    key = {"Idempotency-Key": "once"}
    for path, body in (("/schedules", NEW), ("/triggers", HOOK)):
        first = await doors.ask("POST", path, 201, json=body, headers=key)
        assert await doors.ask("POST", path, 201, json=body, headers=key) == first
        assert len((await doors.ask("GET", path, 200))["items"]) == 1
        await doors.ask("POST", path, 422, json={**body, "name": "Another"}, headers=key)


async def test_a_secret_is_shown_once(doors: Doors) -> None:
    made = await doors.ask("POST", "/triggers", 201, json=HOOK)
    secret, trigger = made["secret"], made["trigger"]
    assert secret.startswith("vhs_")
    path = f"/triggers/{trigger['id']}"
    assert secret not in str(await doors.ask("GET", path, 200))
    assert secret not in str(await doors.ask("GET", "/triggers", 200))
    other = await doors.ask("POST", f"{path}/secret", 200, json={"overlap_hours": 1})
    assert other["secret"] not in (None, secret)
    assert other["trigger"]["old_secret_until"] is not None
    changed = await doors.ask("PATCH", path, 200, json={"per_hour": 3})
    assert (changed["per_hour"], changed["path"]) == (3, f"/api/v1/hooks/{trigger['id']}")
    await doors.ask("DELETE", path, 204)
    await doors.ask("POST", f"{path}/secret", 404, json={})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"a": 1}'),
        ("application/json", b"not json at all"),
        ("application/x-www-form-urlencoded", b"a=1&b=2"),
        ("text/plain; charset=utf-16", b"\xff\xfe\x00"),
        ("", b""),
        ("application/octet-stream", b"x" * MAX_BODY_BYTES),
    ],
)
async def test_a_delivery_may_be_of_any_kind(
    doors: Doors, house_client: httpx2.AsyncClient, kind: str, body: bytes
) -> None:
    made = await doors.ask("POST", "/triggers", 201, json=HOOK)
    path = made["trigger"]["path"]
    headers = signed(made["secret"], body, Content_Type=kind)
    answer = await house_client.post(path, content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    run = await doors.ask("GET", f"/runs/{answer.json()['run_id']}", 200)
    assert run["taint"] == ["untrusted"]
    assert run["started_by"] == {"kind": "trigger", "id": made["trigger"]["id"]}
    again = await house_client.post(path, content=body, headers=headers)
    assert (again.status_code, again.json()["run_id"]) == (409, run["id"])
    shown = await doors.ask("GET", f"/triggers/{made['trigger']['id']}/firings", 200)
    assert [each["run_id"] for each in shown["items"]] == [run["id"]]
    await doors.ask("POST", f"/runs/{run['id']}/cancel", 200)


async def test_a_delivery_that_is_too_large_or_not_signed_is_refused(
    doors: Doors, house_client: httpx2.AsyncClient
) -> None:
    made = await doors.ask("POST", "/triggers", 201, json=HOOK)
    path, large = made["trigger"]["path"], b"x" * (MAX_BODY_BYTES + 1)
    answer = await house_client.post(path, content=large, headers=signed(made["secret"], large))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    unsigned = await house_client.post(path, content=b"{}")
    wrong = await house_client.post(path, content=b"{}", headers=signed("vhs_wrong", b"{}"))
    as_mail = signed(made["secret"], b"{}")
    mail = await house_client.post(f"{path}/mail", content=b"{}", headers=as_mail)
    for refused in (unsigned, wrong, mail):
        assert (refused.status_code, refused.json()["code"]) == (401, "agents.hook_refused")
    assert len({refused.json()["detail"] for refused in (unsigned, wrong, mail)}) == 1
