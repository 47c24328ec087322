"""Errors of a stream of `/responses`."""

from __future__ import annotations

import msgspec

from vectal.ai.proxy.wires.port import WireProblem
from vectal.ai.proxy.wires.problems import error_object


def error_event(problem: WireProblem, number: int) -> bytes:
    """The event that ends a stream which broke; `number` is its place among the events.

    OpenAI documents the members of an error in the event itself, and sends them in one of their
    own, where its clients look for them.
    """
    error = error_object(problem, "input")
    told = {name: error[name] for name in ("code", "message", "param")}
    event = {"type": "error", "sequence_number": number, **told, "error": error}
    return b"event: error\ndata: " + msgspec.json.encode(event) + b"\n\n"
