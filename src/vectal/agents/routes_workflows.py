"""REST of the calls that an engine makes. They carry passes, and speak for no person."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Request

from vectal.agents.errors import PassRefusedError
from vectal.agents.schemas_workflows import DirectiveShape, EngineCallShape, EngineErrorShape
from vectal.agents.service import AgentService
from vectal.agents.service.driving import EngineCall
from vectal.agents.workflows.n8n.passes import RunPass
from vectal.platform.clock import utc_now

router = APIRouter(tags=["agents"])

_BEARER = "Bearer "


def _agents(request: Request) -> AgentService:
    return cast("AgentService", request.app.state.services.agents)


Agents = Annotated[AgentService, Depends(_agents)]
StepKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9:_-]{1,100}$",
        description="The same for the same call: `run:verb:runIndex`",
    ),
]


def _bearer(request: Request) -> str:
    sent = request.headers.get("authorization", "")
    return sent[len(_BEARER) :] if sent.startswith(_BEARER) else ""


def _run_pass(request: Request, agents: Agents) -> RunPass:
    """The run that the call is for; nothing else of the request is believed."""
    found = None if agents.keys is None else agents.keys.read_run(_bearer(request), utc_now())
    if found is None:
        raise PassRefusedError
    return found


Pass = Annotated[RunPass, Depends(_run_pass)]


@router.post("/run-steps/think")
async def think_run_step(
    run: Pass, agents: Agents, body: EngineCallShape, key: StepKey
) -> DirectiveShape:
    """For an engine: have the run of the pass think once. Twice the same key thinks once."""
    return DirectiveShape.of(await agents.driver.step(_call(run, body, key), "think"))


@router.post("/run-steps/act")
async def act_run_step(
    run: Pass, agents: Agents, body: EngineCallShape, key: StepKey
) -> DirectiveShape:
    """For an engine: have the run of the pass act until its next thought is due."""
    return DirectiveShape.of(await agents.driver.step(_call(run, body, key), "act"))


@router.post("/run-steps/end")
async def end_run_steps(
    run: Pass, agents: Agents, body: EngineCallShape, key: StepKey
) -> DirectiveShape:
    """For an engine: its execution is over. A run that is not gets another one."""
    return DirectiveShape.of(await agents.driver.end(_call(run, body, key)))


@router.post("/engine-errors", status_code=202)
async def report_engine_error(request: Request, agents: Agents, body: EngineErrorShape) -> None:
    """For an engine: an execution of its has failed. Its run is looked at now."""
    if agents.keys is None or not agents.keys.is_deployment(_bearer(request)):
        raise PassRefusedError
    await agents.driver.ring(body.execution_id)


def _call(run: RunPass, body: EngineCallShape, key: str) -> EngineCall:
    return EngineCall(run, key, body.execution_id, body.resume_url)
