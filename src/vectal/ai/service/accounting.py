"""Lines of the usage ledger, and what a response cost in sum."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from vectal.ai.contracts import Purpose, RouteReason, TokenUsage, UsageReported
from vectal.ai.ports import code_of
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.repository import usage as usage_sql
from vectal.ai.repository.usage import UsageLine
from vectal.ai.service.calls_under_way import CallsUnderWay, Told, ignore
from vectal.ai.tables import UsageRow
from vectal.ai.usage.fees import codes_of
from vectal.ai.usage.prices import cost_usd
from vectal.platform.background import end_tasks
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope
from vectal.platform.ids import new_id
from vectal.platform.telemetry import counter, get_logger
from vectal.platform.telemetry.metrics import tallies

_log = get_logger(__name__)
_calls = counter("ai_calls_total", "Calls to models.", ["provider", "status"])
_tokens = counter("ai_tokens_total", "Tokens of models.", ["provider", "direction"])
_calls_of = tallies(_calls)
_tokens_of = tallies(_tokens)
_MAX_INT = 2**31 - 1
_MAX_CODES = 40

_LOST: Final = "ai.server_lost"
"""Of calls whose process was killed."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the calls were made for."""

    purpose: Purpose
    conversation_id: UUID | None = None
    turn_id: UUID | None = None
    api_key_id: UUID | None = None
    project_id: UUID | None = None
    run_id: UUID | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Posting:
    """The calls of one response, on their way into the ledger. More may be added to them."""

    scope: DataScope
    occasion: Occasion
    records: Sequence[CallRecord]
    clock: Clock
    began: float

    @property
    def progress(self) -> object:
        return tuple(each.progress for each in self.records)

    def lines_so_far(self) -> list[UsageLine]:
        """See `calls_under_way`."""
        at, took_ms = self.clock.now(), round((self.clock.monotonic() - self.began) * 1_000)
        sent = [pair for each in self.records for pair in each.all_so_far(took_ms)]
        return [
            usage_values(self.scope, self.occasion, record, target, at, _cost(record, at))
            for record, target in sent
        ]


class Accounting:
    """`on_written` hears whose lines have just been stored."""

    def __init__(self, database: Database, clock: Clock, under_way: CallsUnderWay) -> None:
        self._database = database
        self._clock = clock
        self._under_way = under_way
        self.on_written: Told = ignore

    def open(self, scope: DataScope, occasion: Occasion, records: Sequence[CallRecord]) -> Posting:
        """Of calls that are about to be made. `write` it, however they end."""
        posting = Posting(scope, occasion, records, self._clock, self._clock.monotonic())
        self._under_way.enter(posting)
        return posting

    def total(self, records: Sequence[CallRecord], duration_ms: int) -> UsageReported:
        """The sum of all calls. The cost is unknown as soon as one call's is."""
        at = self._clock.now()
        records = with_rivals(records)
        costs = [_cost(record, at) for record in records if record.tries]
        known = [cost for cost in costs if cost is not None]
        first = next((r.first_token_ms for r in records if r.first_token_ms is not None), None)
        return UsageReported(
            usage=sum((record.usage for record in records), TokenUsage()),
            cost_usd=sum(known, Decimal(0)) if len(known) == len(costs) else None,
            first_token_ms=first,
            duration_ms=duration_ms,
            attempts=sum(record.tries for record in records),
            estimated=any(record.estimated for record in records),
        )

    async def write(self, posting: Posting) -> None:
        """Store a line for each call that was sent. A ledger that fails costs no answer."""
        at, scope = self._clock.now(), posting.scope
        records = with_rivals(posting.records)
        sent = [(record, record.target) for record in records if record.target is not None]
        for record, target in sent:
            count_call(record, target.offer.provider.kind)
        rows = [
            usage_row(scope, posting.occasion, record, target, at, _cost(record, at))
            for record, target in sent
        ]
        try:
            if rows:
                await self._store(scope, rows)
        except Exception:  # noqa: BLE001  (the answer is there; the log keeps what is lost)
            _log.exception("ai.usage_lost", calls=len(rows))
        finally:
            self._under_way.leave(posting)

    async def _store(self, scope: DataScope, rows: Sequence[UsageRow]) -> None:
        keys = [(row.workspace_id, row.id) for row in rows]
        told = self._under_way.told_of(keys)
        # What was told is no workspace's own: it is the system that takes it back.
        opened = self._database.system("usage ledger") if told else None
        async with opened or self._database.transaction(scope) as session:
            await self._under_way.settle(session, told)
            await usage_sql.add_usage(session, rows)
            session.after_commit(lambda: self.on_written([(scope.workspace_id, scope.user_id)]))


