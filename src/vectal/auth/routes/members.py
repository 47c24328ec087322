"""Members of a workspace."""

from uuid import UUID

from fastapi import APIRouter

from vectal.accounts.service import MEMBERS_CURSOR
from vectal.auth.deps import requires
from vectal.auth.routes.wiring import (
    DEFAULT,
    Accounts,
    CursorQuery,
    LimitQuery,
    PrincipalThere,
    read_cursor,
)
from vectal.auth.schemas.workspaces import (
    Member,
    MemberPatch,
)
from vectal.platform.web import Page

router = APIRouter(tags=["members"])
_MEMBERS = "/workspaces/{workspace_id}/members"


@router.get(_MEMBERS, dependencies=[requires("members.list")])
async def list_members(
    principal: PrincipalThere,
    accounts: Accounts,
    limit: LimitQuery = DEFAULT,
    cursor: CursorQuery = None,
) -> Page[Member]:
    """Who belongs to the workspace."""
    found = await accounts.members.list_members(
        principal, after=read_cursor(MEMBERS_CURSOR, cursor), limit=limit
    )
    return Page(items=[Member.of(each) for each in found.items], next_cursor=found.next_cursor)


@router.patch(_MEMBERS + "/{user_id}", dependencies=[requires("members.update")])
async def update_member(
    user_id: UUID,
    body: MemberPatch,
    principal: PrincipalThere,
    accounts: Accounts,
) -> Member:
    """Give a member another role, at most one's own. The last owner stays owner."""
    return Member.of(await accounts.members.change_role(principal, user_id, body.role))


@router.delete(_MEMBERS + "/{user_id}", status_code=204, dependencies=[requires("members.remove")])
async def remove_member(user_id: UUID, principal: PrincipalThere, accounts: Accounts) -> None:
    """Take a member out, or leave oneself. The last owner can't."""
    await accounts.members.remove(principal, user_id)
