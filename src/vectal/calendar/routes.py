"""REST of the calendar."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.calendar.contracts import MAX_ICS_BYTES, Window
from vectal.calendar.errors import BadCalendarError, BadEventError, CalendarTooLargeError
from vectal.calendar.schemas import (
    Agenda,
    CalendarImport,
    Event,
    EventPatch,
    Feed,
    FeedList,
    IssuedFeed,
    NewEvent,
    NewFeed,
    Occurrence,
)
from vectal.calendar.service import CalendarServices
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import IdempotentRoute, Page
from vectal.platform.web.schema import Moment

router = APIRouter(prefix="/calendar", tags=["calendar"], route_class=IdempotentRoute)
# No IdempotentRoute: a file is known by the names of its events, and a token is told once.
exchange = APIRouter(prefix="/calendar", tags=["calendar"])

_VERSION: Final = re.compile(r'(?:W/)?"(\d{1,9})"|(\d{1,9})')
_TOKEN_CHARS: Final = 120
_ICS: Final = "text/calendar; charset=utf-8"
_SAFE: Final = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The calendar",
        "content": {"text/calendar": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_CONFLICT: Final[dict[int | str, dict[str, Any]]] = {
    412: {
        "description": "A newer version exists; `current` is it",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
        },
    }
}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": f"An iCalendar file, at most {MAX_ICS_BYTES} bytes and 2000 events",
        "content": {"text/calendar": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def _services(request: Request) -> CalendarServices:
    return cast("CalendarServices", request.app.state.services.calendar)


def _if_match(
    if_match: Annotated[
        str | None,
        Header(
            max_length=40,
            description='The version you have seen, `"3"`; a newer one answers 412',
        ),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    match = _VERSION.fullmatch(if_match.strip())
    if match is None:
        raise BadEventError('If-Match takes a version in quotes, as in "3".')
    return int(match[1] or match[2])


def _window(
    principal: CurrentPrincipal,
    from_at: Annotated[Moment, Query(alias="from", examples=["2027-03-01T00:00:00Z"])],
    to_at: Annotated[
        Moment, Query(alias="to", description="Not included; at most 400 days after `from`")
    ],
    timezone: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=64,
            pattern=r"^[A-Za-z0-9_+/-]+$",
            description="Whose whole days are meant; your own by default",
        ),
    ] = None,
) -> Window:
    return Window(from_at, to_at, timezone or principal.timezone)


Services = Annotated[CalendarServices, Depends(_services)]
IfMatch = Annotated[int | None, Depends(_if_match)]
InWindow = Annotated[Window, Depends(_window)]
LimitQuery = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows a page")]
CursorQuery = Annotated[
    str | None, Query(max_length=2048, description="`next_cursor` of the page before")
]


@router.get("/events", dependencies=[requires("calendar.list")])
async def list_events(
    window: InWindow,
    principal: CurrentPrincipal,
    services: Services,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> Page[Occurrence]:
    """What takes place in a window, by when it begins: yours, and what others show.

    An event with a rule comes once for each occurrence. Whole days sort by midnight in UTC.
    """
    page = await services.listing.list_occurrences(principal, window, cursor=cursor, limit=limit)
    items = [Occurrence.of(each) for each in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@router.post("/events", status_code=201, dependencies=[requires("calendar.create")])
async def create_event(
    body: NewEvent, principal: CurrentPrincipal, services: Services, response: Response
) -> Event:
    """Add an event of your own."""
    event = await services.events.create(principal, body.fields())
    response.headers["ETag"] = f'"{event.version}"'
    return Event.of(event)


@router.get("/events/{event_id}", dependencies=[requires("calendar.read")])
async def get_event(
    event_id: UUID, principal: CurrentPrincipal, services: Services, response: Response
) -> Event:
    """One event, as it recurs."""
    event = await services.events.get(principal, event_id)
    response.headers["ETag"] = f'"{event.version}"'
    return Event.of(event)


@router.patch("/events/{event_id}", dependencies=[requires("calendar.update")], responses=_CONFLICT)
async def update_event(
    event_id: UUID,
    body: EventPatch,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    services: Services,
    response: Response,
) -> Event:
    """Change fields of your event, with all its occurrences; what is left out stays as it is."""
    if None not in {if_match, body.version} and if_match != body.version:
        raise BadEventError("If-Match and version name two versions.", pointer="/version")
    version = body.version if if_match is None else if_match
    event = await services.events.update(principal, event_id, body.fields(), version=version)
    response.headers["ETag"] = f'"{event.version}"'
    return Event.of(event)


@router.delete(
    "/events/{event_id}",
    status_code=204,
    dependencies=[requires("calendar.delete")],
    responses=_CONFLICT,
)
async def delete_event(
    event_id: UUID,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    services: Services,
    occurrence: Annotated[
        Moment | None, Query(description="The `key` of the one occurrence to cancel")
    ] = None,
) -> None:
    """Delete your event, or cancel one occurrence of it."""
    if occurrence is None:
        await services.events.delete(principal, event_id, version=if_match)
    else:
        await services.events.cancel(principal, event_id, occurrence, version=if_match)


@router.get("/agenda", dependencies=[requires("calendar.list")])
async def get_agenda(window: InWindow, principal: CurrentPrincipal, services: Services) -> Agenda:
    """Events, dated tasks and the coming runs of schedules on one line of time."""
    return Agenda.of(await services.agendas.show(principal, window))


@exchange.post(
    "/import",
    dependencies=[requires("calendar.create")],
    openapi_extra=_BODY,
)
async def import_calendar(
    request: Request, principal: CurrentPrincipal, services: Services
) -> CalendarImport:
    """Take the events of a calendar file over as your own; once more brings them up to date.

    Events are told apart by their UID. Alarms, guests and attachments are left out.
    """
    content = await _read(request)
    return CalendarImport.of(await services.importer.take(principal, content))


@exchange.get(
    "/export",
    response_class=Response,
    responses=_FILE,
    dependencies=[requires("calendar.list")],
)
async def export_calendar(principal: CurrentPrincipal, services: Services) -> Response:
    """All your own events as an iCalendar file."""
    headers = {**_SAFE, "Content-Disposition": 'attachment; filename="vectal.ics"'}
    pieces = services.exporter.write(principal, "Vectal")
    return StreamingResponse(pieces, media_type=_ICS, headers=headers)


@exchange.get("/feeds", dependencies=[requires("calendar.share")])
async def list_feeds(principal: CurrentPrincipal, services: Services) -> FeedList:
    """The feeds of your calendar, the newest first."""
    return FeedList(items=[Feed.of(each) for each in await services.feeds.list_feeds(principal)])


@exchange.post("/feeds", status_code=201, dependencies=[requires("calendar.share")])
async def create_feed(body: NewFeed, principal: CurrentPrincipal, services: Services) -> IssuedFeed:
    """Make an address at which whoever knows it reads your whole calendar."""
    issued = await services.feeds.create(principal, body.name)
    path = f"/api/v1/calendar/feed/{issued.token}.ics"
    return IssuedFeed(feed=Feed.of(issued.feed), path=path)


@exchange.delete("/feeds/{feed_id}", status_code=204, dependencies=[requires("calendar.share")])
async def delete_feed(feed_id: UUID, principal: CurrentPrincipal, services: Services) -> None:
    """Take a feed back: its address answers no more."""
    await services.feeds.revoke(principal, feed_id)


@exchange.get(
    "/feed/{token}.ics",
    response_class=Response,
    responses=_FILE,
    openapi_extra={"security": []},
)
async def read_feed(
    token: Annotated[str, Path(max_length=_TOKEN_CHARS)], services: Services
) -> Response:
    """The calendar of whoever made the feed, for calendar programs."""
    pieces = await services.feeds.open(token)
    return StreamingResponse(pieces, media_type=_ICS, headers=_SAFE)


async def _read(request: Request) -> bytes:
    """At most so many bytes: what is longer is not read to its end."""
    chunks, size = list[bytes](), 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_ICS_BYTES:
                raise CalendarTooLargeError(
                    f"A calendar has at most {MAX_ICS_BYTES} bytes.",
                    headers={"Connection": "close"},
                )
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise BadCalendarError("It did not come whole.") from error
    return b"".join(chunks)
