"""The wires by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vectal.ai.proxy.wires.chat_completions.wire import ChatCompletionsWire
from vectal.ai.proxy.wires.messages.wire import MessagesWire
from vectal.ai.proxy.wires.port import ClientWire, WireName
from vectal.ai.proxy.wires.responses.wire import ResponsesWire

_WIRES: Final[Mapping[WireName, ClientWire]] = {
    "chat_completions": ChatCompletionsWire(),
    "messages": MessagesWire(),
    "responses": ResponsesWire(),
}


def wire(name: WireName) -> ClientWire:
    """The wire of this name; it holds no state, so one serves all."""
    return _WIRES[name]
