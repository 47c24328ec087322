"""One key, one effect, one answer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import update

from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope, Scope
from vectal.platform.errors import AppError
from vectal.platform.ids import new_id
from vectal.platform.web import IdempotentRoute
from vectal.platform.web.tables import IdempotencyKey


class RefusalError(AppError):
    code = "test.refused"
    status = 409


@asynccontextmanager
async def _client(
    db: Database, keyring: Keyring, scope: Scope
) -> AsyncGenerator[httpx2.AsyncClient]:
    app = FastAPI()
    app.router.route_class = IdempotentRoute
    app.state.database = db
    app.state.keyring = keyring
    app.state.calls = 0

    async def resolve(_: Request) -> DataScope | None:
        return scope

    app.state.resolve_scope = resolve

    @app.exception_handler(AppError)
    async def render(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AppError)
        return JSONResponse({"code": error.code}, status_code=error.status)

    @app.post("/things", status_code=201)
    async def make(body: dict[str, str]) -> dict[str, str]:
        app.state.calls += 1
        await asyncio.sleep(0.01)
        if body.get("fail") and app.state.calls == 1:
            raise RefusalError
        return {"id": str(new_id()), **body}

    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
        client.headers["calls"] = str(app.state.calls)


def _scope() -> Scope:
    return Scope(new_id(), new_id())


async def test_fifty_at_once_make_one_thing(db: Database, keyring: Keyring) -> None:
    async with _client(db, keyring, _scope()) as client:
        answers = await asyncio.gather(
            *(
                client.post("/things", json={"a": "1"}, headers={"Idempotency-Key": "k"})
                for _ in range(50)
            )
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert client.headers["calls"] == "1"
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1


async def test_another_body_is_refused(db: Database, keyring: Keyring) -> None:
    async with _client(db, keyring, _scope()) as client:
        headers = {"Idempotency-Key": "k"}
        assert (await client.post("/things", json={"a": "1"}, headers=headers)).status_code == 201
        answer = await client.post("/things", json={"a": "2"}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency.mismatch"


async def test_a_failure_is_not_kept(db: Database, keyring: Keyring) -> None:
    async with _client(db, keyring, _scope()) as client:
        headers = {"Idempotency-Key": "k"}
        first = await client.post("/things", json={"fail": "once"}, headers=headers)
        second = await client.post("/things", json={"fail": "once"}, headers=headers)
    assert (first.status_code, second.status_code) == (409, 201)


async def test_keys_of_two_people_do_not_meet(db: Database, keyring: Keyring) -> None:
    headers = {"Idempotency-Key": "k"}
    async with _client(db, keyring, _scope()) as client:
        one = await client.post("/things", json={"a": "1"}, headers=headers)
    async with _client(db, keyring, _scope()) as client:
        two = await client.post("/things", json={"a": "1"}, headers=headers)
    assert one.json()["id"] != two.json()["id"]


async def test_a_bad_key_is_refused(db: Database, keyring: Keyring) -> None:
    async with _client(db, keyring, _scope()) as client:
        answer = await client.post("/things", json={}, headers={"Idempotency-Key": "x" * 201})
    assert answer.status_code == 422


async def test_what_is_kept_of_an_answer_can_be_read_by_nobody_else(
    db: Database, keyring: Keyring
) -> None:
    scope, headers = _scope(), {"Idempotency-Key": "k"}
    async with _client(db, keyring, scope) as client:
        said = await client.post("/things", json={"a": "a secret plan"}, headers=headers)
        async with db.transaction(scope) as session:
            kept = await session.get(IdempotencyKey, (scope.workspace_id, scope.user_id, "k"))
        assert kept is not None
        assert kept.is_sealed
        assert b"secret" not in (kept.body or b"")
        again = await client.post("/things", json={"a": "a secret plan"}, headers=headers)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == said.content


async def test_what_an_older_release_has_kept_is_given_as_it_is(
    db: Database, keyring: Keyring
) -> None:
    scope, headers = _scope(), {"Idempotency-Key": "k"}
    async with _client(db, keyring, scope) as client:
        await client.post("/things", json={"a": "1"}, headers=headers)
        old = update(IdempotencyKey).values(body=b'{"old": true}', is_sealed=False)
        async with db.transaction(scope) as session:
            await session.change(old.where(IdempotencyKey.user_id == scope.user_id))
        answer = await client.post("/things", json={"a": "1"}, headers=headers)
    assert (answer.status_code, answer.json()) == (201, {"old": True})
