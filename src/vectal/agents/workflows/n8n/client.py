"""n8n's API, as far as we need it. All of it goes through the one client for what leaves us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

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
    HttpTimeoutError,
)
from vectal.platform.resilience import BreakerOpenError

Json: TypeAlias = dict[str, Any]
Status: TypeAlias = Literal[
    "canceled", "crashed", "error", "new", "running", "success", "unknown", "waiting"
]

_CALLER: Final = Caller("n8n")
_LIMITS: Final = HttpLimits(10.0, connect_s=3.0, first_byte_s=10.0, idle_s=5.0, max_bytes=4 << 20)
_RETRY_LIMITS: Final = HttpLimits(3.0, connect_s=2.0, first_byte_s=3.0, max_bytes=4 << 20)
_NOT_FOUND: Final = 404
_FAILING: Final = 500
_TOO_MANY: Final = 429
_PAGE: Final = 100
_PAGES: Final = 20


class _Execution(msgspec.Struct):
    id: str | int
    status: str = "unknown"


class _Executions(msgspec.Struct):
    data: list[_Execution]


class _Page(msgspec.Struct):
    data: list[Json]
    cursor: str | None = msgspec.field(name="nextCursor", default=None)


@dataclass(frozen=True, slots=True)
class N8nClient:
    """Raises `N8nAwayError` where nobody answers, `N8nRefusedError` where the answer is no."""

    http: HttpClient
    address: N8nAddress
    api_key: str

    async def trigger(self, path: str, token: str) -> None:
        """Begin an execution; `token` is what the webhook checks.

        An n8n that is just starting knows none of its webhooks yet, so one that it does not know
        counts as away, too.
        """
        try:
            await self._send(
                "POST", self.address.webhook(path), {"authorization": f"Bearer {token}"}
            )
        except N8nRefusedError as error:
            if error.answered == _NOT_FOUND:
                raise N8nAwayError("n8n does not know the webhook.") from error
            raise

    async def resume(self, path: str, token: str) -> None:
        """Let an execution go on that waits at `path`."""
        await self._send("POST", self.address.resume(path), {"authorization": f"Bearer {token}"})

    async def find_status(self, execution_id: str) -> Status | None:
        """None for an execution that n8n does not know, or no longer."""
        try:
            answer = await self._api("GET", f"executions/{execution_id}")
        except N8nRefusedError as error:
            if error.answered != _NOT_FOUND:
                raise
            await self._require_api()
            return None
        return cast("Status", _read(answer, _Execution).status)

    async def retry(self, execution_id: str) -> None:
        """Have a failed execution tried again, from the node that it has not got past.

        n8n answers when the execution is over, which may take days: no answer in time is a yes.
        """
        try:
            await self._api(
                "POST",
                f"executions/{execution_id}/retry",
                {"loadWorkflow": False},
                limits=_RETRY_LIMITS,
            )
        except N8nAwayError as error:
            cause = error.__cause__
            if not (isinstance(cause, HttpTimeoutError) and cause.phase != "connect"):
                raise

    async def list_failed(self, status: Status, workflow_id: str) -> list[str]:
        """Ids of the newest executions of a workflow that ended so, a hundred at most."""
        query = f"executions?status={status}&workflowId={workflow_id}&limit={_PAGE}"
        found = _read(await self._api("GET", query), _Executions)
        return [str(each.id) for each in found.data]

    async def list_all(self, what: Literal["workflows", "credentials"]) -> list[Json]:
        """All that the key may see, two thousand at most."""
        found: list[Json] = []
        cursor: str | None = ""
        for _ in range(_PAGES):
            page = _read(await self._api("GET", f"{what}?limit={_PAGE}" + (cursor or "")), _Page)
            found += page.data
            if page.cursor is None:
                break
            cursor = f"&cursor={page.cursor}"
        return found

    async def make(self, what: Literal["workflows", "credentials"], body: Json) -> Json:
        return _read(await self._api("POST", what, body), Json)

    async def get_workflow(self, workflow_id: str) -> Json:
        return _read(await self._api("GET", f"workflows/{workflow_id}"), Json)

    async def change_workflow(self, workflow_id: str, body: Json) -> Json:
        return _read(await self._api("PUT", f"workflows/{workflow_id}", body), Json)

    async def activate(self, workflow_id: str) -> None:
        await self._api("POST", f"workflows/{workflow_id}/activate", {})

    async def _require_api(self) -> None:
        """An n8n that is just starting answers 404 to everything; then it is away."""
        try:
            await self._api("GET", "executions?limit=1")
        except N8nRefusedError as error:
            raise N8nAwayError("n8n is starting.") from error

    async def _api(
        self, method: str, path: str, body: Json | None = None, limits: HttpLimits = _LIMITS
    ) -> HttpResponse:
        url = f"{self.address.base_url}/api/v1/{path}"
        return await self._send(method, url, {"x-n8n-api-key": self.api_key}, body, limits)

    async def _send(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: Json | None = None,
        limits: HttpLimits = _LIMITS,
    ) -> HttpResponse:
        sent = {**headers, "accept": "application/json"}
        content = b""
        if body is not None or method != "GET":
            sent["content-type"] = "application/json"
            content = msgspec.json.encode(body or {})
        request = HttpRequest(method, url, sent, content, limits)
        try:
            answer = await self.http.send(request, _CALLER)
        except (HttpCallError, BreakerOpenError) as error:
            raise N8nAwayError from error
        if answer.status >= _FAILING or answer.status == _TOO_MANY:
            raise N8nAwayError
        if not answer.ok:
            raise N8nRefusedError(answer.status)
        return answer


def _read(answer: HttpResponse, shape: type[msgspec.Struct | Json]) -> Any:
    try:
        return answer.json(shape)
    except HttpCallError as error:
        raise N8nAwayError from error
