"""The lines of output and error files, in both vendors' shapes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from typing import Any, Final
from uuid import UUID

import msgspec

from vectal.ai.proxy.wires.port import WireProblem
from vectal.ai.proxy.wires.registry import wire
from vectal.ai.service.batches.journal import EndedLine, Journal
from vectal.ai.service.batches.objects import LineResult, LineState

_INVALID: Final = 400


async def openai_lines(journal: Journal, states: Collection[LineState]) -> AsyncGenerator[bytes]:
    """A line for each that ended in one of `states`, in the order of the input."""
    async for line in _ended(journal, states):
        yield msgspec.json.encode(_openai(journal.batch_id, line)) + b"\n"


async def anthropic_lines(journal: Journal) -> AsyncGenerator[bytes]:
    """A line for each request, however it ended."""
    async for line in _ended(journal, ("done", "failed", "cancelled", "expired")):
        result = _anthropic(line, journal.batch_id)
        yield msgspec.json.encode({"custom_id": line.custom_id, "result": result}) + b"\n"


async def _ended(journal: Journal, states: Collection[LineState]) -> AsyncGenerator[EndedLine]:
    after, more = 0, True
    while more:
        page, more = await journal.list_ended(states, after)
        for line in page:
            after = line.number
            yield line


def _openai(batch_id: UUID, line: EndedLine) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": f"batch_req_{batch_id.hex}_{line.number}",
        "custom_id": line.custom_id,
        "response": None,
        "error": None,
    }
    result = line.result
    if result is None:
        text = "The batch ended before the line was answered."
        return told | {"error": {"code": f"batch_{line.state}", "message": text}}
    if not result.status:
        error = {"code": result.code, "message": result.message, "line": line.number}
        return told | {"error": error}
    response = {
        "status_code": result.status,
        "request_id": result.request_id,
        "body": result.body,
    }
    return told | {"response": response}


def _anthropic(line: EndedLine, batch_id: UUID) -> dict[str, Any]:
    if line.state == "cancelled":
        return {"type": "canceled"}
    result = line.result
    if line.state == "expired" or result is None:
        return {"type": "expired"}
    if line.state == "done":
        return {"type": "succeeded", "message": result.body}
    return {"type": "errored", "error": _error_of(result, f"batch-{batch_id.hex}-{line.number}")}


def _error_of(result: LineResult, request_id: str) -> msgspec.Raw:
    if result.status:
        return result.body
    problem = WireProblem(_INVALID, result.code, result.message)
    return msgspec.Raw(wire("messages").problem(problem, request_id))
