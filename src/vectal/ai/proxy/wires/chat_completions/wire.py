"""Chat completions as a wire of clients."""

from __future__ import annotations

import msgspec

from vectal.ai.proxy.wires.chat_completions.encoding import ChatCompletionEncoder
from vectal.ai.proxy.wires.chat_completions.reading import read_call
from vectal.ai.proxy.wires.port import AnswerHead, ClientCall, WireName, WireProblem
from vectal.ai.proxy.wires.problems import error_object


class ChatCompletionsWire:
    """What `/v1/chat/completions` speaks."""

    @property
    def name(self) -> WireName:
        return "chat_completions"

    def read(self, body: bytes, default_output_tokens: int) -> ClientCall:
        return read_call(body, default_output_tokens)

    def encoder(self, call: ClientCall, head: AnswerHead) -> ChatCompletionEncoder:
        return ChatCompletionEncoder(head, include_usage=call.include_usage)

    def problem(self, problem: WireProblem, request_id: str) -> bytes:
        del request_id  # it is in a header; this shape has no place for it
        return msgspec.json.encode({"error": error_object(problem)})
