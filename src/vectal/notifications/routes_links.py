"""The door that mailed links lead to: no session, but a token that stands for one decision.

The token comes in a header and never in an address, so that it is in no log and no history.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request

from vectal.notifications.routes import Notifications
from vectal.notifications.schemas import LinkDecision, LinkedApprovalShape

router = APIRouter(prefix="/approval-link", tags=["notifications"])

_OPEN: Final[dict[str, Any]] = {"security": []}
Token = Annotated[
    str,
    Header(
        alias="Vectal-Approval-Token",
        max_length=200,
        description="What stands behind the `#` of the link",
    ),
]


@router.get("", openapi_extra=_OPEN)
async def get_linked_approval(
    request: Request, service: Notifications, token: Token = ""
) -> LinkedApprovalShape:
    """The call that the link was made for. Looking decides nothing, however often."""
    await service.links.check_address(_address(request))
    return LinkedApprovalShape.of(await service.links.show(token))


@router.post("/decision", status_code=204, openapi_extra=_OPEN)
async def decide_linked_approval(
    request: Request, service: Notifications, body: LinkDecision, token: Token = ""
) -> None:
    """Approve or deny the call, once."""
    await service.links.check_address(_address(request))
    await service.links.decide(token, sha256=body.sha256, approved=body.approved, note=body.note)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
