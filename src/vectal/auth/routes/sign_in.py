"""Set-up, login, sign-up, refresh, logout and the password."""

from fastapi import APIRouter, Depends, Request, Response

from vectal.auth.contracts import SignedIn
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.auth.errors import RefreshRejectedError
from vectal.auth.routes.cookies import (
    check_host,
    check_origin,
    clear_refresh,
    read_refresh,
    set_refresh,
)
from vectal.auth.routes.wiring import Accounts, AppSettings, Auths, ThisDevice
from vectal.auth.schemas.people import (
    Auth,
    LoginInput,
    PasswordInput,
    SetupInput,
    SetupStatus,
    SignupInput,
)
from vectal.auth.service.sign_in import NewAccount
from vectal.platform.config import Settings

router = APIRouter(tags=["auth"])
_FROM_OUR_PAGES = [Depends(check_origin)]


def _answer(response: Response, settings: Settings, signed_in: SignedIn) -> Auth:
    set_refresh(response, settings, signed_in)
    return Auth.of(signed_in)


@router.get("/setup")
async def get_setup(accounts: Accounts) -> SetupStatus:
    """Whether this installation still waits for its first account."""
    return SetupStatus(
        needed=await accounts.instance.needs_setup(), signup=await accounts.instance.get_signup()
    )


@router.post("/setup", status_code=201, dependencies=[*_FROM_OUR_PAGES, Depends(check_host)])
async def set_up(
    body: SetupInput, response: Response, auth: Auths, settings: AppSettings, device: ThisDevice
) -> Auth:
    """Make the first account, which administers the installation.

    Answers 409 `auth.setup_done` once it exists.
    """
    account = NewAccount(body.email, body.password, body.display_name, body.timezone)
    signed_in = await auth.sign_in.set_up(account, body.workspace_name, device)
    return _answer(response, settings, signed_in)


@router.post("/auth/login", dependencies=_FROM_OUR_PAGES)
async def log_in(
    body: LoginInput, response: Response, auth: Auths, settings: AppSettings, device: ThisDevice
) -> Auth:
    """Open a session.

    The refresh token comes as an HttpOnly cookie. Too many attempts answer 429 with Retry-After.
    """
    return _answer(response, settings, await auth.sign_in.log_in(body.email, body.password, device))


@router.post("/auth/signup", status_code=201, dependencies=_FROM_OUR_PAGES)
async def sign_up(
    body: SignupInput, response: Response, auth: Auths, settings: AppSettings, device: ThisDevice
) -> Auth:
    """Open an account, by invitation or where sign-up is open."""
    account = NewAccount(body.email, body.password, body.display_name, body.timezone)
    signed_in = await auth.sign_in.sign_up(account, body.invitation_token, device)
    return _answer(response, settings, signed_in)


@router.post("/auth/refresh", dependencies=_FROM_OUR_PAGES)
async def refresh(request: Request, response: Response, auth: Auths, settings: AppSettings) -> Auth:
    """Trade the refresh cookie for a new access token and a new cookie.

    Using a cookie from before the last refresh ends the session, since somebody holds a copy;
    30 seconds of grace are for two tabs that refresh at once.
    """
    try:
        signed_in = await auth.sessions.refresh(read_refresh(request, settings))
    except RefreshRejectedError as error:
        clear_refresh(response, settings)
        error.headers["Set-Cookie"] = response.headers["set-cookie"]
        raise
    return _answer(response, settings, signed_in)


@router.post("/auth/logout", status_code=204, dependencies=_FROM_OUR_PAGES)
async def log_out(request: Request, response: Response, auth: Auths, settings: AppSettings) -> None:
    """End the session of the refresh cookie; fine without one, too."""
    await auth.sessions.end(read_refresh(request, settings))
    clear_refresh(response, settings)


@router.post("/auth/password", status_code=204, dependencies=[requires("account.update")])
async def change_password(
    body: PasswordInput, principal: CurrentPrincipal, auth: Auths, device: ThisDevice
) -> None:
    """Change the password, and sign out everywhere else."""
    await auth.sign_in.change_password(principal, body.current_password, body.new_password, device)
