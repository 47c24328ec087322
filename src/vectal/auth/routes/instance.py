"""Settings of the whole installation, for its administrators."""

from fastapi import APIRouter

from vectal.auth.deps import requires
from vectal.auth.routes.wiring import Accounts
from vectal.auth.schemas.people import Instance, InstancePatch

router = APIRouter(prefix="/instance", tags=["instance"])


@router.get("", dependencies=[requires("instance.read")])
async def get_instance(accounts: Accounts) -> Instance:
    """The installation's settings."""
    return Instance(signup=await accounts.instance.get_signup())


@router.patch("", dependencies=[requires("instance.update")])
async def update_instance(body: InstancePatch, accounts: Accounts) -> Instance:
    """Open or close sign-up."""
    if body.signup is not None:
        await accounts.instance.set_signup(body.signup)
    return Instance(signup=await accounts.instance.get_signup())
