"""The tools that look at the calendar."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from vectal.ai.contracts import Taint, Tool, ToolContext, ToolOutput
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Scope
from vectal.calendar import policy
from vectal.calendar.contracts import CalendarEvent, Occurrence, Window
from vectal.calendar.errors import BadEventError
from vectal.calendar.fields import read_timezone
from vectal.calendar.service import CalendarServices
from vectal.calendar.tools.inputs import FindFreeTime, ListEvents, ReadEvent
from vectal.platform.clock import utc_now

OF_OTHERS: Final = frozenset[Taint](("untrusted", "private"))
PRIVATE: Final = frozenset[Taint](("private",))
_AHEAD: Final = timedelta(days=7)
_GLIMPSE_CHARS: Final = 400


def make_reading_tools(services: CalendarServices) -> tuple[Tool[Any], ...]:
    hand = _ReadingHand(services)
    return (
        Tool(
            name="list_events",
            title="Look at the calendar",
            description=(
                "List what takes place in a time. Without arguments: the coming week. Words of "
                "imported events, and of other people's, are left out; read_event gives them."
            ),
            input=ListEvents,
            scope=Scope.CALENDAR_READ,
            mode="read",
            effect="pure",
            handler=hand.list_events,
            returns=PRIVATE,
        ),
        Tool(
            name="read_event",
            title="Read an event",
            description="Show one event whole, also one that somebody else has written.",
            input=ReadEvent,
            scope=Scope.CALENDAR_READ,
            mode="read",
            effect="pure",
            handler=hand.read_event,
            returns=OF_OTHERS,
        ),
        Tool(
            name="find_free_time",
            title="Look for free time",
            description="Find when the user has no event, between two hours of each day.",
            input=FindFreeTime,
            scope=Scope.CALENDAR_READ,
            mode="read",
            effect="pure",
            handler=hand.find_free_time,
            returns=PRIVATE,
        ),
    )


class _ReadingHand:
    def __init__(self, services: CalendarServices) -> None:
        self._services = services

    async def list_events(self, context: ToolContext, asked: ListEvents) -> ToolOutput:
        _check(context)
        zone = read_timezone(context.timezone)
        if asked.query:
            page = await self._services.events.search(
                context.principal, asked.query, limit=asked.limit
            )
            shown = [_show_event(each, context, zone) for each in page.items]
            more = page.next_cursor is not None
        else:
            window = _window(context, asked.from_at, asked.to_at, zone)
            found = await self._services.listing.list_occurrences(
                context.principal, window, limit=asked.limit
            )
            shown = [_show(each, context, zone) for each in found.items]
            more = found.next_cursor is not None
        count = len(shown)
        return ToolOutput(
            _json({"events": shown, "more": more}),
            f"{count} event{'' if count == 1 else 's'}{' and more' if more else ''}",
        )

    async def read_event(self, context: ToolContext, asked: ReadEvent) -> ToolOutput:
        _check(context)
        event = await self._services.events.get(context.principal, asked.event_id)
        zone = read_timezone(context.timezone)
        shown = _about(event) | {
            "title": event.title,
            "place": event.place,
            "notes": event.notes,
            **_when(event, zone),
        }
        # Words of strangers stay out of the summary: it outlives the fence around the result.
        return ToolOutput(_json({"event": shown}), "one event")

    async def find_free_time(self, context: ToolContext, asked: FindFreeTime) -> ToolOutput:
        _check(context)
        if asked.day_begins >= asked.day_ends:
            raise BadEventError("day_begins is before day_ends.")
        zone = read_timezone(context.timezone)
        found = await self._services.listing.find_free_time(
            context.principal,
            _window(context, asked.from_at, asked.to_at, zone),
            timedelta(minutes=asked.minutes),
            (asked.day_begins, asked.day_ends),
            asked.limit,
        )
        shown: list[JsonValue] = [
            {"from": _clock(each.starts_at, zone), "to": _clock(each.ends_at, zone)}
            for each in found
        ]
        count = len(shown)
        return ToolOutput(
            _json({"free": shown}), f"{count} free stretch{'' if count == 1 else 'es'}"
        )


def on_the_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """A time without an offset is one on the user's own clock."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _window(
    context: ToolContext, from_at: datetime | None, to_at: datetime | None, zone: ZoneInfo
) -> Window:
    first = utc_now() if from_at is None else on_the_wall(from_at, zone)
    last = first + _AHEAD if to_at is None else on_the_wall(to_at, zone)
    return Window(first, last, context.timezone)


def _check(context: ToolContext) -> None:
    if not policy.can_read(context.principal):
        raise ForbiddenError("You may not read the calendar in this workspace.")


def _show(occurrence: Occurrence, context: ToolContext, zone: ZoneInfo) -> dict[str, JsonValue]:
    """An occurrence in few words: what is empty is left out."""
    shown = _words(occurrence.event, context)
    shown |= _when(occurrence, zone)
    if occurrence.event.rule is not None:
        shown["occurrence"] = occurrence.key.isoformat()
    return shown


def _show_event(event: CalendarEvent, context: ToolContext, zone: ZoneInfo) -> dict[str, JsonValue]:
    return _words(event, context) | _when(event, zone)


def _when(what: CalendarEvent | Occurrence, zone: ZoneInfo) -> dict[str, JsonValue]:
    if what.starts_at is not None and what.ends_at is not None:
        return {
            "starts_at": _clock(what.starts_at, zone),
            "ends_at": _clock(what.ends_at, zone),
        }
    return {"starts_on": str(what.starts_on), "ends_on": str(what.ends_on)}


def _words(event: CalendarEvent, context: ToolContext) -> dict[str, JsonValue]:
    """What the person has written herself, and of all others that they are there."""
    shown = _about(event)
    if event.owner_id != context.principal.user_id:
        return shown | {"words": "of somebody else, who alone may change it: see read_event"}
    if event.is_imported:
        return shown | {"words": "imported: see read_event"}
    shown["title"] = event.title
    if event.place:
        shown["place"] = event.place
    if event.notes:
        shown["notes"] = event.notes[:_GLIMPSE_CHARS]
    return shown


def _about(event: CalendarEvent) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {"id": str(event.id)}
    if event.rule is not None:
        shown["rule"] = event.rule
    if event.visibility == "workspace":
        shown["visibility"] = "workspace"
    return shown


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="minutes")


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