class UsageWriter:
    """Writes the ledger also where whoever asked is cancelled meanwhile: used is used."""

    def __init__(self, accounting: Accounting) -> None:
        self._accounting = accounting
        self._writing: set[asyncio.Task[None]] = set()

    def open(self, scope: DataScope, occasion: Occasion, records: Sequence[CallRecord]) -> Posting:
        return self._accounting.open(scope, occasion, records)

    async def write(self, posting: Posting) -> None:
        task = asyncio.create_task(self._accounting.write(posting))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for what is still being written down."""
        if self._writing:
            _, late = await asyncio.wait(self._writing, timeout=5.0)
            await end_tasks(late)


def with_rivals(records: Sequence[CallRecord]) -> list[CallRecord]:
    """Each call, and after it those that were begun beside it."""
    return [each for record in records for each in (record, *record.rivals)]


def usage_row(
    scope: DataScope,
    occasion: Occasion,
    record: CallRecord,
    target: Target,
    at: datetime,
    cost: Decimal | None,
) -> UsageRow:
    """The line of one call."""
    values = usage_values(scope, occasion, record, target, at, cost)
    return UsageRow(**{**values, "route_reason": _told(record, target).as_json()})


def usage_values(
    scope: DataScope,
    occasion: Occasion,
    record: CallRecord,
    target: Target,
    at: datetime,
    cost: Decimal | None,
) -> dict[str, Any]:
    """The line of one call by its columns; the reason as JSON text."""
    offer, usage = target.offer, record.usage
    return {
        "workspace_id": scope.workspace_id,
        "id": record.line_id or new_id(),
        "user_id": scope.user_id,
        "purpose": occasion.purpose,
        "api_key_id": occasion.api_key_id,
        "project_id": occasion.project_id,
        "run_id": occasion.run_id,
        "request_id": occasion.request_id,
        "conversation_id": occasion.conversation_id,
        "turn_id": occasion.turn_id,
        "provider": offer.provider.name,
        "model": offer.model.name,
        "slot": target.slot,
        "route_reason": _reason_text(_told(record, target)),
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "duration_ms": min(record.duration_ms, _MAX_INT),
        "attempts": record.tries,
        "first_token_ms": record.first_token_ms,
        "cost_usd": cost,
        "estimated": record.estimated,
        "simulated": offer.simulated,
        "status": "cancelled" if record.status == "running" else record.status,
        "error_code": _code(record),
        "at": at,
    }


def lost(line: UsageLine) -> UsageLine:
    """The line of a call of which nobody will hear how it ended."""
    return {**line, "status": "failed", "error_code": _LOST, "estimated": True}


def _code(record: CallRecord) -> str | None:
    if record.is_lost:
        return _LOST
    return code_of(record.fault) if record.fault else None


@functools.lru_cache(maxsize=4_096)
def _reason_text(reason: RouteReason) -> str:
    return msgspec.json.encode(reason.as_json()).decode()


def _told(record: CallRecord, target: Target) -> RouteReason:
    """Why it went there, and what else happened to it."""
    reason, codes = record.reason or target.reason, record.codes[:_MAX_CODES]
    if record.usage.charges is not None or target.offer.priced.fee:
        codes = [*codes, *codes_of(record.usage.charges, target.offer.priced.fee)]
    return replace(reason, codes=(*reason.codes, *codes)) if codes else reason


def _cost(record: CallRecord, at: datetime) -> Decimal | None:
    if record.target is None:
        return Decimal(0)
    return cost_usd(record.target.offer.priced, record.usage, at)


def count_call(record: CallRecord, kind: str) -> None:
    """Tell the metrics."""
    count_tokens(kind, record.status, record.usage)


def count_tokens(kind: str, status: str, usage: TokenUsage, *, calls: int = 1) -> None:
    """Tell the metrics of calls that took so much together."""
    _calls_of(kind, status).inc(calls)
    _tokens_of(kind, "input").inc(usage.input_tokens)
    _tokens_of(kind, "output").inc(usage.output_tokens)
