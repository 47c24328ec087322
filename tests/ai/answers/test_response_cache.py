"""Kept answers over a real Valkey and PostgreSQL: for whom they are, and for whom never."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis
from tests.fixtures.accounts import MakeUser, Person

from vectal.accounts.contracts import Role
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.service.gateway.response_cache import (
    MAX_ENTRY_BYTES,
    MAX_WORKSPACE_BYTES,
    Collector,
    Kept,
    Question,
    ResponseCache,
    canonical,
)
from vectal.platform.crypto import KeyOwner, Keyring
from vectal.platform.db import Database, Scope

ANSWER = Kept({"x-vectal-model": "m"}, [b"an ", b"answer of MERCURY"], is_stream=True)
BODY = b'{"model": "m", "messages": [{"role": "user", "content": "VENUS?"}]}'


def question_of(person: Person, body: bytes = BODY, **changes: Any) -> Question:
    principal = person.principal
    scope = Scope(principal.workspace_id, principal.user_id)
    return replace(Question(scope, "key", "chat_completions", body, "p/m low", "[]"), **changes)


@asynccontextmanager
async def opened(url: str, db: Database, keyring: Keyring) -> AsyncGenerator[ResponseCache]:
    cache = ResponseCache(url, db, keyring)
    yield cache
    await cache.close()


@pytest.fixture
async def cache(valkey: str, db: Database, keyring: Keyring) -> AsyncGenerator[ResponseCache]:
    async with opened(valkey, db, keyring) as made:
        yield made


@pytest.fixture
async def redis(valkey: str) -> AsyncGenerator[Redis]:
    client: Redis = Redis.from_url(valkey)  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
    yield client
    await client.aclose()


async def keep(cache: ResponseCache, question: Question, answer: Kept = ANSWER) -> None:
    cache.keep(question, answer, 60)
    await cache.flush()


async def test_an_answer_comes_back_as_it_was(cache: ResponseCache, person: Person) -> None:
    question = question_of(person)
    assert await cache.find(question) is None
    await keep(cache, question)
    assert await cache.find(question) == ANSWER
    spaced = b'{ "messages":[{"role":"user","content":"\\u0056ENUS?"}],"model":"m"}'
    assert await cache.find(question_of(person, spaced)) == ANSWER


async def test_who_asks_again_at_once_gets_it(cache: ResponseCache, person: Person) -> None:
    """It is still on its way to Redis: sealing the first answer of a workspace takes a while."""
    question = question_of(person)
    cache.keep(question, ANSWER, 60)
    assert await cache.find(question) == ANSWER
    assert await cache.find(question_of(person, conditions="[1]")) is None
    await cache.flush()
    assert await cache.find(question) == ANSWER


async def test_a_body_that_is_none_is_not_kept(cache: ResponseCache, person: Person) -> None:
    cache.keep(question_of(person, b"[]"), ANSWER, 60)
    await cache.flush()


async def test_no_other_principal_gets_it(
    cache: ResponseCache, person: Person, make_user: MakeUser
) -> None:
    await keep(cache, question_of(person))
    member = await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)
    stranger = await make_user()
    assert await cache.find(question_of(member)) is None
    assert await cache.find(question_of(stranger)) is None
    assert await cache.find(question_of(person)) == ANSWER


@pytest.mark.parametrize(
    "changes",
    [
        {"credential": "another of the same person"},
        {"wire": "messages"},
        {"target": "p/m high"},
        {"conditions": "[1]"},
        {"body": BODY.replace(b"VENUS", b"venus")},
        {"body": BODY.replace(b'{"model"', b'{"stream": true, "model"')},
    ],
)
async def test_another_question_has_another_answer(
    cache: ResponseCache, person: Person, changes: dict[str, Any]
) -> None:
    await keep(cache, question_of(person))
    assert await cache.find(replace(question_of(person), **changes)) is None


async def _stored(redis: Redis, person: Person) -> dict[bytes, bytes]:
    """The workspace's entries as Redis holds them."""
    untyped: Any = redis
    found = untyped.scan_iter(f"vectal:answers:*{person.workspace_id}*")
    names: list[bytes] = [name async for name in found if not name.endswith(b"sizes")]
    return {name: await untyped.get(name) for name in names}


async def test_redis_learns_neither_question_nor_answer(
    cache: ResponseCache, redis: Redis, person: Person
) -> None:
    await keep(cache, question_of(person))
    stored = await _stored(redis, person)
    assert len(stored) == 1
    told = repr(stored)
    assert not any(word in told for word in ("MERCURY", "VENUS", str(person.principal.user_id)))


async def test_an_answer_under_another_name_does_not_open(
    cache: ResponseCache, redis: Redis, person: Person
) -> None:
    one, other = question_of(person), question_of(person, BODY.replace(b"VENUS", b"EARTH"))
    await keep(cache, one)
    (before,) = await _stored(redis, person)
    await keep(cache, other, Kept({}, [b"earth"], is_stream=False))
    (after,) = set(await _stored(redis, person)) - {before}
    await redis.set(after, (await _stored(redis, person))[before])
    assert await cache.find(other) is None
    for forged in (b"", b"x", b"AAAA", b"\xff\x00"):
        await redis.set(before, forged)
        assert await cache.find(one) is None


async def test_a_destroyed_key_takes_the_answers_with_it(
    cache: ResponseCache, db: Database, keyring: Keyring, person: Person
) -> None:
    await keep(cache, question_of(person))
    async with db.system("erasure") as session:
        await keyring.destroy(session, KeyOwner.workspace(person.workspace_id))
    assert await cache.find(question_of(person)) is None


async def test_without_redis_all_is_a_miss(db: Database, keyring: Keyring, person: Person) -> None:
    for url in ("", "redis://127.0.0.1:1/0"):
        async with opened(url, db, keyring) as cache:
            await keep(cache, question_of(person))
            assert await cache.find(question_of(person)) is None


async def test_a_workspace_keeps_so_many_bytes_and_no_more(
    cache: ResponseCache, redis: Redis, person: Person
) -> None:
    large = Kept({}, [b"x" * (MAX_ENTRY_BYTES - 1_000)], is_stream=False)
    count = MAX_WORKSPACE_BYTES // MAX_ENTRY_BYTES + 3
    questions = [question_of(person, BODY.replace(b"VENUS", b"%d" % n)) for n in range(count)]
    for question in questions:
        await keep(cache, question, large)
    stored = await _stored(redis, person)
    assert len(stored) < count
    assert await cache.find(questions[0]) is None
    assert await cache.find(questions[-1]) == large


def test_what_is_too_large_is_not_kept() -> None:
    fits, too_large = Collector(), Collector()
    fits.add(b"x" * MAX_ENTRY_BYTES)
    assert fits.kept({}, is_stream=False) is not None
    for _ in range(3):
        too_large.add(b"x" * (MAX_ENTRY_BYTES // 2))
    assert too_large.kept({}, is_stream=False) is None
    assert Collector().kept({}, is_stream=False) is None


def test_members_may_change_places_and_what_is_in_them_may_not() -> None:
    assert canonical(b'{"b":1,"a":{"d":1,"c":2}}') == canonical(b'{ "a":{"d":1,"c":2}, "b":1 }')
    assert canonical(b'{"a":{"d":1,"c":2}}') != canonical(b'{"a":{"c":2,"d":1}}')
    assert canonical(b'{"a":1}') != canonical(b'{"a":1.0}')
    for bad in (b"[]", b"{", b"[" * 5_000):
        with pytest.raises(BadCallError):
            canonical(bad)
