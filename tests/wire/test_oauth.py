"""OAuth at `/mcp`: the protocol's own client, and what happens when somebody cheats."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from mcp_types import TextContent
from pydantic import AnyUrl
from tests.flows.visitor import Json
from tests.wire.conftest import Gateway

CALLBACK = "http://127.0.0.1:45454/callback"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@dataclass
class Storage:
    """What a program keeps."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@dataclass
class Program:
    """One that speaks OAuth by hand, registered once."""

    gateway: Gateway
    http: httpx2.AsyncClient
    client_id: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def asks(self, **other: str) -> Json:
        return {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            "scope": "ai:use tasks:read",
            "state": "st/4+7",
            "resource": f"{self.gateway.address}/mcp",
            **other,
        }

    async def code(self, **other: Any) -> str:
        body = {**self.asks(), "allow": True, "scopes": ["ai:use", "tasks:read"], **other}
        decided = await self.gateway.ada.post("/oauth/consent", body, 200)
        return _query(decided["redirect_to"])["code"]

    async def token(self, **form: str) -> httpx2.Response:
        return await self.http.post("/oauth/token", data={"client_id": self.client_id, **form})

    async def redeem(self, code: str, /, **other: str) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        return await self.token(**{**form, "code_verifier": self.verifier, **other})

    async def refresh(self, token: str, **other: str) -> httpx2.Response:
        return await self.token(grant_type="refresh_token", refresh_token=token, **other)

    async def ping(self, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return (await self.http.post("/mcp", json=PING, headers=headers)).status_code


@pytest.fixture(scope="module")
async def program(gateway: Gateway) -> AsyncGenerator[Program]:
    async with httpx2.AsyncClient(base_url=gateway.address, timeout=60) as http:
        said = {"redirect_uris": [CALLBACK], "client_name": "By hand", "scope": "whatever"}
        made = await http.post("/oauth/register", json=said)
        assert made.status_code == 201, made.text
        assert made.json()["token_endpoint_auth_method"] == "none"
        assert "client_secret" not in made.json()
        yield Program(gateway, http, made.json()["client_id"])


async def test_the_protocols_own_client_is_let_in(gateway: Gateway) -> None:
    """From a 401 to a tool call, by discovery, registration, consent and PKCE."""
    sent_to: list[str] = []

    async def redirect(url: str) -> None:
        sent_to.append(url)

    async def callback() -> AuthorizationCodeResult:
        asked = urlsplit(sent_to[-1])
        assert (
            f"{asked.scheme}://{asked.netloc}{asked.path}" == f"{gateway.address}/oauth/authorize"
        )
        query = await _shown(sent_to[-1])
        shown = await gateway.ada.get("/oauth/consent", **query)
        assert (shown["client_name"], shown["redirect_uri"]) == ("A real client", CALLBACK)
        scopes = [each for each in shown["scopes"] if each != "files:write"]
        body = {**query, "allow": True, "scopes": scopes}
        decided = await gateway.ada.post("/oauth/consent", body, 200)
        answer = _query(decided["redirect_to"])
        return AuthorizationCodeResult(
            code=answer["code"], state=answer["state"], iss=answer["iss"]
        )

    storage, door = Storage(), f"{gateway.address}/mcp"
    metadata = OAuthClientMetadata(redirect_uris=[AnyUrl(CALLBACK)], client_name="A real client")
    provider = OAuthClientProvider(door, metadata, storage, redirect, callback)
    async with (
        httpx2.AsyncClient(auth=provider, timeout=60) as http,
        Client(streamable_http_client(door, http_client=http)) as client,
    ):
        names = {each.name for each in (await client.list_tools()).tools}
        assert {"list_tasks", "create_task", "calculate"} <= names
        result = await client.call_tool("calculate", {"expression": "6 * 7"})
        (part,) = result.content
        assert isinstance(part, TextContent)
        assert part.text == "42"
    assert len(sent_to) == 1
    assert storage.tokens is not None
    assert storage.tokens.refresh_token
    assert "files:write" not in (storage.tokens.scope or "")
    grants = (await gateway.ada.get("/oauth/grants"))["items"]
    assert "A real client" in {each["client_name"] for each in grants}


async def test_the_door_says_where_tokens_come_from(gateway: Gateway, program: Program) -> None:
    origin = gateway.address
    metadata = f"{origin}/.well-known/oauth-protected-resource/mcp"
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        answer = await program.http.post("/mcp", json=PING, headers=headers)
        assert answer.status_code == 401
        assert f'resource_metadata="{metadata}"' in answer.headers["www-authenticate"]
    api = await program.http.get("/api/v1/me")
    assert "resource_metadata" not in api.headers["www-authenticate"]
    for path in (metadata, f"{origin}/.well-known/oauth-protected-resource"):
        told = (await program.http.get(path)).json()
        assert told["resource"] == f"{origin}/mcp"
        assert told["authorization_servers"] == [origin]
    told = (await program.http.get("/.well-known/oauth-authorization-server")).json()
    assert told["issuer"] == origin
    assert told["code_challenge_methods_supported"] == ["S256"]


async def test_a_token_is_good_at_its_door_alone(gateway: Gateway, program: Program) -> None:
    tokens = (await program.redeem(await program.code())).json()
    assert tokens["scope"] == "ai:use tasks:read"
    assert await program.ping(tokens["access_token"]) == 200
    assert await program.ping(tokens["refresh_token"]) == 401
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    for path in ("/api/v1/me", "/api/v1/tasks", "/api/v1/api-keys", "/v1/models"):
        assert (await program.http.get(path, headers=headers)).status_code == 401, path
    body = {"model": "simulator", "messages": [{"role": "user", "content": "x"}]}
    called = await program.http.post("/v1/chat/completions", json=body, headers=headers)
    assert called.status_code == 401
    # And a session's or a key's token is none of these.
    for other in (gateway.ada.token, gateway.key):
        assert (await program.refresh(other)).json()["error"] == "invalid_grant"
    listed = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    answer = await program.http.post("/mcp", json=listed, headers=headers)
    names = {each["name"] for each in answer.json()["result"]["tools"]}
    assert "list_tasks" in names
    assert "create_task" not in names  # not among its scopes


async def test_a_refresh_token_that_comes_again_ends_all(program: Program) -> None:
    first = (await program.redeem(await program.code())).json()
    second = (await program.refresh(first["refresh_token"])).json()
    third = (await program.refresh(second["refresh_token"])).json()
    assert len({each["refresh_token"] for each in (first, second, third)}) == 3
    assert await program.ping(third["access_token"]) == 200
    stolen = await program.refresh(first["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert (await program.refresh(third["refresh_token"])).json()["error"] == "invalid_grant"
    assert await _until_refused(program, third["access_token"])


async def test_of_two_refreshes_at_once_both_get_the_next(program: Program) -> None:
    first = (await program.redeem(await program.code())).json()["refresh_token"]
    answers = await asyncio.gather(*(program.refresh(first) for _ in range(4)))
    assert len({each.json()["refresh_token"] for each in answers}) == 1


async def test_a_code_is_good_once_and_comes_back_as_a_theft(program: Program) -> None:
    code = await program.code()
    tokens = (await program.redeem(code)).json()
    again = await program.redeem(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert again.headers["cache-control"] == "no-store"
    assert await _until_refused(program, tokens["access_token"])
    assert (await program.refresh(tokens["refresh_token"])).status_code == 400


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:45454/other"}, "invalid_grant"),
        ({"client_id": "00000000-0000-0000-0000-000000000000"}, "invalid_grant"),
        ({"code": "AAAA"}, "invalid_grant"),
        ({"resource": "https://another.example/mcp"}, "invalid_target"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    ],
)
async def test_a_code_without_its_proof_is_worthless(
    program: Program, other: dict[str, str], error: str
) -> None:
    code = await program.code()
    answer = await program.redeem(code, **other)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert (await program.redeem(code)).status_code == 200  # a bad try takes nothing from it


@pytest.mark.parametrize(
    "other",
    [
        {"client_id": "nobody"},
        {"client_id": "00000000-0000-0000-0000-000000000000"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "http://localhost:45454/callback"},
        {"response_type": "token"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"resource": "https://another.example/mcp"},
        {"scope": "account:manage"},
    ],
)
async def test_a_request_that_must_not_be_granted_leads_nowhere(
    gateway: Gateway, program: Program, other: dict[str, str]
) -> None:
    for allow in (True, False):
        body = {**program.asks(**other), "allow": allow, "scopes": ["ai:use"]}
        answer = await gateway.ada.http.post("/oauth/consent", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "auth.oauth_request")
    shown = await gateway.ada.http.get("/oauth/consent", params=program.asks(**other))
    assert shown.status_code == 422


async def test_no_is_told_to_the_program(gateway: Gateway, program: Program) -> None:
    body = {**program.asks(), "allow": False}
    decided = await gateway.ada.post("/oauth/consent", body, 200)
    assert decided["redirect_to"].startswith(f"{CALLBACK}?")
    answer = _query(decided["redirect_to"])
    assert answer == {"error": "access_denied", "state": "st/4+7", "iss": gateway.address}


async def test_only_a_person_gives_her_word(gateway: Gateway, program: Program) -> None:
    made = await gateway.ada.post("/api-keys", {"name": "all", "scopes": ["*"]})
    body = {**program.asks(), "allow": True, "scopes": ["ai:use"]}
    headers = {"Authorization": f"Bearer {made['key']}"}
    answer = await program.http.post("/api/v1/oauth/consent", json=body, headers=headers)
    assert answer.status_code == 403
    without = {**program.asks(), "allow": True, "scopes": ["tasks:read"]}
    assert (await gateway.ada.http.post("/oauth/consent", json=without)).status_code == 422


async def test_what_was_given_is_taken_back(gateway: Gateway, program: Program) -> None:
    before = {each["id"] for each in (await gateway.ada.get("/oauth/grants", limit=200))["items"]}
    await program.code()  # nobody redeems it, so nothing is given
    tokens = (await program.redeem(await program.code())).json()
    listed = (await gateway.ada.get("/oauth/grants", limit=200))["items"]
    (mine,) = [each for each in listed if each["id"] not in before]
    assert (mine["client_name"], mine["scopes"]) == ("By hand", ["ai:use", "tasks:read"])
    assert await program.ping(tokens["access_token"]) == 200
    gone = await gateway.ada.http.delete(f"/oauth/grants/{mine['id']}")
    assert gone.status_code == 204
    assert await _until_refused(program, tokens["access_token"])
    assert (await program.refresh(tokens["refresh_token"])).status_code == 400
    assert (await gateway.ada.http.delete(f"/oauth/grants/{mine['id']}")).status_code == 404


async def test_a_program_gives_back_what_it_has(program: Program) -> None:
    for name in ("refresh_token", "access_token"):
        tokens = (await program.redeem(await program.code())).json()
        other = {"token": tokens[name], "client_id": "00000000-0000-0000-0000-000000000000"}
        assert (await program.http.post("/oauth/revoke", data=other)).status_code == 200
        assert await program.ping(tokens["access_token"]) == 200  # it was another's to give back
        own = {"token": tokens[name], "client_id": program.client_id}
        assert (await program.http.post("/oauth/revoke", data=own)).status_code == 200
        assert await _until_refused(program, tokens["access_token"])
    nonsense = {"token": "nonsense", "client_id": program.client_id}
    assert (await program.http.post("/oauth/revoke", data=nonsense)).status_code == 200


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"grant_type=refresh_token&grant_type=refresh_token", "application/x-www-form-urlencoded"),
        (b"\xff", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(50)), "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"", ""),
    ],
)
async def test_what_is_no_form_is_refused(program: Program, content: bytes, kind: str) -> None:
    answer = await program.http.post(
        "/oauth/token", content=content, headers={"Content-Type": kind}
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_body_has_its_bound(program: Program) -> None:
    content = b"a=" + b"x" * 20_000
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await program.http.post("/oauth/token", content=content, headers=headers)
    assert answer.status_code == 413


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


async def _shown(url: str) -> dict[str, str]:
    """The program's query, as the page gets it that the person is sent to."""
    async with httpx2.AsyncClient(timeout=60) as http:
        opened = await http.get(url)
    assert opened.status_code == 303
    page = urlsplit(opened.headers["location"])
    assert page.path == "/oauth/consent"
    request = dict(parse_qsl(page.query))["request"]
    assert request == f"?{urlsplit(url).query}"
    return dict(parse_qsl(request[1:]))


async def _until_refused(program: Program, token: str) -> bool:
    for _ in range(100):
        if await program.ping(token) == 401:
            return True
        await asyncio.sleep(0.05)
    return False
