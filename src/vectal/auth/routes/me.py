"""One's own account."""

from fastapi import APIRouter

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.auth.routes.wiring import Accounts
from vectal.auth.schemas.people import User, UserPatch

router = APIRouter(tags=["account"])


@router.get("/me", dependencies=[requires("account.read")])
async def get_me(principal: CurrentPrincipal, accounts: Accounts) -> User:
    """The caller's account."""
    return User.of(await accounts.people.get(principal), principal.workspace_id)


@router.patch("/me", dependencies=[requires("account.update")])
async def update_me(body: UserPatch, principal: CurrentPrincipal, accounts: Accounts) -> User:
    """Change name, timezone, language or the workspace that opens first."""
    user = await accounts.people.update(
        principal,
        display_name=body.display_name,
        timezone=body.timezone,
        locale=body.locale,
        default_workspace_id=body.default_workspace_id,
    )
    return User.of(user, principal.workspace_id)
