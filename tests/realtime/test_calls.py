"""Open screens hear that calls to models were made, and by nobody else's."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from tests.fixtures.accounts import Person, people_of
from tests.policy.talk import Talk, talk

from vectal.accounts.contracts import Role
from vectal.ai.repository import usage as usage_sql
from vectal.ai.service.calls_channel import CallsChannel
from vectal.ai.tables import UsageRow
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal, Scope
from vectal.entrypoints.services import Services
from vectal.platform.broadcast import Broadcast
from vectal.platform.clock import utc_now
from vectal.platform.db import Database
from vectal.platform.events.feed import EventFeed
from vectal.platform.ids import new_id
from vectal.realtime.contracts import Update
from vectal.realtime.errors import BadCursorError, UnknownChannelError
from vectal.realtime.service import RealtimeService

PATIENCE_S = 20.0


class Rest:
    """The pause between two updates, which ends when the test says so."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[float] = asyncio.Queue()
        self.may_end = asyncio.Semaphore(0)

    async def __call__(self, seconds: float) -> None:
        self.begun.put_nowait(seconds)
        await self.may_end.acquire()


async def _no_rest(seconds: float) -> None:
    del seconds
    await asyncio.sleep(0)


def someone(workspace_id: UUID | None = None, role: Role = Role.OWNER) -> Principal:
    return Principal(new_id(), workspace_id or new_id(), role)


def line(principal: Principal) -> UsageRow:
    return UsageRow(
        workspace_id=principal.workspace_id,
        id=new_id(),
        user_id=principal.user_id,
        purpose="gateway",
        provider="P",
        model="m",
        route_reason={},
        input_tokens=1,
        output_tokens=1,
        cache_read_tokens=0,
        cache_write_tokens=0,
        reasoning_tokens=0,
        duration_ms=1,
        attempts=1,
        estimated=False,
        simulated=False,
        status="ok",
        at=utc_now(),
    )


def whose(rows: Sequence[UsageRow]) -> list[tuple[UUID, UUID]]:
    return [(row.workspace_id, row.user_id) for row in rows]


async def write(db: Database, rows: Sequence[UsageRow]) -> None:
    async with db.system("tests.usage") as session:
        await usage_sql.add_usage(session, rows)


async def none_revoked(principals: Sequence[Principal]) -> Sequence[Principal]:
    del principals
    return ()


def process(db: Database, broadcast: Broadcast | None = None) -> RealtimeService[Principal]:
    return RealtimeService[Principal](
        feed=EventFeed(db, None),
        broadcast=broadcast,
        may_see=lambda principal, scope: Scope(scope) in principal.scopes,
        find_revoked=none_revoked,
    )


@pytest.fixture
async def told(db: Database, valkey: str) -> AsyncGenerator[list[RealtimeService[Principal]]]:
    """Two processes that Valkey connects."""
    both = [process(db, Broadcast(valkey)) for _ in range(2)]
    running = [asyncio.create_task(each.run()) for each in both]
    yield both
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def hear(deliveries: AsyncGenerator[Any]) -> Update:
    async with asyncio.timeout(PATIENCE_S):
        heard = await anext(deliveries)
    assert isinstance(heard, Update)
    assert heard.event == "ai.calls_changed"
    return heard


async def test_another_process_s_calls_are_heard(
    db: Database, principal: Principal, told: list[RealtimeService[Principal]]
) -> None:
    here, there = (CallsChannel(db, each, rest=_no_rest) for each in told)
    stream = await here.open(principal, "", None)
    assert stream.cursor == ""
    async with aclosing(stream.deliveries) as deliveries:
        for rows in ([line(principal)], [line(principal)]):
            await write(db, rows)
            there.tell(whose(rows))
            # A topic that is followed anew counts as news, too.
            while (await hear(deliveries)).id != str(rows[0].id):
                pass


