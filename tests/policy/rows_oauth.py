"""Rows of OAuth: its public doors, and what people let programs do."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, public

from vectal.accounts.contracts import Role
from vectal.auth.contracts_oauth import AuthorizationRequest
from vectal.auth.principal import Scope
from vectal.auth.service.oauth import Redemption

_CALLBACK = "http://127.0.0.1:1/cb"
_ORIGIN = "http://127.0.0.1:8484"
_RESOURCE = f"{_ORIGIN}/mcp"
# RFC 7636, appendix B.
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
_ASKED = AuthorizationRequest("code", "", _CALLBACK, _CHALLENGE, "S256", "ai:use")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_CLIENTS: dict[UUID, UUID] = {}


async def _client(world: World) -> str:
    """One for all."""
    if world.workspace_id not in _CLIENTS:
        made = await world.services.auth.oauth.register("matrix", [_CALLBACK], "10.9.8.7")
        _CLIENTS[world.workspace_id] = made.id
    return str(_CLIENTS[world.workspace_id])


async def _query(world: World, person: Person) -> Request:
    del person
    asked = replace(_ASKED, client_id=await _client(world))
    return Request(query={name: getattr(asked, name) for name in asked.__slots__})


async def _decision(world: World, person: Person) -> Request:
    asked = await _query(world, person)
    return Request(body={**asked.query, "allow": False})


async def _code(world: World, person: Person) -> str:
    oauth, asked = world.services.auth.oauth, replace(_ASKED, client_id=await _client(world))
    principal = person.principal
    for old in (await oauth.list_grants(principal)).items:
        await oauth.end_grant(principal, old[0].id)
    url = await oauth.allow(principal, asked, [Scope.AI_USE], _ORIGIN, _RESOURCE)
    return dict(parse_qsl(urlsplit(url).query))["code"]


async def _on_grant(world: World, person: Person) -> Request:
    oauth, client = world.services.auth.oauth, await _client(world)
    code = await _code(world, person)
    await oauth.redeem(Redemption(code, client, _CALLBACK, _VERIFIER), _RESOURCE, "10.9.8.7")
    ((grant, _),) = (await oauth.list_grants(person.principal)).items
    return Request({"grant_id": grant.id})


async def _redemption(world: World, person: Person) -> Request:
    form = {
        "grant_type": "authorization_code",
        "client_id": await _client(world),
        "code": await _code(world, person),
        "redirect_uri": _CALLBACK,
        "code_verifier": _VERIFIER,
    }
    return Request(body=urlencode(form).encode(), headers=_FORM)


async def _revocation(world: World, person: Person) -> Request:
    del world, person
    return Request(body=b"token=none&client_id=none", headers=_FORM)


def _registration(**said: object) -> Prepare:
    async def prepare(world: World, person: Person) -> Request:
        del world, person
        return Request(body={"client_name": "matrix", **said})

    return prepare


ROWS = [
    public("get_oauth_resource", 200),
    public("get_oauth_resource_of_path", 200),
    public("get_oauth_server", 200),
    public("open_oauth_consent", 303),
    public("register_oauth_client", 201, _registration(redirect_uris=[_CALLBACK])),
    public("issue_oauth_token", 200, _redemption),
    public("revoke_oauth_token", 200, _revocation),
    Row("get_oauth_consent", Role.VIEWER, "account:manage", 200, _query, is_personal=True),
    Row("decide_oauth_consent", Role.VIEWER, "account:manage", 200, _decision, is_personal=True),
    Row("list_oauth_grants", Role.VIEWER, "account:read", 200),
    Row("revoke_oauth_grant", Role.VIEWER, "account:manage", 204, _on_grant, private=True),
]
