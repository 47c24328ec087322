"""REST of runs."""

from __future__ import annotations

import hashlib
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from vectal.agents.contracts import RequestKey
from vectal.agents.run import RunState
from vectal.agents.schemas import (
    NewRunShape,
    RunAnswerShape,
    RunDecisionShape,
    RunEntryShape,
    RunJournalShape,
    RunMessageShape,
    RunSettlementShape,
    RunShape,
)
from vectal.agents.service import AgentService, RunFilter
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import Page

router = APIRouter(tags=["agents"])

_MOVE: Final = [requires("runs.move")]


def _agents(request: Request) -> AgentService:
    service: AgentService = request.app.state.services.agents
    return service


Agents = Annotated[AgentService, Depends(_agents)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
PageCursor = Annotated[str | None, Query(max_length=2048)]
Waiting = Annotated[bool, Query(description="Those that need you, also to take a result")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key gives the same effect and the same answer, once",
    ),
]


def _wanted(
    state: Annotated[list[RunState] | None, Query(max_length=9)] = None,
    task_id: Annotated[UUID | None, Query()] = None,
    conversation_id: Annotated[UUID | None, Query()] = None,
    parent_run_id: Annotated[UUID | None, Query(description="Who began them")] = None,
    schedule_id: Annotated[UUID | None, Query()] = None,
    trigger_id: Annotated[UUID | None, Query()] = None,
    waiting: Waiting = False,  # noqa: FBT002 - a query parameter
) -> RunFilter:
    states = [each.value for each in state or ()]
    starters = (schedule_id, trigger_id)
    return RunFilter(states, task_id, conversation_id, parent_run_id, *starters, waiting)


@router.get("/runs", dependencies=[requires("runs.list")])
async def list_runs(
    principal: CurrentPrincipal,
    agents: Agents,
    wanted: Annotated[RunFilter, Depends(_wanted)],
    limit: Limit = DEFAULT_LIMIT,
    cursor: PageCursor = None,
) -> Page[RunShape]:
    """Your runs, the newest first."""
    found = await agents.runs.list_recent(principal, wanted, limit=limit, cursor=cursor)
    return Page(items=[RunShape.of(each) for each in found.items], next_cursor=found.next_cursor)


@router.post("/runs", status_code=201, dependencies=[requires("runs.create")])
async def create_run(
    principal: CurrentPrincipal,
    agents: Agents,
    body: NewRunShape,
    response: Response,
    key: IdempotencyKey = None,
) -> RunShape:
    """Begin a run. It goes on without you, also over restarts; follow its journal."""
    run, was_there = await agents.runs.create(
        principal, body.new_run(), key=_request_key(key, body)
    )
    response.headers["Location"] = f"/api/v1/runs/{run.id}"
    if was_there:
        response.headers["Idempotency-Replayed"] = "true"
    return RunShape.of(run)


@router.get("/runs/{run_id}", dependencies=[requires("runs.read")])
async def get_run(run_id: UUID, principal: CurrentPrincipal, agents: Agents) -> RunShape:
    """One run as it stands."""
    return RunShape.of(await agents.runs.get(principal, run_id))


@router.delete("/runs/{run_id}", status_code=204, dependencies=[requires("runs.delete")])
async def delete_run(run_id: UUID, principal: CurrentPrincipal, agents: Agents) -> None:
    """Delete a run that has ended, with its journal and the runs that it has begun.

    What it has changed stays, and what it has proposed waits for you on.
    """
    await agents.forgetter.delete(principal, run_id)


@router.get("/runs/{run_id}/journal", dependencies=[requires("runs.read")])
async def read_run_journal(
    run_id: UUID,
    principal: CurrentPrincipal,
    agents: Agents,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Limit = DEFAULT_LIMIT,
) -> RunJournalShape:
    """What the run has done, entry by entry, after the one with the number `after`."""
    found = await agents.runs.journal(principal, run_id, after=after, limit=limit)
    run = await agents.runs.get(principal, run_id)
    return RunJournalShape(items=[RunEntryShape.of(each) for each in found], last_seq=run.last_seq)


@router.post("/runs/{run_id}/cancel", dependencies=_MOVE)
async def cancel_run(run_id: UUID, principal: CurrentPrincipal, agents: Agents) -> RunShape:
    """End it within two seconds. Until its worker has stopped, `wanted` says `cancel`."""
    return RunShape.of(await agents.moves.cancel(principal, run_id))


@router.post("/runs/{run_id}/pause", dependencies=_MOVE)
async def pause_run(run_id: UUID, principal: CurrentPrincipal, agents: Agents) -> RunShape:
    """Let it rest. A call that must not be cut off is waited for."""
    return RunShape.of(await agents.moves.pause(principal, run_id))


@router.post("/runs/{run_id}/resume", dependencies=_MOVE)
async def resume_run(run_id: UUID, principal: CurrentPrincipal, agents: Agents) -> RunShape:
    """Let a paused run go on."""
    return RunShape.of(await agents.moves.resume(principal, run_id))


@router.post("/runs/{run_id}/messages", dependencies=_MOVE)
async def steer_run(
    run_id: UUID, principal: CurrentPrincipal, agents: Agents, body: RunMessageShape
) -> RunShape:
    """Say something in mid run; its next thought knows of it."""
    return RunShape.of(await agents.moves.steer(principal, run_id, body.text))


@router.post("/runs/{run_id}/answer", dependencies=_MOVE)
async def answer_run(
    run_id: UUID, principal: CurrentPrincipal, agents: Agents, body: RunAnswerShape
) -> RunShape:
    """Answer the question that it waits with."""
    return RunShape.of(await agents.moves.answer(principal, run_id, body.text))


@router.post("/runs/{run_id}/approvals/{approval_id}", dependencies=_MOVE)
async def decide_run_approval(
    run_id: UUID,
    approval_id: UUID,
    principal: CurrentPrincipal,
    agents: Agents,
    body: RunDecisionShape,
) -> RunShape:
    """Approve or deny the call that it waits with."""
    run = await agents.moves.decide(
        principal,
        run_id,
        approval_id,
        sha256=body.sha256,
        approved=body.approved,
        note=body.note,
    )
    return RunShape.of(run)


@router.post("/runs/{run_id}/settle", dependencies=_MOVE)
async def settle_run(
    run_id: UUID, principal: CurrentPrincipal, agents: Agents, body: RunSettlementShape
) -> RunShape:
    """Let a run that needs review go on, and say what became of a call in doubt."""
    run = await agents.moves.settle(
        principal, run_id, outcome=body.outcome, result=body.result, text=body.text
    )
    return RunShape.of(run)


@router.post("/runs/{run_id}/close", dependencies=_MOVE)
async def close_run(run_id: UUID, principal: CurrentPrincipal, agents: Agents) -> RunShape:
    """Take the result of a run that needs review as it is."""
    return RunShape.of(await agents.moves.close(principal, run_id))


def _request_key(key: str | None, body: NewRunShape) -> RequestKey | None:
    """Our own keeping of keys: a stored answer would hold the person's words unsealed."""
    if key is None:
        return None
    asked = body.model_dump_json(exclude_unset=True).encode()
    return RequestKey(key, hashlib.sha256(asked).digest())
