"""The refresh cookie, and the check that a request with it comes from our own pages.

Only refresh and logout read the cookie; everything else wants a header that no foreign page can
set. `SameSite=Lax` already keeps the cookie out of foreign POSTs; the origin check stands behind.
"""

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from fastapi import Request, Response

from vectal.auth.contracts import SignedIn
from vectal.auth.errors import OriginRejectedError
from vectal.platform.clock import utc_now
from vectal.platform.config import Settings

_NAME: Final = "vectal_refresh"


def _name(settings: Settings) -> str:
    return f"__Host-{_NAME}" if settings.secure_cookies else _NAME


def set_refresh(response: Response, settings: Settings, signed_in: SignedIn) -> None:
    left = signed_in.refresh_expires_at - utc_now()
    response.set_cookie(
        _name(settings),
        signed_in.refresh_token,
        max_age=max(0, int(left.total_seconds())),
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    response.headers["Cache-Control"] = "no-store"


def clear_refresh(response: Response, settings: Settings) -> None:
    response.delete_cookie(
        _name(settings),
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def read_refresh(request: Request, settings: Settings) -> str | None:
    return request.cookies.get(_name(settings))


async def check_origin(request: Request) -> None:
    """Raise OriginRejectedError for a request that a foreign page has made.

    A browser says so in Sec-Fetch-Site or Origin, which pages can't forge; a program sends
    neither and has no cookie to be tricked with.
    """
    settings: Settings = request.app.state.settings
    origin = request.headers.get("origin")
    if origin is not None and _is_ours(origin.rstrip("/"), settings):
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site in ("same-origin", "none"):
            return
        raise OriginRejectedError
    if origin is not None and not _names_host(origin, request.headers.get("host")):
        raise OriginRejectedError


def _names_host(origin: str, host: str | None) -> bool:
    named = _split_origin(origin)
    return named is not None and named.netloc == host


def _is_ours(origin: str, settings: Settings) -> bool:
    """Every name of this machine is one origin, as long as no public address is set."""
    if origin == settings.origin:
        return True
    if settings.public_url is not None:
        return False
    named = _split_origin(origin)
    return named is not None and (
        (named.scheme, named.port) == ("http", settings.port) and _is_loopback(named.hostname or "")
    )


def _split_origin(origin: str) -> SplitResult | None:
    try:
        named = urlsplit(origin)
        _ = named.port  # raises for a number that no port has
    except ValueError:
        return None
    return named


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def check_host(request: Request) -> None:
    """Raise OriginRejectedError where a foreign name may have been pointed at us.

    For the set-up alone, which needs no secret: a page that rebinds its own name to this address
    would pass the origin check. Numbers, local names and the public address can't be rebound.
    """
    settings: Settings = request.app.state.settings
    host = (request.url.hostname or "").rstrip(".").lower()
    if host != urlsplit(settings.origin).hostname and not _is_local_name(host):
        raise OriginRejectedError(f"Set VECTAL_PUBLIC_URL to reach this page as {host}.")


def _is_local_name(host: str) -> bool:
    if "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan")):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
