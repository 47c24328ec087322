"""One line on its way: through the gateway, like a client's own call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Raw

from vectal.ai.proxy.wires.port import ClientWire, WireName, WireProblem
from vectal.ai.proxy.wires.registry import wire
from vectal.ai.repository.usage import UsageLine
from vectal.ai.service.batches.objects import Asked, LineResult
from vectal.ai.service.gateway.call import Answer, CallRefusedError, IncomingCall
from vectal.ai.service.gateway.embedding_gateway import EmbeddingGateway
from vectal.ai.service.gateway.model_gateway import ModelGateway
from vectal.auth.principal import Principal
from vectal.platform.telemetry import get_logger

EMBEDDINGS: Final = "/v1/embeddings"
_OK: Final = 200
_TOO_EARLY: Final = 429
_MAY_PASS: Final = frozenset((408, 500, 502, 503, 504, 529))
_LONGEST_WAIT_S: Final = 60.0
_SHORTEST_WAIT_S: Final = 0.2
WIRES: Final[dict[str, WireName]] = {
    "/v1/chat/completions": "chat_completions",
    "/v1/responses": "responses",
    EMBEDDINGS: "chat_completions",
    "/v1/messages": "messages",
}
_INTERNAL: Final = WireProblem(500, "internal", "Something went wrong; it was logged.")

Verdict: TypeAlias = Literal["done", "failed", "early", "again"]
"""`early` met a limit of rate, and was no try; `again` may do better the next time."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of sending a line. `usage` is what it cost, whatever came of it."""

    verdict: Verdict
    result: LineResult
    usage: list[UsageLine] = field(default_factory=list[UsageLine])
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LineSender:
    """Sends the lines of one batch."""

    models: ModelGateway
    embeddings: EmbeddingGateway
    principal: Principal
    asked: Asked
    batch_id: UUID
    endpoint: str

    async def send(self, number: int, body: bytes, usage: list[UsageLine]) -> Sent:
        """Never raises but for cancellation; lines of the ledger come into `usage` at once."""
        spoken = wire(WIRES[self.endpoint])
        call = self._call(number, body, spoken, usage)
        try:
            answer = await self._ask(call)
        except CallRefusedError as refused:
            return self._refused(call, refused, usage)
        except Exception as error:  # noqa: BLE001 - one line must not end the others
            _log.warning("ai.batch_line_failed", exc_info=error)
            return self._refused(call, CallRefusedError(_INTERNAL), usage)
        result = LineResult(_OK, Raw(in_one_line(answer.body)), call.request_id)
        return Sent("done", result, usage)

    async def _ask(self, call: IncomingCall) -> Answer:
        if self.endpoint == EMBEDDINGS:
            return await self.embeddings.answer(call)
        return await self.models.answer(call)

    def _call(
        self, number: int, body: bytes, spoken: ClientWire, usage: list[UsageLine]
    ) -> IncomingCall:
        return IncomingCall(
            principal=self.principal,
            wire=spoken,
            body=body,
            request_id=f"batch-{self.batch_id.hex}-{number}",
            project_id=self.asked.project_id,
            run_id=self.asked.run_id,
            purpose="batch",
            keep=usage.append,
        )

    def _refused(
        self, call: IncomingCall, refused: CallRefusedError, usage: list[UsageLine]
    ) -> Sent:
        status = refused.problem.status
        body = call.wire.problem(refused.problem, call.request_id)
        result = LineResult(status, Raw(body), call.request_id)
        if status == _TOO_EARLY:
            return Sent("early", result, usage, _wait_of(refused))
        return Sent("again" if status in _MAY_PASS else "failed", result, usage)


def _wait_of(refused: CallRefusedError) -> float:
    """Seconds that the refusal asks to wait, in bounds."""
    wait_s = 1.0
    for name, scale in (("retry-after", 1.0), ("retry-after-ms", 0.001)):
        text = refused.headers.get(name, "")
        if text.isdecimal():
            wait_s = int(text) * scale
    return min(max(wait_s, _SHORTEST_WAIT_S), _LONGEST_WAIT_S)


def in_one_line(body: bytes) -> bytes:
    """JSON without its line breaks, which are never within a text."""
    return body.replace(b"\n", b" ").replace(b"\r", b" ")
