"""OpenAI's `/v1/batches`."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, cast

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vectal.ai.errors import BatchFileNotFoundError, BatchNotFoundError
from vectal.ai.proxy.wires import reading
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.service.batches.batch_service import BatchService, check_endpoint
from vectal.ai.service.batches.objects import ENDED, Batch, BatchDraft
from vectal.ai.service.gateway.problems import malformed
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.gateway.v1.bodies import read_body
from vectal.gateway.v1.calls import read_uuid
from vectal.gateway.v1.files import list_object
from vectal.gateway.v1.names import BATCH, FILE, epoch, read_id, write_id

router = APIRouter(prefix="/v1/batches", include_in_schema=False)
_READ = [requires("batches.read")]
_MAX_PAIRS: Final = 16
_MAX_KEY: Final = 64
_MAX_VALUE: Final = 512


class _Expiry(msgspec.Struct):
    anchor: Literal["created_at"]
    seconds: Annotated[int, msgspec.Meta(ge=3_600, le=2_592_000)]


class _Create(msgspec.Struct):
    input_file_id: str
    endpoint: str
    completion_window: Literal["24h"]
    metadata: dict[str, str] | None = None
    output_expires_after: _Expiry | None = None


_CREATE: Final = msgspec.json.Decoder(_Create)


def batches_of(request: Request) -> BatchService:
    return cast("BatchService", request.app.state.services.batches.service)


@router.post("", dependencies=[requires("batches.create")])
async def create_batch(request: Request, principal: CurrentPrincipal) -> Response:
    try:
        asked = reading.read_body(_CREATE, await read_body(request))
        metadata = _checked(asked.metadata or {})
    except BadCallError as error:
        raise malformed(error) from error
    # First what is wrong with the request itself, then what it refers to.
    check_endpoint(asked.endpoint)
    file_id = read_id(FILE, asked.input_file_id, BatchFileNotFoundError)
    expiry = asked.output_expires_after
    batch = await batches_of(request).create(
        principal,
        BatchDraft(asked.endpoint, file_id, metadata, expiry.seconds if expiry else None),
        read_uuid(request, "vectal-project"),
        read_uuid(request, "vectal-run"),
    )
    return JSONResponse(batch_object(batch))


@router.get("", dependencies=_READ)
async def list_batches(
    request: Request,
    principal: CurrentPrincipal,
    after: Annotated[str | None, Query(max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    last = read_id(BATCH, after, BatchNotFoundError) if after else None
    page = await batches_of(request).list_batches(principal, "openai", after=last, limit=limit)
    rows = [batch_object(batch) for batch in page.batches]
    return JSONResponse(list_object(rows, has_more=page.has_more))


@router.get("/{batch_id}", dependencies=_READ)
async def get_batch(request: Request, batch_id: str, principal: CurrentPrincipal) -> Response:
    id_ = read_id(BATCH, batch_id, BatchNotFoundError)
    return JSONResponse(batch_object(await batches_of(request).get(principal, id_, "openai")))


@router.post("/{batch_id}/cancel", dependencies=[requires("batches.cancel")])
async def cancel_batch(request: Request, batch_id: str, principal: CurrentPrincipal) -> Response:
    id_ = read_id(BATCH, batch_id, BatchNotFoundError)
    return JSONResponse(batch_object(await batches_of(request).cancel(principal, id_, "openai")))


def batch_object(batch: Batch) -> dict[str, Any]:
    ended: dict[str, int | None] = {f"{status}_at": None for status in sorted(ENDED)}
    if batch.is_over:
        ended[f"{batch.status}_at"] = epoch(batch.ended_at)
    errors = {"object": "list", "data": [{"param": None, **each} for each in batch.errors]}
    counts = batch.counts
    return {
        "id": write_id(BATCH, batch.id),
        "object": "batch",
        "endpoint": batch.endpoint,
        "errors": errors if batch.errors else None,
        "input_file_id": write_id(FILE, batch.input_file_id),
        "completion_window": "24h",
        "status": batch.status,
        "output_file_id": write_id(FILE, batch.output_file_id),
        "error_file_id": write_id(FILE, batch.error_file_id),
        "created_at": epoch(batch.created_at),
        "in_progress_at": epoch(batch.started_at),
        "expires_at": epoch(batch.expires_at),
        "finalizing_at": epoch(batch.finalizing_at),
        "cancelling_at": epoch(batch.cancelling_at),
        **ended,
        "request_counts": {
            "total": counts.total,
            "completed": counts.completed,
            "failed": counts.failed,
        },
        "metadata": batch.metadata or None,
        "vectal": {"repeated": counts.repeated, "route": batch.route},
    }


def _checked(metadata: dict[str, str]) -> dict[str, str]:
    if len(metadata) > _MAX_PAIRS:
        raise BadCallError(f"metadata: it has at most {_MAX_PAIRS} pairs.", "metadata")
    for key, value in metadata.items():
        if len(key) > _MAX_KEY or len(value) > _MAX_VALUE or "\0" in key + value:
            text = f"metadata: keys have at most {_MAX_KEY} characters, values {_MAX_VALUE}."
            raise BadCallError(text, "metadata")
    return metadata
