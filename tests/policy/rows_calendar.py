"""Rows of the calendar: events and feeds are their owner's, the address of a feed anybody's."""

from datetime import UTC, datetime

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, body_of, public

from vectal.accounts.contracts import Role
from vectal.calendar.contracts import EventFields

READ, WRITE = "calendar:read", "calendar:write"
_AT = datetime(2027, 3, 1, 9, tzinfo=UTC)
_WINDOW = {"from": "2027-03-01T00:00:00Z", "to": "2027-04-01T00:00:00Z"}
_ICS = b"\r\n".join(
    (
        b"BEGIN:VCALENDAR",
        b"BEGIN:VEVENT",
        b"UID:1",
        b"DTSTART:20270301T090000Z",
        b"END:VEVENT",
        b"END:VCALENDAR",
        b"",
    )
)


def on_event(body: object = None) -> Prepare:
    """A fresh event of the caller's own."""

    async def prepare(world: World, person: Person) -> Request:
        fields = EventFields(title="Board", starts_at=_AT)
        event = await world.services.calendar.events.create(person.principal, fields)
        return Request({"event_id": event.id}, body=body)

    return prepare


async def _in_window(world: World, person: Person) -> Request:
    del world, person
    return Request(query=_WINDOW)


async def _file(world: World, person: Person) -> Request:
    del world, person
    return Request(body=_ICS)


async def _on_feed(world: World, person: Person) -> Request:
    feeds = world.services.calendar.feeds
    for old in await feeds.list_feeds(person.principal):
        await feeds.revoke(person.principal, old.id)
    issued = await feeds.create(person.principal, "Phone")
    return Request({"feed_id": issued.feed.id})


async def _no_feeds(world: World, person: Person) -> Request:
    await _on_feed(world, person)
    return Request(body={"name": "Phone"})


async def _token(world: World, person: Person) -> Request:
    issued = await world.services.calendar.feeds.create(person.principal, "Phone")
    return Request({"token": issued.token})


ROWS = [
    Row("list_events", Role.VIEWER, READ, 200, _in_window),
    Row("get_agenda", Role.VIEWER, READ, 200, _in_window),
    Row(
        "create_event",
        Role.MEMBER,
        WRITE,
        201,
        body_of(title="Board", starts_at="2027-03-01T09:00:00Z"),
    ),
    Row("get_event", Role.VIEWER, READ, 200, on_event(), private=True),
    Row("update_event", Role.MEMBER, WRITE, 200, on_event({"title": "Other"}), private=True),
    Row("delete_event", Role.MEMBER, WRITE, 204, on_event(), private=True),
    Row("import_calendar", Role.MEMBER, WRITE, 200, _file),
    Row("export_calendar", Role.VIEWER, READ, 200),
    Row("list_feeds", Role.MEMBER, WRITE, 200),
    Row("create_feed", Role.MEMBER, WRITE, 201, _no_feeds),
    Row("delete_feed", Role.MEMBER, WRITE, 204, _on_feed, private=True),
    public("read_feed", 200, _token),
]
