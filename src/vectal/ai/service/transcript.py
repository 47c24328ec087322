"""Our messages as pydantic-ai's, which the agent loop works on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic_ai.messages import (
    BinaryContent,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ModelResponsePart,
    SystemPromptPart,
    ToolReturnPart,
    UserContent,
    UserPromptPart,
)
from pydantic_ai.messages import TextPart as AgentText
from pydantic_ai.messages import ToolCallPart as AgentCall

from vectal.ai.contracts import ChatMessage, ImagePart, TextPart, ToolCallPart, ToolResultPart


def agent_messages(system: str, messages: Sequence[ChatMessage]) -> list[ModelMessage]:
    """The conversation as the agent takes it up: rules first, the newest question last."""
    return [ModelRequest([SystemPromptPart(system)]), *map(_message, messages)]


def _message(message: ChatMessage) -> ModelMessage:
    if message.role == "assistant":
        return ModelResponse(list(_response_parts(message)))
    if message.role == "tool":
        return ModelRequest(
            [
                ToolReturnPart(part.name, part.content, part.call_id)
                for part in message.parts
                if isinstance(part, ToolResultPart)
            ]
        )
    return ModelRequest([UserPromptPart(_user_content(message))])


def _user_content(message: ChatMessage) -> str | list[UserContent]:
    if not any(isinstance(part, ImagePart) for part in message.parts):
        return message.text
    content: list[UserContent] = []
    for part in message.parts:
        if isinstance(part, TextPart):
            content.append(part.text)
        elif isinstance(part, ImagePart):
            content.append(BinaryContent(part.content, media_type=part.media_type))
    return content


def _response_parts(message: ChatMessage) -> Iterable[ModelResponsePart]:
    # Reasoning of earlier turns stays out: vendors take it back within a turn only, and there
    # the exchange puts it back whole.
    for part in message.parts:
        if isinstance(part, TextPart):
            yield AgentText(part.text)
        elif isinstance(part, ToolCallPart):
            yield AgentCall(part.name, part.arguments, part.call_id)