async def test_calls_made_during_the_pause_are_told_as_one(
    db: Database, principal: Principal
) -> None:
    rest = Rest()
    channel = CallsChannel(db, process(db), rest=rest)
    stream = await channel.open(principal, "", None)
    heard = asyncio.Queue[str]()

    async def listen() -> None:
        async with aclosing(stream.deliveries) as deliveries:
            async for delivery in deliveries:
                assert isinstance(delivery, Update)
                heard.put_nowait(delivery.id)

    listening = asyncio.create_task(listen())
    async with asyncio.timeout(PATIENCE_S):
        rows = [line(principal)]
        await write(db, rows)
        channel.tell(whose(rows))
        assert await heard.get() == str(rows[0].id)
        assert await rest.begun.get() == 1.0
        for _ in range(50):
            rows = [line(principal)]
            await write(db, rows)
            channel.tell(whose(rows))
        assert heard.empty()
        rest.may_end.release()
        assert await heard.get() == str(rows[0].id)
        await rest.begun.get()
        rest.may_end.release()
        last = [line(principal)]
        await write(db, last)
        channel.tell(whose(last))
        assert await heard.get() == str(last[0].id)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_a_listener_who_comes_back_is_told_what_it_missed(
    db: Database, principal: Principal
) -> None:
    channel = CallsChannel(db, process(db), rest=_no_rest)
    known, missed = line(principal), line(principal)
    await write(db, [known])
    stream = await channel.open(principal, "", None)
    assert stream.cursor == str(known.id)
    await stream.deliveries.aclose()
    await write(db, [missed])
    again = await channel.open(principal, "", stream.cursor)
    async with aclosing(again.deliveries) as deliveries:
        assert (await hear(deliveries)).id == str(missed.id)


async def test_without_a_word_the_ledger_is_looked_at(db: Database, principal: Principal) -> None:
    # No Redis, and the writer tells nobody: a worker does so.
    channel = CallsChannel(db, process(db), rest=_no_rest)
    stream = await channel.open(principal, "", None)
    async with aclosing(stream.deliveries) as deliveries:
        listening = asyncio.create_task(hear(deliveries))
        rows = [line(principal)]
        await write(db, rows)
        assert (await listening).id == str(rows[0].id)


async def test_members_hear_of_their_own_calls_alone(db: Database, principal: Principal) -> None:
    owner = principal
    member, other = (someone(owner.workspace_id, Role.MEMBER) for _ in range(2))
    channel = CallsChannel(db, process(db), rest=_no_rest)
    streams = [await channel.open(each, "", None) for each in (owner, member, other)]
    listening = [asyncio.create_task(hear(stream.deliveries)) for stream in streams]
    await asyncio.sleep(0)
    hers = [line(member)]
    await write(db, hers)
    channel.tell(whose(hers))
    assert [(await task).id for task in listening[:2]] == [str(hers[0].id)] * 2
    others = [line(other)]
    await write(db, others)
    channel.tell(whose(others))
    # The first that the other one hears is her own.
    assert (await listening[2]).id == str(others[0].id)
    for stream in streams:
        await stream.deliveries.aclose()


async def test_who_may_not_see_usage_may_not_listen(db: Database) -> None:
    channel = CallsChannel(db, process(db))
    viewer = someone(role=Role.VIEWER)
    scoped = Principal(new_id(), new_id(), Role.OWNER, frozenset({Scope.CHAT_READ}))
    for each in (viewer, scoped):
        with pytest.raises(ForbiddenError):
            await channel.open(each, "", None)
    with pytest.raises(UnknownChannelError):
        await channel.open(someone(), "all", None)
    with pytest.raises(BadCursorError):
        await channel.open(someone(), "", "17")


async def _subscribe(line_: Talk, person: Person) -> None:
    await line_.say(type="hello", token=person.access_token, workspace_id=str(person.workspace_id))
    assert (await line_.hear())["type"] == "welcome"
    await line_.say(type="subscribe", channel="calls")
    assert (await line_.hear())["type"] == "subscribed"


async def test_a_call_and_a_turn_are_told_over_the_socket(
    house_app: FastAPI, house_services: Services, house_client: httpx2.AsyncClient
) -> None:
    services = house_services
    make = people_of(services.database, services.accounts, services.auth)
    owner = await make()
    member = await make(workspace_id=owner.workspace_id, role=Role.MEMBER)
    async with talk(house_app) as hers, talk(house_app) as owners:
        await _subscribe(hers, member)
        await _subscribe(owners, owner)
        body = {"model": "simulator", "messages": [{"role": "user", "content": "Hello"}]}
        answer = await house_client.post(
            "/v1/chat/completions", json=body, headers=member.headers, timeout=PATIENCE_S
        )
        assert answer.status_code == 200, answer.text
        heard = [await each.hear() for each in (hers, owners)]
        assert [each["event"] for each in heard] == ["ai.calls_changed"] * 2
        assert heard[0]["data"] == heard[1]["data"]
        talked = await services.chat.conversations.create(owner.principal)
        await house_client.post(
            f"/api/v1/conversations/{talked.id}/turns",
            json={"text": "Hello", "mode": "ask", "choice": {"auto": True}},
            headers=owner.headers,
            timeout=PATIENCE_S,
        )
        while (turned := await owners.hear())["data"] == heard[1]["data"]:
            pass
        assert turned["event"] == "ai.calls_changed"
