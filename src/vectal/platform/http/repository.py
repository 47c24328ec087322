"""SQL of the egress ledger."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
    tuple_,
)

from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.platform.db.bulk import insert_lines
from vectal.platform.db.tables import Base
from vectal.platform.http.sums import EgressFilter, EgressSum
from vectal.platform.http.tables import LONGEST, LOST, OPEN, EgressEntry

_TABLE: Final = Base.metadata.tables[EgressEntry.__tablename__]


async def add_entries(session: WriteSession, lines: Sequence[Mapping[str, object]]) -> None:
    """Append lines, a value for each column."""
    await insert_lines(session, _TABLE, lines)


async def forget(session: WriteSession, keys: Sequence[tuple[UUID, UUID]]) -> None:
    """Take back lines, by workspace and id: others are written in their place."""
    await session.change(
        delete(EgressEntry).where(tuple_(EgressEntry.workspace_id, EgressEntry.id).in_(keys))
    )


async def list_entries(
    session: ReadSession,
    scope: DataScope,
    wanted: EgressFilter,
    *,
    before: tuple[datetime, UUID] | None = None,
    limit: int,
) -> Sequence[EgressEntry]:
    """The workspace's entries, newest first."""
    statement = (
        select(EgressEntry)
        .where(*_conditions(scope, wanted))
        .order_by(EgressEntry.at.desc(), EgressEntry.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(tuple_(EgressEntry.at, EgressEntry.id) < tuple_(*before))
    return await session.scalars(statement)


async def sum_entries(
    session: ReadSession,
    scope: DataScope,
    wanted: EgressFilter,
    *,
    timezone: str,
    after: tuple[date, str] | None = None,
    limit: int,
) -> list[EgressSum]:
    """Sums by day (of `timezone`) and host, the newest day first and its hosts by name."""
    day = cast(func.timezone(timezone, EgressEntry.at), Date).label("day")
    # Bytes, not letters: the same order on every machine, and the one that the cursor goes by.
    host = EgressEntry.host.collate("C")
    refused = _kind() == "refused"
    failed = ~refused & or_(_is_lost(), _kind().not_in(("ok", OPEN)))
    statement = (
        select(
            day,
            EgressEntry.host,
            func.count(),
            func.count().filter(failed),
            func.count().filter(refused),
            func.sum(EgressEntry.bytes_out),
            func.sum(EgressEntry.bytes_in),
        )
        .where(*_conditions(scope, wanted))
        .group_by(day, EgressEntry.host)
        .order_by(day.desc(), host)
        .limit(limit)
    )
    if after is not None:
        last_day, last_host = after
        statement = statement.where(or_(day < last_day, (day == last_day) & (host > last_host)))
    rows = (await session.execute(statement)).all()
    return [
        EgressSum(row[0], row[1], row[2], row[3], row[4], int(row[5]), int(row[6])) for row in rows
    ]


async def purge(session: WriteSession, keep: timedelta) -> int:
    oldest = func.now() - bindparam("keep", keep)
    return await session.change(delete(EgressEntry).where(EgressEntry.at < oldest))


def _kind() -> ColumnElement[str]:
    """What is written before the colon: `timeout` of `timeout: connect`."""
    return func.split_part(EgressEntry.outcome, ":", 1)


def _is_at(host: str) -> ColumnElement[bool]:
    # Only an address of IPv6 has brackets before its port; what else has a colon has its port.
    at_a_port = f"[{host}]:" if ":" in host else f"{host}:"
    named = EgressEntry.host
    return or_(named == host, named.startswith(at_a_port, autoescape=True))


def _conditions(scope: DataScope, wanted: EgressFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [EgressEntry.workspace_id == scope.workspace_id]
    if wanted.since is not None:
        conditions.append(EgressEntry.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(EgressEntry.at < wanted.until)
    if wanted.host is not None:
        conditions.append(_is_at(wanted.host))
    if wanted.purpose is not None:
        conditions.append(EgressEntry.purpose == wanted.purpose)
    if wanted.user_id is not None:
        conditions.append(EgressEntry.user_id == wanted.user_id)
    if wanted.outcome is not None:
        conditions.append(_ended_so(wanted.outcome))
    return conditions


def _ended_so(outcome: str) -> ColumnElement[bool]:
    if outcome == LOST:
        return _is_lost()
    if outcome == OPEN:
        return (EgressEntry.outcome == OPEN) & ~_is_lost()
    return or_(EgressEntry.outcome == outcome, _kind() == outcome)


def _is_lost() -> ColumnElement[bool]:
    """See `EgressEntry.ending`."""
    return (EgressEntry.outcome == OPEN) & (EgressEntry.at < func.now() - LONGEST)
