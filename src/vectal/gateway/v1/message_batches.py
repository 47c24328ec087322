"""Anthropic's `/v1/messages/batches`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from vectal.ai.errors import BatchNotFoundError, BatchRefusedError
from vectal.ai.proxy.wires import reading
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.service.batches.objects import Batch
from vectal.ai.service.batches.reading import MessageRequest
from vectal.ai.service.gateway.problems import malformed
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.gateway.problem import request_id_of
from vectal.gateway.v1.batches import batches_of
from vectal.gateway.v1.bodies import read_body
from vectal.gateway.v1.calls import read_uuid
from vectal.gateway.v1.names import MESSAGE_BATCH, read_id, write_id

router = APIRouter(prefix="/v1/messages/batches", include_in_schema=False)
_READ = [requires("batches.read")]


class _Create(msgspec.Struct):
    requests: list[MessageRequest]


_CREATE: Final = msgspec.json.Decoder(_Create)


@router.post("", dependencies=[requires("batches.create")])
async def create_message_batch(request: Request, principal: CurrentPrincipal) -> Response:
    try:
        asked = reading.read_body(_CREATE, await read_body(request))
    except BadCallError as error:
        raise malformed(error) from error
    batch = await batches_of(request).create_messages(
        principal,
        asked.requests,
        read_uuid(request, "vectal-project"),
        read_uuid(request, "vectal-run"),
    )
    return _answer(request, message_batch_object(batch, request))


@router.get("", dependencies=_READ)
async def list_message_batches(
    request: Request,
    principal: CurrentPrincipal,
    after_id: Annotated[str | None, Query(max_length=80)] = None,
    before_id: Annotated[str | None, Query(max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 20,
) -> Response:
    if after_id and before_id:
        raise BatchRefusedError("Name after_id or before_id, not both.")
    page = await batches_of(request).list_batches(
        principal,
        "anthropic",
        after=_read(after_id) if after_id else None,
        before=_read(before_id) if before_id else None,
        limit=limit,
    )
    rows = [message_batch_object(batch, request) for batch in page.batches]
    body = {
        "data": rows,
        "has_more": page.has_more,
        "first_id": rows[0]["id"] if rows else None,
        "last_id": rows[-1]["id"] if rows else None,
    }
    return _answer(request, body)


@router.get("/{batch_id}", dependencies=_READ)
async def get_message_batch(
    request: Request, batch_id: str, principal: CurrentPrincipal
) -> Response:
    batch = await batches_of(request).get(principal, _read(batch_id), "anthropic")
    return _answer(request, message_batch_object(batch, request))


@router.get("/{batch_id}/results", dependencies=_READ)
async def get_message_batch_results(
    request: Request, batch_id: str, principal: CurrentPrincipal
) -> Response:
    lines = await batches_of(request).results(principal, _read(batch_id), "anthropic")
    headers = {"cache-control": "no-store", "request-id": request_id_of(request.scope)}
    return StreamingResponse(lines, headers=headers, media_type="application/x-jsonl")


@router.post("/{batch_id}/cancel", dependencies=[requires("batches.cancel")])
async def cancel_message_batch(
    request: Request, batch_id: str, principal: CurrentPrincipal
) -> Response:
    batch = await batches_of(request).cancel(principal, _read(batch_id), "anthropic")
    return _answer(request, message_batch_object(batch, request))


@router.delete("/{batch_id}", dependencies=[requires("batches.delete")])
async def delete_message_batch(
    request: Request, batch_id: str, principal: CurrentPrincipal
) -> Response:
    await batches_of(request).delete(principal, _read(batch_id), "anthropic")
    return _answer(request, {"id": batch_id, "type": "message_batch_deleted"})


def message_batch_object(batch: Batch, request: Request) -> dict[str, Any]:
    counts, id_ = batch.counts, write_id(MESSAGE_BATCH, batch.id)
    status = "canceling" if batch.status == "cancelling" else "in_progress"
    results_url = str(request.url_for("get_message_batch_results", batch_id=id_))
    return {
        "id": id_,
        "type": "message_batch",
        "processing_status": "ended" if batch.is_over else status,
        "request_counts": {
            "processing": counts.open,
            "succeeded": counts.completed,
            "errored": counts.failed,
            "canceled": counts.cancelled,
            "expired": counts.expired,
        },
        "created_at": _moment(batch.created_at),
        "expires_at": _moment(batch.expires_at),
        "ended_at": _moment(batch.ended_at),
        "cancel_initiated_at": _moment(batch.cancelling_at),
        "archived_at": None,
        "results_url": results_url if batch.is_over and batch.output_file_id else None,
        "vectal": {"repeated": counts.repeated, "route": batch.route},
    }


def _read(text: str) -> UUID:
    return read_id(MESSAGE_BATCH, text, BatchNotFoundError)


def _answer(request: Request, body: dict[str, Any]) -> Response:
    headers = {"cache-control": "no-store", "request-id": request_id_of(request.scope)}
    return JSONResponse(body, headers=headers)


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
