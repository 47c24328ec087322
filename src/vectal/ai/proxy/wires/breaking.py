"""How a stream ends that broke, in the words of each wire."""

from __future__ import annotations

from vectal.ai.proxy.wires.port import ClientWire, WireProblem
from vectal.ai.proxy.wires.responses.problems import error_event


def broken_event(wire: ClientWire, problem: WireProblem, request_id: str, number: int = 0) -> bytes:
    """The last event. `number` is its place among the events, for the wire that counts them."""
    if wire.name == "responses":
        return error_event(problem, number)
    data = b"data: " + wire.problem(problem, request_id) + b"\n\n"
    return data if wire.name == "chat_completions" else b"event: error\n" + data
