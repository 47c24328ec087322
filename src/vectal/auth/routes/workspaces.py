"""Workspaces."""

from fastapi import APIRouter

from vectal.accounts.service import WORKSPACES_CURSOR
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.auth.routes.wiring import (
    DEFAULT,
    Accounts,
    Auths,
    CursorQuery,
    LimitQuery,
    PrincipalThere,
    RequestKey,
    read_cursor,
)
from vectal.auth.schemas.workspaces import Workspace, WorkspaceInput, WorkspacePatch
from vectal.platform.web import Page

router = APIRouter(prefix="/workspaces", tags=["workspaces"])
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
    body: WorkspaceInput,
    principal: CurrentPrincipal,
    accounts: Accounts,
    auth: Auths,
    request_key: RequestKey = None,
) -> Workspace:
    """Make a workspace and be its owner."""
    workspace_id = auth.workspace_id_for(principal, request_key) if request_key else None
    made = await accounts.workspaces.create(principal, body.name, workspace_id=workspace_id)
    return Workspace.of(made)


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
