"""The doors under `/v1` that are called most, as the short way knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vectal.ai.proxy.wires.port import ClientWire
from vectal.ai.proxy.wires.registry import wire

CALL_ACTION: Final = "models.call"


@dataclass(frozen=True, slots=True)
class Door:
    """A route whose calls go the short way, see `gateway.wire_door`."""

    wire: ClientWire
    operation: str
    """The name of its function in `routes`."""
    action: str = CALL_ACTION


DOORS: Final = {
    "/v1/chat/completions": Door(wire("chat_completions"), "create_chat_completion"),
    "/v1/responses": Door(wire("responses"), "create_response"),
    "/v1/messages": Door(wire("messages"), "create_message"),
}
