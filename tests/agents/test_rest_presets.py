"""REST of presets and memories, in the whole house: versions, and keys that say it is the same."""

import httpx2
import pytest
from tests.fixtures.accounts import MakeUser, Person, people_of

from vectal.entrypoints.services import Services

PRESETS, MEMORIES = "/api/v1/run-presets", "/api/v1/memories"
TRIP = {"name": "Trip", "icon": "🧭", "goal": "Plan {days} days in {city}."}


@pytest.fixture
def make_resident(house_services: Services) -> MakeUser:
    """People whose tokens the house itself has signed."""
    return people_of(house_services.database, house_services.accounts, house_services.auth)


@pytest.fixture
async def person(make_resident: MakeUser) -> Person:
    return await make_resident()


async def test_a_preset_has_a_version_that_an_older_sight_does_not_overwrite(
    house_client: httpx2.AsyncClient, person: Person
) -> None:
    client, headers = house_client, person.headers
    made = await client.post(PRESETS, json=TRIP, headers=headers)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    preset = made.json()
    assert preset["placeholders"] == ["days", "city"]
    path = f"{PRESETS}/{preset['id']}"
    seen = await client.get(path, headers=headers)
    assert (seen.json(), seen.headers["etag"]) == (preset, '"1"')
    later = {**TRIP, "hours": 2}
    changed = await client.put(path, json=later, headers={**headers, "If-Match": '"1"'})
    assert (changed.status_code, changed.json()["version"], changed.headers["etag"]) == (
        200,
        2,
        '"2"',
    )
    for stale in (
        await client.put(path, json=later, headers={**headers, "If-Match": '"1"'}),
        await client.put(path, json={**later, "version": 1}, headers=headers),
        await client.delete(path, headers={**headers, "If-Match": '"1"'}),
    ):
        assert (stale.status_code, stale.json()["current"]) == (412, {"version": 2})
    torn = await client.put(
        path, json={**later, "version": 2}, headers={**headers, "If-Match": '"1"'}
    )
    bad = await client.put(path, json=later, headers={**headers, "If-Match": "two"})
    assert (torn.status_code, bad.status_code) == (422, 422)
    gone = await client.delete(path, headers={**headers, "If-Match": '"2"'})
    assert gone.status_code == 204
    assert (await client.get(path, headers=headers)).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"), [(PRESETS, TRIP), (MEMORIES, {"text": "The team meets on Tuesdays."})]
)
async def test_what_is_sent_again_is_kept_once(
    house_client: httpx2.AsyncClient,
    make_resident: MakeUser,
    path: str,
    body: dict[str, object],
) -> None:
    one, other = await make_resident(), await make_resident()
    answers = [
        await house_client.post(path, json=body, headers={**who.headers, "Idempotency-Key": "k-1"})
        for who in (one, one, other)
    ]
    first, again, theirs = (answer.json() for answer in answers)
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert first == again
    assert theirs["id"] != first["id"]
    listed = (await house_client.get(path, headers=one.headers)).json()
    assert listed == {"items": [first], "next_cursor": None}


async def test_a_memory_is_put_back_with_where_it_came_from(
    house_client: httpx2.AsyncClient, person: Person
) -> None:
    body = {"text": "Invoices go to Bonn.", "run_id": "01980f6e-7c5a-7b3e-9d41-3f2a6c8e1b07"}
    made = await house_client.post(MEMORIES, json=body, headers=person.headers)
    assert (made.json()["run_id"], made.json()["turn_id"]) == (body["run_id"], None)
    found = await house_client.get(MEMORIES, params={"q": "bon"}, headers=person.headers)
    assert found.json()["items"] == [made.json()]
    none = await house_client.get(MEMORIES, params={"q": "onn"}, headers=person.headers)
    assert none.json()["items"] == []
