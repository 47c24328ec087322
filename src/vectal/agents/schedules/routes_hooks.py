"""The doors that other systems knock at: no credential but a signature of the body."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Request
from starlette.requests import ClientDisconnect

from vectal.agents.schedules.contracts import MAX_BODY_BYTES, Delivery
from vectal.agents.schedules.errors import HookRefusedError, HookTooLargeError
from vectal.agents.schedules.routes import Scheduling
from vectal.agents.schedules.schemas_triggers import HookRunShape

router = APIRouter(prefix="/hooks", tags=["hooks"])

_MAIL: Final = "message/rfc822"
_MAX_KIND_CHARS: Final = 100


def _body(media_type: str, description: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    body = {"required": True, "description": description, "content": content}
    return {"requestBody": body, "security": []}


Timestamp = Annotated[
    str,
    Header(
        alias="Vectal-Timestamp",
        max_length=20,
        description="Seconds since 1970, at most five minutes off",
        examples=["1798761600"],
    ),
]
Signature = Annotated[
    str,
    Header(
        alias="Vectal-Signature",
        max_length=600,
        description="`v1=` and the HMAC-SHA256 of `<timestamp>.<body>` under the secret, in hex",
    ),
]
DeliveryName = Annotated[
    str | None,
    Header(
        alias="Vectal-Delivery",
        min_length=1,
        max_length=200,
        pattern="^[ -~]+$",
        description="Your own name for the delivery: a second one of that name is refused",
    ),
]


@router.post(
    "/{hook_id}",
    status_code=202,
    openapi_extra=_body("*/*", f"Anything, at most {MAX_BODY_BYTES} bytes; read as UTF-8"),
)
async def call_hook(
    hook_id: UUID,
    request: Request,
    scheduling: Scheduling,
    timestamp: Timestamp = "",
    signature: Signature = "",
    delivery: DeliveryName = None,
) -> HookRunShape:
    """Begin the run of a webhook trigger; the body goes into it as words of a stranger."""
    return await _take(request, scheduling, (hook_id, "webhook", timestamp, signature, delivery))


@router.post(
    "/{hook_id}/mail",
    status_code=202,
    openapi_extra=_body(_MAIL, f"A whole mail, RFC 822, at most {MAX_BODY_BYTES} bytes"),
)
async def call_mail_hook(
    hook_id: UUID,
    request: Request,
    scheduling: Scheduling,
    timestamp: Timestamp = "",
    signature: Signature = "",
    delivery: DeliveryName = None,
) -> HookRunShape:
    """Begin the run of a mail trigger; a mail server forwards to it."""
    return await _take(request, scheduling, (hook_id, "email", timestamp, signature, delivery))


async def _take(
    request: Request,
    scheduling: Scheduling,
    told: tuple[UUID, Literal["webhook", "email"], str, str, str | None],
) -> HookRunShape:
    hook_id, kind, timestamp, signature, delivery = told
    address = request.client.host if request.client else ""
    await scheduling.hooks.check_address(address)
    if not timestamp or not signature:
        raise HookRefusedError
    came = Delivery(
        hook_id=hook_id,
        kind=kind,
        body=await _read(request),
        content_type=_kind_of(request),
        timestamp=timestamp,
        signature=signature,
        delivery=delivery,
    )
    return HookRunShape(run_id=await scheduling.hooks.take(came))


async def _read(request: Request) -> bytes:
    """At most `MAX_BODY_BYTES`: what is longer is not read to its end."""
    chunks, size = list[bytes](), 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                raise HookTooLargeError(
                    f"A delivery has at most {MAX_BODY_BYTES} bytes.",
                    headers={"Connection": "close"},
                )
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise HookRefusedError from error
    return b"".join(chunks)


def _kind_of(request: Request) -> str:
    """The type of the body as its sender names it, as one harmless line."""
    kind = request.headers.get("content-type", "")[:_MAX_KIND_CHARS]
    plain = "".join(char for char in kind if char.isascii() and char.isprintable())
    return plain or "no type"
