"""Messages as a wire of clients."""

from __future__ import annotations

import msgspec

from vectal.ai.proxy.wires.messages.encoding import MessageEncoder
from vectal.ai.proxy.wires.messages.problems import error_body
from vectal.ai.proxy.wires.messages.reading import read_call
from vectal.ai.proxy.wires.port import AnswerHead, ClientCall, WireName, WireProblem


class MessagesWire:
    """What `/v1/messages` speaks."""

    @property
    def name(self) -> WireName:
        return "messages"

    def read(self, body: bytes, default_output_tokens: int) -> ClientCall:
        del default_output_tokens  # this wire makes every client say how much it wants
        return read_call(body)

    def encoder(self, call: ClientCall, head: AnswerHead) -> MessageEncoder:
        del call
        return MessageEncoder(head)

    def problem(self, problem: WireProblem, request_id: str) -> bytes:
        return msgspec.json.encode({"type": "error", **error_body(problem, request_id)})
