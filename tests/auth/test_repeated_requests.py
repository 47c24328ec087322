"""The same POST with the same Idempotency-Key: one effect, one answer, no secret kept."""

import asyncio

from sqlalchemy import text
from tests.fixtures.accounts import MakeClient, Person

from vectal.platform.db import Database

KEYS = {"name": "Sync", "scopes": ["tasks:read"]}


async def test_fifty_at_once_make_one_key_with_one_secret(
    edge_client: MakeClient, person: Person
) -> None:
    client = edge_client(person, {"Idempotency-Key": "once"})
    answers = await asyncio.gather(*(client.post("/api/v1/api-keys", json=KEYS) for _ in range(50)))
    assert {each.status_code for each in answers} == {201}
    assert len({each.text for each in answers}) == 1
    assert len((await client.get("/api/v1/api-keys")).json()["items"]) == 1
    other = await client.post("/api/v1/api-keys", json={**KEYS, "name": "Another"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


async def test_a_workspace_is_made_once(edge_client: MakeClient, person: Person) -> None:
    client = edge_client(person, {"Idempotency-Key": "once"})
    answers = await asyncio.gather(
        *(client.post("/api/v1/workspaces", json={"name": "Family"}) for _ in range(20))
    )
    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["id"] for each in answers}) == 1
    other = await client.post("/api/v1/workspaces", json={"name": "Work"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


async def test_an_invitation_is_made_once(edge_client: MakeClient, person: Person) -> None:
    client = edge_client(person, {"Idempotency-Key": "once"})
    path = f"/api/v1/workspaces/{person.workspace_id}/invitations"
    first, second = [await client.post(path, json={"email": "eve@example.com"}) for _ in range(2)]
    assert first.status_code == 201, first.text
    assert first.json() == second.json()
    other = await client.post(path, json={"email": "eve@example.com", "role": "viewer"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


async def test_no_answer_with_a_secret_is_kept(
    edge_client: MakeClient, person: Person, db: Database
) -> None:
    client = edge_client(person, {"Idempotency-Key": "once"})
    secret = (await client.post("/api/v1/api-keys", json=KEYS)).json()["key"].split("_")[2]
    async with db.system("tests.no_secret") as session:
        rows = (await session.execute(text("SELECT body FROM idempotency_keys"))).all()
    assert not [row for row in rows if secret.encode() in (row.body or b"")]
