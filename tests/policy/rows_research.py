"""Rows of research: a person's researches are hers alone."""

from typing import Any
from uuid import UUID

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, body_of

from vectal.accounts.contracts import Role
from vectal.platform.clock import utc_now
from vectal.research.contracts import DEPTHS, NewResearch, Report
from vectal.research.repository import researches

USE = "ai:use"
MEMBER = Role.MEMBER
_NEW = NewResearch("What does the matrix hold?", "quick", DEPTHS["quick"])


def own(*, has_report: bool = False, **path: Any) -> Prepare:
    """A research of the caller's, under way or with a report."""

    async def prepare(world: World, person: Person) -> Request:
        research_id = await _begin(world, person)
        if has_report:
            await _end(world, person, research_id)
        return Request({"research_id": research_id, **path})

    return prepare


async def _begin(world: World, person: Person) -> UUID:
    begun = await world.services.research.researches.create(person.principal, _NEW)
    return begun.id


async def _end(world: World, person: Person, research_id: UUID) -> None:
    scope, seals = person.principal, world.services.research.researches.seals
    report = Report("Nothing is known.", "extract")
    async with world.services.database.transaction(scope) as session:
        sealed = await seals.seal_report(session, scope, research_id, report)
        ended = {"state": "done", "stage": "done", "ended_at": utc_now()}
        await researches.end(session, scope, research_id, sealed_report=sealed, **ended)


ROWS = [
    Row("get_research_status", MEMBER, USE, 200),
    Row("create_research", MEMBER, USE, 202, body_of(question="What is the matrix?")),
    Row("list_research", MEMBER, USE, 200),
    Row("get_research", MEMBER, USE, 200, own(), private=True),
    Row("cancel_research", MEMBER, USE, 200, own(), private=True),
    Row("delete_research", MEMBER, USE, 204, own(has_report=True), private=True),
    Row("get_research_report", MEMBER, USE, 200, own(has_report=True), private=True),
    Row(
        "get_research_report_file",
        MEMBER,
        USE,
        200,
        own(has_report=True, form="md"),
        private=True,
    ),
]
