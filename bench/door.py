"""A signed-in client of a running tree, and the samples that it takes."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import httpx2

EMAIL: Final = "ada@example.com"
PASSWORD: Final = "correct horse battery staple"  # noqa: S105 - of a throw-away installation
DEADLINE_S: Final = 120.0
_UNAUTHORIZED: Final = 401


@dataclass(frozen=True)
class Door:
    """HTTP as the first account, and the workspace it stands in."""

    http: httpx2.AsyncClient
    workspace_id: str
    user_id: str

    async def get(self, path: str) -> dict[str, Any]:
        return await self._send("GET", path, None)

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._send("POST", path, body)

    async def _send(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        answer = await self.http.request(method, path, json=body)
        if answer.status_code == _UNAUTHORIZED:
            await self._sign_in()  # a measurement may last longer than a token
            answer = await self.http.request(method, path, json=body)
        answer.raise_for_status()
        return cast("dict[str, Any]", answer.json())

    async def _sign_in(self) -> None:
        account = {"email": EMAIL, "password": PASSWORD}
        answer = await self.http.post("/api/v1/auth/login", json=account)
        answer.raise_for_status()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


async def open_door(url: str) -> Door:
    """Set up the first account and sign in as it."""
    http = httpx2.AsyncClient(base_url=url, timeout=DEADLINE_S, trust_env=False)
    answer = await http.post(
        "/api/v1/setup",
        json={
            "email": EMAIL,
            "password": PASSWORD,
            "display_name": "Ada",
            "timezone": "UTC",
        },
    )
    answer.raise_for_status()
    session = cast("dict[str, Any]", answer.json())
    http.headers["Authorization"] = f"Bearer {session['access_token']}"
    user = session["user"]
    return Door(http, user["default_workspace_id"], user["id"])


@dataclass(frozen=True)
class Samples:
    """Durations in milliseconds, sorted."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return self.values[len(self.values) // 2]

    @property
    def p95(self) -> float:
        return self.values[min(len(self.values) - 1, round(len(self.values) * 0.95))]

    def words(self) -> str:
        return f"median {self.median:.1f} ms, p95 {self.p95:.1f} ms (n={len(self.values)})"


async def sample(count: int, call: Callable[[int], Awaitable[object]]) -> Samples:
    """Time calls one after another; the first few only warm up and don't count."""
    durations: list[float] = []
    warm = max(1, count // 10)
    for i in range(count + warm):
        begin = time.perf_counter()
        await call(i)
        if i >= warm:
            durations.append((time.perf_counter() - begin) * 1000)
    return Samples(tuple(sorted(durations)))
