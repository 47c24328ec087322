"""REST of the egress ledger."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.gateway.egress.schemas import EgressShape, EgressSumShape
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.errors import InvalidInputError
from vectal.platform.http import EgressReader
from vectal.platform.http.sums import EgressFilter
from vectal.platform.web import Page
from vectal.platform.web.schema import Day, Text

_EARLIEST: Final = date(2000, 1, 1)
_LATEST: Final = date(9000, 1, 1)

router = APIRouter(prefix="/egress", tags=["egress"])
_READ = [requires("egress.read")]


async def _reader(request: Request) -> EgressReader:
    return cast("EgressReader", request.app.state.services.egress)


async def _wanted(
    principal: CurrentPrincipal,
    since: Annotated[Day | None, Query(alias="from", description="First day")] = None,
    until: Annotated[Day | None, Query(alias="to", description="Last day")] = None,
    host: Annotated[
        Text | None,
        Query(
            min_length=1,
            max_length=300,
            description="Without a port at any, with one only there",
        ),
    ] = None,
    purpose: Annotated[Text | None, Query(min_length=1, max_length=100)] = None,
    user_id: Annotated[UUID | None, Query(description="On whose behalf")] = None,
    outcome: Annotated[
        Text | None,
        Query(
            min_length=1,
            max_length=100,
            description="The whole of it, or what stands before its colon: "
            "`ok`, `refused`, `timeout`, `cancelled`, `open`, `lost`",
        ),
    ] = None,
) -> EgressFilter:
    zone = ZoneInfo(principal.timezone)
    if since is not None and until is not None and since > until:
        raise InvalidInputError("`from` lies after `to`.", pointer="/from")
    return EgressFilter(
        since=_midnight(since, zone, "/from"),
        until=_midnight(until, zone, "/to", timedelta(days=1)),
        host=None if host is None else host.lower(),
        purpose=purpose,
        user_id=user_id,
        outcome=outcome,
    )


def _midnight(
    day: date | None, zone: ZoneInfo, pointer: str, later: timedelta = timedelta()
) -> datetime | None:
    if day is None:
        return None
    if not _EARLIEST <= day <= _LATEST:
        raise InvalidInputError("No such day is in the ledger.", pointer=pointer)
    return datetime.combine(day + later, time(), zone)


Reader = Annotated[EgressReader, Depends(_reader)]
Wanted = Annotated[EgressFilter, Depends(_wanted)]
Cursor = Annotated[
    Text | None, Query(max_length=2048, description="`next_cursor` of the page before")
]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows a page")]


@router.get("", dependencies=_READ)
async def list_egress(
    principal: CurrentPrincipal,
    reader: Reader,
    wanted: Wanted,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[EgressShape]:
    """Requests that left the installation for this workspace, newest first; refused ones too.

    They are kept for 90 days. Days are those of your time zone.
    """
    found = await reader.list_entries(principal, wanted, cursor=cursor, limit=limit)
    items = [EgressShape.of(entry) for entry in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


@router.get("/summary", dependencies=_READ)
async def summarize_egress(
    principal: CurrentPrincipal,
    reader: Reader,
    wanted: Wanted,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[EgressSumShape]:
    """The same by day and host: the newest day first, its hosts by name."""
    found = await reader.sum_entries(
        principal, wanted, principal.timezone, cursor=cursor, limit=limit
    )
    items = [EgressSumShape.of(one) for one in found.items]
    return Page(items=items, next_cursor=found.next_cursor)
