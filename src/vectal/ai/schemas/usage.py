"""Shapes of usage."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field

from vectal.ai.usage.sums import UsageGrouping, UsageSum
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag


class UsageCounts(Schema):
    """Sums over calls. `cost_usd` leaves out the `unpriced` calls, whose price nobody knows."""

    calls: int
    failed: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost_usd: float
    unpriced: int


class UsageGroup(UsageCounts):
    """The sums of one day or one model."""

    group: Annotated[str, Field(examples=["2026-11-02", "claude-haiku-5-5"])]

    @classmethod
    def of(cls, one: UsageSum) -> Self:
        return cls(
            group=one.group,
            calls=one.calls,
            failed=one.failed,
            input_tokens=one.input_tokens,
            output_tokens=one.output_tokens,
            cache_read_tokens=one.cache_read_tokens,
            cache_write_tokens=one.cache_write_tokens,
            reasoning_tokens=one.reasoning_tokens,
            cost_usd=float(one.cost_usd),
            unpriced=one.unpriced,
        )


class UsageShape(Schema):
    """What was used in the days `from` to `to`, both counted in."""

    group: UsageGrouping
    since: Annotated[date, Field(serialization_alias="from")]
    until: Annotated[date, Field(serialization_alias="to")]
    everyone: Flag
    total: UsageCounts
    items: list[UsageGroup]

    @classmethod
    def of(
        cls,
        group: UsageGrouping,
        since: date,
        until: date,
        sums: list[UsageSum],
        *,
        everyone: bool,
    ) -> Self:
        return cls(
            group=group,
            since=since,
            until=until,
            everyone=everyone,
            total=_total(sums),
            items=[UsageGroup.of(one) for one in sums],
        )


def _total(sums: list[UsageSum]) -> UsageCounts:
    return UsageCounts(
        calls=sum(one.calls for one in sums),
        failed=sum(one.failed for one in sums),
        input_tokens=sum(one.input_tokens for one in sums),
        output_tokens=sum(one.output_tokens for one in sums),
        cache_read_tokens=sum(one.cache_read_tokens for one in sums),
        cache_write_tokens=sum(one.cache_write_tokens for one in sums),
        reasoning_tokens=sum(one.reasoning_tokens for one in sums),
        cost_usd=float(sum((one.cost_usd for one in sums), Decimal(0))),
        unpriced=sum(one.unpriced for one in sums),
    )
