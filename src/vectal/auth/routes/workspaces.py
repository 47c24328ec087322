"""Workspaces."""

from fastapi import APIRouter

from vectal.accounts.service import WORKSPACES_CURSOR
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.auth.routes.wiring import (
    DEFAULT,
    Accounts,
    CursorQuery,
    LimitQuery,
    PrincipalThere,
    read_cursor,
)
from vectal.auth.schemas.workspaces import Workspace, WorkspaceInput, WorkspacePatch
from vectal.platform.web import IdempotentRoute, Page

router = APIRouter(prefix="/workspaces", tags=["workspaces"], route_class=IdempotentRoute)
_ONE = "/{workspace_id}"


@router.get("", dependencies=[requires("workspaces.list")])
async def list_workspaces(
    principal: CurrentPrincipal,
    accounts: Accounts,
    limit: LimitQuery = DEFAULT,
    cursor: CursorQuery = None,
) -> Page[Workspace]:
    """The workspaces one belongs to, oldest first."""
    found = await accounts.workspaces.list_workspaces(
        principal, after=read_cursor(WORKSPACES_CURSOR, cursor), limit=limit
    )
    return Page(items=[Workspace.of(each) for each in found.items], next_cursor=found.next_cursor)


@router.post("", status_code=201, dependencies=[requires("workspaces.create")])
async def create_workspace(
    body: WorkspaceInput, principal: CurrentPrincipal, accounts: Accounts
) -> Workspace:
    """Make a workspace and be its owner."""
    return Workspace.of(await accounts.workspaces.create(principal, body.name))


@router.get(_ONE, dependencies=[requires("workspaces.read")])
async def get_workspace(principal: PrincipalThere, accounts: Accounts) -> Workspace:
    """One workspace, with the caller's role in it."""
    return Workspace.of(await accounts.workspaces.get(principal))


@router.patch(_ONE, dependencies=[requires("workspaces.update")])
async def update_workspace(
    body: WorkspacePatch, principal: PrincipalThere, accounts: Accounts
) -> Workspace:
    """Rename it."""
    if body.name is None:
        return Workspace.of(await accounts.workspaces.get(principal))
    return Workspace.of(await accounts.workspaces.rename(principal, body.name))
