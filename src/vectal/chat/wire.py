"""Turns and messages as JSON: the one shape for REST, SSE, WebSocket and the frame journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from vectal.ai.contracts import ModelChoice
from vectal.chat.contracts import Content, Message, TextPiece, ToolPiece, Turn
from vectal.chat.contracts_sources import Citation, Reference, Source


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
        "tainted_by": list(turn.tainted_by),
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
        "attachments": [_reference_json(each, message.gone) for each in content.references],
        "knowledge": content.knowledge,
        "sources": [source_json(each, message.gone) for each in content.sources],
        "citations": _citations_json(content, message.gone),
    }


def source_json(source: Source, gone: frozenset[UUID] = frozenset()) -> dict[str, Any]:
    return {
        "number": source.number,
        "file_id": str(source.file_id),
        "version": source.version,
        "name": source.name,
        "places": [
            {"page": place.page, "start": place.start, "end": place.end} for place in source.places
        ],
        "has_hidden_text": source.has_hidden_text,
        "is_gone": source.file_id in gone,
    }


def _reference_json(reference: Reference, gone: frozenset[UUID]) -> dict[str, Any]:
    return {
        "kind": reference.kind,
        "id": str(reference.id),
        "name": reference.name,
        "is_gone": reference.id in gone,
    }


def _citations_json(content: Content, gone: frozenset[UUID]) -> list[dict[str, Any]]:
    sources = {source.number: source for source in content.sources}
    return [_citation_json(each, sources, gone) for each in content.citations]


def _citation_json(
    citation: Citation, sources: Mapping[int, Source], gone: frozenset[UUID]
) -> dict[str, Any]:
    """What a file said that is gone is said no more."""
    source = sources[citation.number]
    is_gone = source.file_id in gone
    return {
        "number": citation.number,
        "at": citation.at,
        "until": citation.until,
        "supported": citation.supported,
        "why": citation.why,
        "file_id": str(source.file_id),
        "version": source.version,
        "name": source.name,
        "quote": "" if is_gone else citation.quote,
        "page": citation.page,
        "start": None if is_gone else citation.start,
        "end": None if is_gone else citation.end,
        "boxes": [] if is_gone else [list(box) for box in citation.boxes],
        "is_gone": is_gone,
    }


def _part_json(part: TextPiece | ToolPiece) -> dict[str, Any]:
    if isinstance(part, TextPiece):
        return {"type": "text", "text": part.text}
    return {"type": "tool", "call_id": part.call_id}


def _time(at: datetime) -> str:
    """As pydantic writes it, so that a time reads the same through every door."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
