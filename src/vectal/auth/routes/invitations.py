"""Invitations to a workspace, and what the bearer of one may do."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from vectal.accounts.service import INVITATIONS_CURSOR
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.auth.routes.wiring import (
    DEFAULT,
    Accounts,
    AppSettings,
    Auths,
    CursorQuery,
    LimitQuery,
    PrincipalThere,
    RequestKey,
    read_cursor,
)
from vectal.auth.schemas.workspaces import (
    Invitation,
    InvitationInput,
    InvitationPreview,
    NewInvitation,
    Workspace,
)
from vectal.platform.web import Page

router = APIRouter(tags=["members"])
_INVITATIONS = "/workspaces/{workspace_id}/invitations"
TokenPath = Annotated[str, Path(min_length=1, max_length=200)]


@router.get(_INVITATIONS, dependencies=[requires("invitations.list")])
async def list_invitations(
    principal: PrincipalThere,
    accounts: Accounts,
    limit: LimitQuery = DEFAULT,
    cursor: CursorQuery = None,
) -> Page[Invitation]:
    """The open invitations, oldest first."""
    found = await accounts.invitations.list_invitations(
        principal, after=read_cursor(INVITATIONS_CURSOR, cursor), limit=limit
    )
    return Page(items=[Invitation.of(each) for each in found.items], next_cursor=found.next_cursor)


@router.post(_INVITATIONS, status_code=201, dependencies=[requires("invitations.create")])
async def create_invitation(
    body: InvitationInput,
    principal: PrincipalThere,
    accounts: Accounts,
    auth: Auths,
    settings: AppSettings,
    request_key: RequestKey = None,
) -> NewInvitation:
    """Invite an e-mail address. Send the link yourself; it is shown this once.

    It holds for seven days and takes the place of an older one for the same address.
    """
    token = auth.invitation_token(principal, request_key) if request_key else None
    invitation, token = await accounts.invitations.create(
        principal, body.email, body.role, token=token
    )
    return NewInvitation(
        **Invitation.of(invitation).model_dump(),
        token=token,
        url=f"{settings.origin}/signup?invitation={token}",
    )


@router.delete(
    _INVITATIONS + "/{invitation_id}",
    status_code=204,
    dependencies=[requires("invitations.revoke")],
)
async def revoke_invitation(
    invitation_id: UUID, principal: PrincipalThere, accounts: Accounts
) -> None:
    """Make an open invitation worthless."""
    await accounts.invitations.revoke(principal, invitation_id)


@router.get("/invitations/{token}")
async def get_invitation(token: TokenPath, accounts: Accounts) -> InvitationPreview:
    """What an invitation is for; whoever has the link may look."""
    return InvitationPreview.of(await accounts.invitations.show(token))


@router.post("/invitations/{token}/accept", dependencies=[requires("account.update")])
async def accept_invitation(
    token: TokenPath, principal: CurrentPrincipal, accounts: Accounts
) -> Workspace:
    """Join with the account one has; its e-mail must be the invited one."""
    return Workspace.of(await accounts.invitations.accept(principal, token))
