"""Turns and messages as JSON: the one shape for REST, SSE, WebSocket and the frame journal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from vectal.ai.contracts import ModelChoice
from vectal.chat.contracts import Content, Message, TextPiece, ToolPiece, Turn


def choice_json(choice: ModelChoice) -> dict[str, Any]:
    if choice.slot is not None:
        return {"slot": choice.slot}
    if choice.model is not None:
        return {"model": choice.model}
    return {"auto": True}


def choice_from_json(stored: dict[str, Any]) -> ModelChoice:
    return ModelChoice(slot=stored.get("slot"), model=stored.get("model"))


def turn_json(turn: Turn, content: Content | None = None) -> dict[str, Any]:
    """`content` is the answer's, which knows the tool calls."""
    return {
        "id": str(turn.id),
        "conversation_id": str(turn.conversation_id),
        "status": turn.status.value,
        "mode": turn.mode,
        "choice": choice_json(turn.choice),
        "attempt": turn.attempt,
        "model": turn.model,
        "provider": turn.provider,
        "slot": turn.slot,
        "simulated": turn.simulated,
        "route_reason": turn.route_reason,
        "usage": turn.usage,
        "cost_usd": None if turn.cost_usd is None else float(turn.cost_usd),
        "first_token_ms": turn.first_token_ms,
        "duration_ms": turn.duration_ms,
        "finish_reason": turn.finish_reason,
        "ledger": turn.ledger,
        "error": turn.error and {"code": turn.error.code, "detail": turn.error.detail},
        "tool_calls": [tool_json(tool) for tool in content.tools] if content else [],
        "created_at": _time(turn.created_at),
        "ended_at": turn.ended_at and _time(turn.ended_at),
    }


def tool_json(tool: ToolPiece) -> dict[str, Any]:
    return {
        "call_id": tool.call_id,
        "name": tool.name,
        "title": tool.title,
        "arguments": tool.arguments,
        "ok": tool.ok,
        "summary": tool.summary,
        "changeset_id": tool.changeset_id and str(tool.changeset_id),
    }


def message_json(message: Message) -> dict[str, Any]:
    content = message.content
    return {
        "id": str(message.id),
        "conversation_id": str(message.conversation_id),
        "parent_id": message.parent_id and str(message.parent_id),
        "role": message.role,
        "text": content.text,
        "reasoning": content.reasoning,
        "parts": [_part_json(part) for part in content.parts],
        "status": message.status,
        "turn_id": message.turn_id and str(message.turn_id),
        "created_at": _time(message.created_at),
        "sibling_ids": [str(sibling) for sibling in message.sibling_ids],
        "turn": turn_json(message.turn, content) if message.turn else None,
    }


def _part_json(part: TextPiece | ToolPiece) -> dict[str, Any]:
    if isinstance(part, TextPiece):
        return {"type": "text", "text": part.text}
    return {"type": "tool", "call_id": part.call_id}


def _time(at: datetime) -> str:
    """As pydantic writes it, so that a time reads the same through every door."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
