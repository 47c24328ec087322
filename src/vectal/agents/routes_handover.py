"""REST of handing work over and taking it back."""

from __future__ import annotations

import hashlib
from uuid import UUID

from fastapi import APIRouter, Response

from vectal.agents.contracts import RequestKey, Run
from vectal.agents.routes import Agents, IdempotencyKey
from vectal.agents.schemas import RunAcceptanceShape, RunReturnShape, RunShape
from vectal.auth.deps import CurrentPrincipal, requires

router = APIRouter(tags=["agents"])


@router.post("/runs/{run_id}/accept", dependencies=[requires("runs.review")])
async def accept_run(
    run_id: UUID,
    principal: CurrentPrincipal,
    agents: Agents,
    body: RunAcceptanceShape | None = None,
    key: IdempotencyKey = None,
) -> RunShape:
    """Take what a run of a task hands in: its changes are done, and the task is done.

    Accepting again changes nothing. A change that others have overtaken answers 409; the rest is
    done then, and the run still waits. A task that was only broken down stays open.
    """
    del key  # the run itself says that it was accepted: whoever asks again gets the same answer
    item_ids = None if body is None else body.item_ids
    return RunShape.of(await agents.handovers.accept(principal, run_id, item_ids))


@router.post("/runs/{run_id}/send-back", status_code=201, dependencies=[requires("runs.review")])
async def send_run_back(
    run_id: UUID,
    body: RunReturnShape,
    principal: CurrentPrincipal,
    agents: Agents,
    response: Response,
    key: IdempotencyKey = None,
) -> RunShape:
    """Say what is missing: a new run begins, with the same criteria, that knows of it.

    What of the earlier run's changes waits is rejected.
    """
    asked = _key(key, f"send-back:{run_id}:{body.text}")
    return _begun(await agents.handovers.send_back(principal, run_id, body.text, asked), response)


@router.post("/tasks/{task_id}/break-down", status_code=201, dependencies=[requires("runs.create")])
async def break_task_down(
    task_id: UUID,
    principal: CurrentPrincipal,
    agents: Agents,
    response: Response,
    key: IdempotencyKey = None,
) -> RunShape:
    """Begin a run that prepares subtasks for a task. Accepting it makes them."""
    asked = _key(key, f"break-down:{task_id}")
    return _begun(await agents.handovers.break_down(principal, task_id, asked), response)


@router.post("/tasks/prioritise", status_code=201, dependencies=[requires("runs.create")])
async def prioritise_tasks(
    principal: CurrentPrincipal,
    agents: Agents,
    response: Response,
    key: IdempotencyKey = None,
) -> RunShape:
    """Begin a run that prepares priorities for what is due today. Accepting it sets them."""
    asked = _key(key, "prioritise")
    made = await agents.handovers.prioritise(principal, principal.timezone, asked)
    return _begun(made, response)


def _begun(made: tuple[Run, bool], response: Response) -> RunShape:
    run, was_there = made
    response.headers["Location"] = f"/api/v1/runs/{run.id}"
    if was_there:
        response.headers["Idempotency-Replayed"] = "true"
    return RunShape.of(run)


def _key(key: str | None, asked: str) -> RequestKey | None:
    return None if key is None else RequestKey(key, hashlib.sha256(asked.encode()).digest())
