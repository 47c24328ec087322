"""Rows of notifications, which are their person's alone, and of the links in mails."""

from tests.fixtures.accounts import Person
from tests.policy.matrix import Request, Row, World, body_of, public
from tests.policy.rows_agents import a_run

from vectal.accounts.contracts import Role
from vectal.notifications.contracts import KINDS, Told
from vectal.notifications.repository import inbox

VIEWER = Role.VIEWER


async def _told(world: World, person: Person) -> Request:
    run_id, me = await a_run(world, person), person.principal
    async with world.services.database.transaction(me) as session:
        notification_id = await inbox.put(session, me, run_id, Told("failed"))
    return Request({"notification_id": notification_id})


async def _any_decision(world: World, person: Person) -> Request:
    del world, person
    return Request(body={"approved": True, "sha256": "0" * 64})


ROWS = [
    Row("list_notifications", VIEWER, "agents:read", 200),
    Row("count_unread_notifications", VIEWER, "agents:read", 200),
    Row("read_all_notifications", VIEWER, "agents:write", 204),
    Row("read_notification", VIEWER, "agents:write", 204, _told, private=True),
    Row("get_notification_preferences", VIEWER, "account:read", 200),
    Row(
        "set_notification_preferences",
        VIEWER,
        "account:manage",
        200,
        body_of(**dict.fromkeys(KINDS, False)),
    ),
    # Nobody's credential counts here: without the token of a link there is nothing to see.
    public("get_linked_approval", 404),
    public("decide_linked_approval", 404, _any_decision),
]
