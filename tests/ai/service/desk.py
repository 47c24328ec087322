"""One person who calls vendors that fail, and what it costs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from tests.platform.http.peer import Peer, raw, reply
from tests.wire.test_passing_on import CHAT_STREAM

from vectal.ai.budgets.amounts import Unit, Worst
from vectal.ai.ports import ListedModel, ProviderKind
from vectal.ai.providers.pieces import Pieces
from vectal.ai.proxy.attempts import Patience
from vectal.ai.proxy.wires.registry import wire
from vectal.ai.service.budget_service import BudgetDraft
from vectal.ai.service.gateway.call import Answer, IncomingCall
from vectal.ai.service.gateway.direct import Caller, DirectCall
from vectal.ai.service.provider_rows import ProviderDraft
from vectal.ai.tables import UsageRow
from vectal.auth.principal import Principal
from vectal.entrypoints.services import Services
from vectal.platform.http.tables import EgressEntry
from vectal.platform.ids import new_id
from vectal.platform.resilience import RetryRule

MODEL: Final = "gpt-6.1-sol"
VECTORS: Final = "text-embedding-3-small"
LISTED: Final = ListedModel(MODEL, MODEL), ListedModel(VECTORS, VECTORS, embedding=True)
CLAUDE: Final = "claude-haiku-5-5"
CHAT: Final = "/one/chat/completions"
SILENT = raw(then_wait=True)
ONCE, TWICE = RetryRule(1, 0.0), RetryRule(2, 0.0, 0.0)
QUICK: Final = 0.3
SAID = {
    "choices": [{"message": {"content": "Hi"}}],
    "usage": {"prompt_tokens": 11, "completion_tokens": 3},
}
EVENTS: Final = {"Content-Type": "text/event-stream"}
STREAM = reply(b"".join(CHAT_STREAM), headers=EVENTS)
ANSWER = reply(json.dumps(SAID).encode(), headers={"Content-Type": "application/json"})


def patience(alone: RetryRule = ONCE, with_others: RetryRule = ONCE) -> Patience:
    return Patience(QUICK, QUICK, QUICK, alone=alone, with_others=with_others)


@dataclass
class Line:
    """Somebody at the other end of the direct way."""

    is_paused: bool = False
    came: bytes = b""
    awaited: Coroutine[Any, Any, Answer] | None = None
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, lines: bytes, body: bytes) -> None:
        self.came = lines + body
        self.is_over.set()

    def begin(self, lines: bytes) -> None:
        self.came = lines

    def write(self, piece: bytes) -> None:
        self.came += piece

    def end(self) -> None:
        self.is_over.set()

    def go_long(self, call: IncomingCall, answer: Coroutine[Any, Any, Answer]) -> None:
        del call
        self.awaited = answer
        self.is_over.set()

    def fail(self) -> None:
        self.is_over.set()


@dataclass
class Desk:
    """One person who calls vendors that say nothing, and what they cost."""

    services: Services
    owner: Principal
    peer: Peer

    async def add(
        self, name: str = "one", kind: ProviderKind = "openai", *models: ListedModel
    ) -> None:
        models = models or LISTED
        key = "sk-test-0123456789abcd"
        draft = ProviderDraft(kind, name, self.peer.url(f"/{name}"), key, models=models)
        await self.services.ai.providers.create(self.owner, draft)
        self.services.models.forget_reach(self.owner.workspace_id)

    async def cap(self, cap: int, unit: Unit = "tokens") -> None:
        draft = BudgetDraft("All", "workspace", unit, "total", Decimal(cap), None, "UTC")
        await self.services.ai.budgets.create(self.owner, draft)
        self.services.budgets.forget(self.owner.workspace_id)

    async def used(self) -> Decimal:
        await self.services.budgets.flush()
        [budget] = await self.services.ai.budgets.list_budgets(self.owner)
        return budget.spent

    def call(self, **more: Any) -> IncomingCall:
        door = wire("chat_completions")
        return IncomingCall(self.owner, door, body_of(**more), new_id().hex)

    def translated(self) -> IncomingCall:
        """Of another wire than the vendor's, in one piece: no word is shown before the last."""
        return replace(self.call(), wire=wire("messages"))

    def vectors(self) -> IncomingCall:
        body = {"model": VECTORS, "input": "The sea, and those who sail it."}
        door = wire("chat_completions")
        return IncomingCall(self.owner, door, json.dumps(body).encode(), new_id().hex)

    async def ask(self, **more: Any) -> Answer:
        return await self.services.models.answer(self.call(**more))

    async def lines(self) -> list[UsageRow]:
        await self.services.models.book.flush()
        wanted = UsageRow.workspace_id == self.owner.workspace_id
        async with self.services.database.read(self.owner) as session:
            found = await session.scalars(select(UsageRow).where(wanted).order_by(UsageRow.at))
            return list(found)

    async def outcomes(self) -> list[str]:
        """Of what was sent, by the egress ledger."""
        await self.services.ledger.flush()
        wanted = EgressEntry.workspace_id == self.owner.workspace_id
        async with self.services.database.read(self.owner) as session:
            return list(await session.scalars(select(EgressEntry.outcome).where(wanted)))

    async def begin_directly(self, line: Line, **more: Any) -> DirectCall:
        """Once all is known that a direct call needs."""
        caller = Caller(self.owner, wire("chat_completions"), "", {})
        await self.services.models.prepare(self.call(**more))
        worst = Worst(0, 50_000)
        held = await self.services.budgets.reserve(self.owner, self.call().subjects, worst)
        held.release()
        names = new_id().hex, new_id().hex
        begun = self.services.direct.try_begin(caller, *names, body_of(**more), line)
        assert isinstance(begun, DirectCall), begun
        return begun


def body_of(**more: Any) -> bytes:
    said = "Tell me what you know of the sea, and of those who sail it."
    messages = [{"role": "user", "content": said}]
    return json.dumps({"model": MODEL, "messages": messages, "max_tokens": 50, **more}).encode()


def quick(*_: Any) -> float:
    return QUICK


async def read_all(stream: Pieces[bytes] | None) -> None:
    assert stream is not None
    while await stream.receive() is not None:
        pass


def read_only(row: UsageRow) -> None:
    """Of the line of a call whose request was read, and nothing more."""
    assert row.estimated
    assert row.input_tokens > 0
    assert row.output_tokens == 0
    assert row.cost_usd is not None
    assert row.cost_usd > 0


def free(row: UsageRow) -> None:
    assert not row.estimated
    assert (row.input_tokens, row.output_tokens, row.cost_usd) == (0, 0, 0)
