"""n8n's owner, for once: to make the key that everything else is done with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from vectal.agents.errors import N8nAwayError, N8nRefusedError
from vectal.agents.workflows.n8n.address import N8nAddress
from vectal.platform.http import (
    Caller,
    HttpCallError,
    HttpClient,
    HttpLimits,
    HttpRequest,
    HttpResponse,
)
from vectal.platform.resilience import BreakerOpenError

SCOPES: Final = (
    "credential:create",
    "credential:list",
    "execution:list",
    "execution:read",
    "execution:retry",
    "workflow:activate",
    "workflow:create",
    "workflow:list",
    "workflow:read",
    "workflow:update",
)
"""All that we do there."""
_CALLER: Final = Caller("n8n")
_LIMITS: Final = HttpLimits(30.0, max_bytes=4 << 20)
_COOKIE: Final = re.compile(r"(?:^|[,\s])(n8n-auth=[^;,\s]+)")
_FAILING: Final = 500


@dataclass(frozen=True, slots=True)
class Login:
    email: str
    password: str


class N8nOwner:
    """Raises `N8nAwayError` and `N8nRefusedError`, as the client does."""

    def __init__(self, http: HttpClient, address: N8nAddress) -> None:
        self._http = http
        self._address = address
        self._cookie = ""

    async def enter(self, login: Login) -> bool:
        """Log in; True when the instance had no owner, and this is the one that it has now."""
        is_new = await self._has_no_owner()
        if is_new:
            names = {"firstName": "Vectal", "lastName": "Operator"}
            answer = await self._send(
                "POST", "owner/setup", {"email": login.email, "password": login.password, **names}
            )
        else:
            asked = {"emailOrLdapLoginId": login.email, "password": login.password}
            answer = await self._send("POST", "login", asked)
        cookie = _COOKIE.search(answer.headers.get("set-cookie", ""))
        if cookie is None:
            raise N8nRefusedError(answer.status)
        self._cookie = cookie[1]
        return is_new

    async def make_key(self, label: str) -> str:
        """A key for what we do; one of the same label gives way, since it can't be read again."""
        for each in _data(await self._send("GET", "api-keys"))["items"]:
            if each["label"] == label:
                await self._send("DELETE", f"api-keys/{each['id']}")
        wanted = {"label": label, "scopes": list(SCOPES), "expiresAt": None}
        made = _data(await self._send("POST", "api-keys", wanted))
        return str(made["rawApiKey"])

    async def _has_no_owner(self) -> bool:
        settings = _data(await self._send("GET", "settings"))
        return bool(settings.get("userManagement", {}).get("showSetupOnFirstLoad"))

    async def _send(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> HttpResponse:
        headers = {"accept": "application/json"}
        if self._cookie:
            headers["cookie"] = self._cookie
        content = b""
        if body is not None:
            headers["content-type"] = "application/json"
            content = msgspec.json.encode(body)
        url = f"{self._address.base_url}/rest/{path}"
        request = HttpRequest(method, url, headers, content, _LIMITS)
        try:
            answer = await self._http.send(request, _CALLER)
        except (HttpCallError, BreakerOpenError) as error:
            raise N8nAwayError from error
        if answer.status >= _FAILING:
            raise N8nAwayError
        if not answer.ok:
            raise N8nRefusedError(answer.status)
        return answer


class _Wrapped(msgspec.Struct):
    data: Any


def _data(answer: HttpResponse) -> Any:
    try:
        return answer.json(_Wrapped).data
    except HttpCallError as error:
        raise N8nAwayError from error
