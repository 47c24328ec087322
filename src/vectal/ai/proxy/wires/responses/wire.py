"""Responses as a wire of clients."""

from __future__ import annotations

import msgspec

from vectal.ai.proxy.wires.port import AnswerHead, ClientCall, WireName, WireProblem
from vectal.ai.proxy.wires.problems import error_object
from vectal.ai.proxy.wires.responses.encoding import ResponseEncoder
from vectal.ai.proxy.wires.responses.reading import read_call


class ResponsesWire:
    """What `/v1/responses` speaks."""

    @property
    def name(self) -> WireName:
        return "responses"

    def read(self, body: bytes, default_output_tokens: int) -> ClientCall:
        return read_call(body, default_output_tokens)

    def encoder(self, call: ClientCall, head: AnswerHead) -> ResponseEncoder:
        return ResponseEncoder(call, head)

    def problem(self, problem: WireProblem, request_id: str) -> bytes:
        del request_id  # it is in a header; this shape has no place for it
        return msgspec.json.encode({"error": error_object(problem, "input")})
