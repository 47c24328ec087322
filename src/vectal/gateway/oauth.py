"""OAuth's own doors: what programs read and ask for before they come to `/mcp`.

Metadata (RFC 9728, RFC 8414), registration (RFC 7591), tokens (RFC 6749) and their revocation
(RFC 7009). The page where a person decides is the web app's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, cast
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vectal.auth.asking import GRANTS_PATH
from vectal.auth.contracts_oauth import GrantTokens
from vectal.auth.oauth_rules import OFFERED, OAuthError
from vectal.auth.service import AuthService
from vectal.auth.service.oauth import OAuthService, Redemption
from vectal.platform.config import Settings

RESOURCE_METADATA: Final = "/.well-known/oauth-protected-resource"
SERVER_METADATA: Final = "/.well-known/oauth-authorization-server"
AUTHORIZE: Final = "/oauth/authorize"
CONSENT_PAGE: Final = "/oauth/consent"
_MAX_BODY: Final = 16 << 10
_MAX_FIELDS: Final = 20
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_SCOPES: Final = [str(scope) for scope in OFFERED]
_NO_STORE: Final = {"Cache-Control": "no-store"}
_OPEN: Final = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
"""What everybody may read, programs in a browser too."""

router = APIRouter(include_in_schema=False)


class Registration(BaseModel):
    """What a program says of itself; what else it says is not kept."""

    redirect_uris: Annotated[
        list[Annotated[str, StringConstraints(max_length=500)]], Field(max_length=20)
    ]
    client_name: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f]*$")
    ] = ""
    grant_types: Annotated[list[str], Field(max_length=10)] = ["authorization_code"]
    response_types: Annotated[list[str], Field(max_length=10)] = ["code"]


def challenge(settings: Settings) -> str:
    """What a request to the door without a good credential is answered with (RFC 9728, 5.1)."""
    metadata = f"{settings.origin}{RESOURCE_METADATA}{GRANTS_PATH}"
    return f'Bearer realm="vectal", resource_metadata="{metadata}", scope="{" ".join(_SCOPES)}"'


@router.get(RESOURCE_METADATA)
@router.get(RESOURCE_METADATA + GRANTS_PATH, name="get_oauth_resource_of_path")
async def get_oauth_resource(request: Request) -> JSONResponse:
    """What the door is, and whose tokens open it."""
    origin = _settings(request).origin
    told = {
        "resource": origin + GRANTS_PATH,
        "resource_name": "Vectal",
        "authorization_servers": [origin],
        "scopes_supported": _SCOPES,
        "bearer_methods_supported": ["header"],
    }
    return JSONResponse(told, headers=_OPEN)


@router.get(SERVER_METADATA)
async def get_oauth_server(request: Request) -> JSONResponse:
    """Where tokens come from, and how they are asked for."""
    origin = _settings(request).origin
    told = {
        "issuer": origin,
        "authorization_endpoint": origin + AUTHORIZE,
        "token_endpoint": f"{origin}/oauth/token",
        "registration_endpoint": f"{origin}/oauth/register",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "scopes_supported": _SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }
    return JSONResponse(told, headers=_OPEN)


@router.get(AUTHORIZE)
async def open_oauth_consent(request: Request) -> Response:
    """Send the person to the page where she decides, with the program's query as one text.

    The page's router would else read numbers and truths into what must stay as it was sent.
    """
    asked = quote(f"?{request.url.query}", safe="")
    return Response(status_code=303, headers={"Location": f"{CONSENT_PAGE}?request={asked}"})


@router.post("/oauth/register")
async def register_oauth_client(request: Request) -> Response:
    """A program introduces itself; it gets a name to be known by, and no secret."""
    return await _answered(request, _register)


@router.post("/oauth/token")
async def issue_oauth_token(request: Request) -> Response:
    """Tokens for a code, or for a refresh token."""
    return await _answered(request, _issue)


@router.post("/oauth/revoke")
async def revoke_oauth_token(request: Request) -> Response:
    """End what a token belongs to. 200 also for a token that is none."""
    return await _answered(request, _revoke)


async def _register(request: Request) -> Response:
    try:
        said = Registration.model_validate_json(await _read(request, _JSON))
    except ValidationError as error:
        raise _bad_metadata("redirect_uris and client_name can't be read.") from error
    if "authorization_code" not in said.grant_types or said.response_types != ["code"]:
        raise _bad_metadata("Codes are what there is here.")
    name = said.client_name or "A program without a name"
    client = await _oauth(request).register(name, said.redirect_uris, _ip(request))
    told = {
        "client_id": str(client.id),
        "client_id_issued_at": int(client.created_at.timestamp()),
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    return JSONResponse(told, 201, headers=_NO_STORE)


async def _issue(request: Request) -> Response:
    form, oauth = await _form(request), _oauth(request)
    resource = _settings(request).origin + GRANTS_PATH
    kind, client_id = form.get("grant_type", ""), form.get("client_id", "")
    if kind == "authorization_code":
        redemption = Redemption(
            code=form.get("code", ""),
            client_id=client_id,
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
            resource=form.get("resource", ""),
        )
        return _told(await oauth.redeem(redemption, resource, _ip(request)))
    if kind == "refresh_token":
        token, wanted = form.get("refresh_token", ""), form.get("resource", "")
        return _told(await oauth.refresh(token, client_id, resource, wanted))
    raise OAuthError("unsupported_grant_type", "Send a code or a refresh token.")


async def _revoke(request: Request) -> Response:
    form = await _form(request)
    await _oauth(request).revoke_token(form.get("token", ""), form.get("client_id", ""))
    return Response(headers=_NO_STORE)


async def _answered(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    try:
        return await answer(request)
    except OAuthError as error:
        told = {"error": error.code, "error_description": error.description}
        return JSONResponse(told, error.status, headers=_NO_STORE)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form; one that comes twice is an error (RFC 6749, 3.2)."""
    body = await _read(request, _FORM)
    try:
        pairs = parse_qsl(body.decode("ascii"), max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise OAuthError("invalid_request", "The form can't be read.") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise OAuthError("invalid_request", "A field came twice.")
    return fields


async def _read(request: Request, kind: str) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise OAuthError("invalid_request", f"Send {kind}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise OAuthError("invalid_request", "The body is too long.", 413)
    return bytes(body)


def _told(tokens: GrantTokens) -> JSONResponse:
    told = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in_s,
        "refresh_token": tokens.refresh_token,
        "scope": " ".join(tokens.scopes),
    }
    return JSONResponse(told, headers=_NO_STORE)


def _bad_metadata(text: str) -> OAuthError:
    return OAuthError("invalid_client_metadata", text)


def _oauth(request: Request) -> OAuthService:
    services: Any = request.app.state.services
    return cast("AuthService", services.auth).oauth


def _settings(request: Request) -> Settings:
    return cast("Settings", request.app.state.settings)


def _ip(request: Request) -> str:
    return request.client.host if request.client else ""
