"""The doors under `/v1`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vectal.ai.proxy.wires.port import WireProblem
from vectal.ai.proxy.wires.registry import wire
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.gateway.v1 import models
from vectal.gateway.v1.calls import answer, count, embed, gateway_of
from vectal.gateway.v1.doors import CALL_ACTION
from vectal.gateway.v1.shape import problem_response, wire_of

router = APIRouter(prefix="/v1", include_in_schema=False)
_CALL = [requires(CALL_ACTION)]
_LIST = [requires("models.list")]


@router.post("/chat/completions", dependencies=_CALL)
async def create_chat_completion(request: Request, principal: CurrentPrincipal) -> Response:
    return await answer(request, principal, wire("chat_completions"))


@router.post("/responses", dependencies=_CALL)
async def create_response(request: Request, principal: CurrentPrincipal) -> Response:
    return await answer(request, principal, wire("responses"))


@router.post("/embeddings", dependencies=_CALL)
async def create_embedding(request: Request, principal: CurrentPrincipal) -> Response:
    return await embed(request, principal)


@router.post("/messages", dependencies=_CALL)
async def create_message(request: Request, principal: CurrentPrincipal) -> Response:
    return await answer(request, principal, wire("messages"))


@router.post("/messages/count_tokens", dependencies=_CALL)
async def count_message_tokens(request: Request, principal: CurrentPrincipal) -> Response:
    """By the vendor who would answer it, or our own: some percent off for others than OpenAI."""
    return await count(request, principal)


@router.get("/models", dependencies=_LIST)
async def list_wire_models(
    request: Request,
    principal: CurrentPrincipal,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 1_000,
    after_id: str | None = None,
    before_id: str | None = None,
) -> Response:
    names = await gateway_of(request).list_models(principal)
    if wire_of(request.scope).name == "messages":
        return JSONResponse(models.anthropic_list(names, limit, after_id, before_id))
    return JSONResponse(models.openai_list(names))


@router.get("/models/{model_id:path}", dependencies=_LIST)
async def get_wire_model(request: Request, model_id: str, principal: CurrentPrincipal) -> Response:
    one = await gateway_of(request).find_model(principal, model_id)
    if one is None:
        problem = WireProblem(404, "model_not_found", f"There is no model {model_id!r}.", "model")
        return problem_response(request.scope, problem)
    speaks_messages = wire_of(request.scope).name == "messages"
    return JSONResponse(
        models.anthropic_model(one) if speaks_messages else models.openai_model(one)
    )
