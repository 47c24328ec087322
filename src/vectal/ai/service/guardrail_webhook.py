"""The outside judge of a workspace's guardrails, asked over HTTP."""

from __future__ import annotations

from typing import Final

import msgspec

from vectal.ai.guardrails.contracts import Stage, Webhook
from vectal.ai.guardrails.guard import JudgeFailedError
from vectal.ai.guardrails.signing import SigningKeyLostError
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.http import Caller, HttpCallError, HttpClient, HttpLimits, HttpRequest
from vectal.platform.ids import new_id

_CALLER: Final = Caller("guardrail webhook")
_MAX_BYTES: Final = 64 << 10
_OK: Final = 200
_MS: Final = 1_000


class _Verdict(msgspec.Struct):
    allow: bool


class WebhookJudge:
    """POSTs `{"stage", "text"}`; the answer is 200 with `{"allow": true}` or false.

    One try within the hook's own time: a call waits for it. The guard against requests that reach
    inside holds here as it does for every address that a user writes. A hook with a key gets signed
    requests.
    """

    def __init__(self, client: HttpClient, clock: Clock | None = None) -> None:
        self._client = client
        self._clock = clock or SystemClock()

    async def allows(self, hook: Webhook, stage: Stage, text: str) -> bool:
        """Raises JudgeFailedError for anything but a verdict."""
        seconds = hook.timeout_ms / _MS
        limits = HttpLimits(
            seconds, connect_s=seconds, first_byte_s=seconds, idle_s=seconds, max_bytes=_MAX_BYTES
        )
        headers = {"content-type": "application/json", "accept": "application/json"}
        body = msgspec.json.encode({"stage": stage, "text": text})
        headers |= self._signature(hook, body)
        request = HttpRequest("POST", hook.url, headers, body, limits)
        try:
            async with self._client.open(request, _CALLER) as response:
                if response.status != _OK:
                    raise JudgeFailedError
                answer = b"".join([chunk async for chunk in response.chunks()])
            return msgspec.json.decode(answer, type=_Verdict).allow
        except (HttpCallError, msgspec.DecodeError, ValueError, RecursionError) as error:
            raise JudgeFailedError from error

    def _signature(self, hook: Webhook, body: bytes) -> dict[str, str]:
        if hook.key is None:
            return {}
        at = int(self._clock.now().timestamp())
        try:
            return hook.key.headers(f"msg_{new_id().hex}", at, body)
        except SigningKeyLostError as error:
            raise JudgeFailedError from error
