"""Rows of runs. They are private, so every caller has one of her own."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, body_of
from tests.policy.rows_tasks import on_task

from vectal.accounts.contracts import Role
from vectal.agents import entries
from vectal.agents.contracts import NewRun
from vectal.agents.service.journal import Journal
from vectal.auth.principal import Principal
from vectal.platform.clock import utc_now
from vectal.platform.ids import new_id
from vectal.tasks.contracts import TaskFields

MEMBER, VIEWER = Role.MEMBER, Role.VIEWER
READ, WRITE = "agents:read", "agents:write"
_CALL, _SHA256 = "matrix", "0" * 64

Setup = Callable[[World, Principal, UUID], Awaitable[None]]


def _as_owner(person: Person) -> Principal:
    """A viewer may have runs from when she was a member."""
    return replace(person.principal, role=Role.OWNER)


async def a_run(world: World, person: Person) -> UUID:
    run, _ = await world.services.agents.runs.create(_as_owner(person), NewRun("Matrix"))
    return run.id


def on_run(state: str = "queued", body: object = None, *written: entries.Entry) -> Prepare:
    """A run in this state, whose journal goes on with these entries."""

    async def prepare(world: World, person: Person) -> Request:
        run_id, owner = await a_run(world, person), _as_owner(person)
        journal: Journal = world.services.agents.journal
        async with world.services.database.transaction(owner) as session:
            await journal.add(session, owner, run_id, written, after=1)
            connection = await session.connection()
            await connection.execute(
                "UPDATE agent_runs SET state = $2, last_seq = 1 + $3 WHERE id = $1",
                run_id,
                state,
                len(written),
            )
        return Request({"run_id": run_id}, body=body)

    return prepare


def on_delivered(body: object = None) -> Prepare:
    """A run that was handed over with a task, and has ended."""

    async def prepare(world: World, person: Person) -> Request:
        owner = _as_owner(person)
        task = await world.services.tasks.tasks.create(owner, TaskFields(title="Matrix"))
        asked = NewRun("Matrix", task_id=task.id)
        run, _ = await world.services.agents.runs.create(owner, asked)
        async with world.services.database.transaction(owner) as session:
            connection = await session.connection()
            await connection.execute(
                "UPDATE agent_runs SET state = 'succeeded', review = 'waiting', ended_at = now()"
                " WHERE id = $1",
                run.id,
            )
        return Request({"run_id": run.id}, body=body)

    return prepare


_QUESTION = entries.InputAsked(at=utc_now(), call_id=_CALL, question="Which?")
_APPROVAL = entries.ApprovalAsked(
    at=utc_now(),
    approval_id=new_id(),
    call_id=_CALL,
    tool="matrix",
    title="Matrix",
    arguments="{}",
    sha256=_SHA256,
    why="To see who may.",
    expires_at=utc_now().replace(year=2100),
)


async def _approval(world: World, person: Person) -> Request:
    body = {"sha256": _SHA256, "approved": True}
    made = await on_run("waiting_for_approval", body, _APPROVAL)(world, person)
    return replace(made, path={**made.path, "approval_id": _APPROVAL.approval_id})


ROWS = [
    Row("list_runs", VIEWER, READ, 200),
    Row("create_run", MEMBER, WRITE, 201, body_of(goal="Matrix"), also=("ai:use",)),
    Row("get_run", VIEWER, READ, 200, on_run(), private=True),
    Row("read_run_journal", VIEWER, READ, 200, on_run(), private=True),
    Row("cancel_run", MEMBER, WRITE, 200, on_run(), private=True),
    Row("pause_run", MEMBER, WRITE, 200, on_run(), private=True),
    Row("resume_run", MEMBER, WRITE, 200, on_run("paused"), private=True),
    Row("steer_run", MEMBER, WRITE, 200, on_run("queued", {"text": "Mind it."}), private=True),
    Row(
        "answer_run",
        MEMBER,
        WRITE,
        200,
        on_run("waiting_for_input", {"text": "This."}, _QUESTION),
        private=True,
    ),
    Row("decide_run_approval", MEMBER, WRITE, 200, _approval, private=True),
    Row("settle_run", MEMBER, WRITE, 200, on_run("needs_review", {}), private=True),
    Row("close_run", MEMBER, WRITE, 200, on_run("needs_review"), private=True),
    Row("delete_run", MEMBER, WRITE, 204, on_run("cancelled"), private=True),
    Row("accept_run", MEMBER, WRITE, 200, on_delivered(), private=True, also=("tasks:write",)),
    Row(
        "send_run_back",
        MEMBER,
        WRITE,
        201,
        on_delivered({"text": "Again."}),
        private=True,
        also=("tasks:write", "ai:use"),
    ),
    Row(
        "break_task_down",
        MEMBER,
        WRITE,
        201,
        on_task(),
        has_object=True,
        also=("tasks:read", "ai:use"),
    ),
    Row("prioritise_tasks", MEMBER, WRITE, 201, also=("ai:use",)),
]
