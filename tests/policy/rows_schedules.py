"""Rows of schedules and triggers. They are private, so every caller has some of her own."""

from dataclasses import replace
from datetime import datetime

from tests.fixtures.accounts import Person
from tests.policy.matrix import Request, Row, World, body_of, public

from vectal.accounts.contracts import Role
from vectal.agents.schedules.contracts import RunPlan, ScheduleTerms, TriggerTerms
from vectal.auth.principal import Principal
from vectal.platform.ids import new_id

MEMBER, VIEWER = Role.MEMBER, Role.VIEWER
READ, WRITE = "agents:read", "agents:write"
NEEDED = ("ai:use",)
_PLAN = RunPlan("Matrix")
_RULE = {"rrule": "FREQ=DAILY", "starts_at": "2027-01-01T09:00", "timezone": "UTC"}


def _as_owner(person: Person) -> Principal:
    """A viewer may have some from when she was a member."""
    return replace(person.principal, role=Role.OWNER)


async def _schedule(world: World, person: Person) -> Request:
    start = datetime(2027, 1, 1, 9)  # noqa: DTZ001 - a time on the wall
    terms = ScheduleTerms("Matrix", _PLAN, "FREQ=DAILY", start, "UTC")
    made = await world.services.scheduling.schedules.create(_as_owner(person), terms)
    return Request({"schedule_id": made.id})


async def _trigger(world: World, person: Person) -> Request:
    terms = TriggerTerms("Matrix", "webhook", _PLAN)
    made = await world.services.scheduling.triggers.create(_as_owner(person), terms)
    return Request({"trigger_id": made.trigger.id})


async def _patched_schedule(world: World, person: Person) -> Request:
    return replace(await _schedule(world, person), body={"enabled": False})


async def _patched_trigger(world: World, person: Person) -> Request:
    return replace(await _trigger(world, person), body={"enabled": False})


async def _rotated(world: World, person: Person) -> Request:
    return replace(await _trigger(world, person), body={})


async def _nobodys_hook(world: World, person: Person) -> Request:
    del world, person
    return Request({"hook_id": new_id()}, body=b"anything")


ROWS = [
    Row("list_schedules", VIEWER, READ, 200),
    Row(
        "create_schedule",
        MEMBER,
        WRITE,
        201,
        body_of(name="Matrix", run={"goal": "Matrix"}, **_RULE),
        also=NEEDED,
    ),
    Row("preview_schedule", VIEWER, READ, 200, body_of(**_RULE)),
    Row("get_schedule", VIEWER, READ, 200, _schedule, private=True),
    Row("update_schedule", MEMBER, WRITE, 200, _patched_schedule, private=True, also=NEEDED),
    Row("delete_schedule", MEMBER, WRITE, 204, _schedule, private=True),
    Row("list_schedule_firings", VIEWER, READ, 200, _schedule, private=True),
    Row("list_triggers", VIEWER, READ, 200),
    Row(
        "create_trigger",
        MEMBER,
        WRITE,
        201,
        body_of(name="Matrix", kind="webhook", run={"goal": "Matrix"}),
        also=NEEDED,
    ),
    Row("get_trigger", VIEWER, READ, 200, _trigger, private=True),
    Row("update_trigger", MEMBER, WRITE, 200, _patched_trigger, private=True, also=NEEDED),
    Row("delete_trigger", MEMBER, WRITE, 204, _trigger, private=True),
    Row("rotate_trigger_secret", MEMBER, WRITE, 200, _rotated, private=True, also=NEEDED),
    Row("list_trigger_firings", VIEWER, READ, 200, _trigger, private=True),
    public("call_hook", 401, _nobodys_hook),
    public("call_mail_hook", 401, _nobodys_hook),
]
