"""What a tool of a server answers, as text for a model. All of it is a stranger's.

Its words stand in the content alone, which is fenced; the summary outlives the fence and is ours.
"""

from __future__ import annotations

import json
from typing import Final, cast

from vectal.ai.contracts import ToolOutput
from vectal.mcp.wire.definitions import visible
from vectal.mcp.wire.messages import Object, Reply

_MOST_PARTS: Final = 100
_MOST_CHARS: Final = 400_000
_ERROR_CHARS: Final = 2_000


def read_answer(reply: Reply) -> ToolOutput:
    """Never raises: what can't be shown is named."""
    if reply.result is None:
        words = visible(reply.error[:_ERROR_CHARS])
        said = f"The server answers with the error {reply.code}: {words}"
        return ToolOutput(said, f"the server answered with the error {reply.code}", ok=False)
    parts = _parts(reply.result)
    text = visible("\n\n".join(parts)[:_MOST_CHARS]) or "(nothing)"
    failed = reply.result.get("isError") is True
    count = len(parts)
    summary = f"{count} part{'' if count == 1 else 's'} of text"
    return ToolOutput(text, f"the tool failed; {summary}" if failed else summary, ok=not failed)


def _parts(result: Object) -> list[str]:
    content = result.get("content")
    entries = cast("list[object]", content) if isinstance(content, list) else []
    parts = [_part(entry) for entry in entries[:_MOST_PARTS]]
    if len(entries) > _MOST_PARTS:
        parts.append(f"({len(entries) - _MOST_PARTS} more parts are left out.)")
    structured = result.get("structuredContent")
    if structured is not None and not entries:
        parts.append(json.dumps(structured, ensure_ascii=False))
    return parts


def _part(entry: object) -> str:
    fields = cast("Object", entry) if isinstance(entry, dict) else {}
    kind, text = fields.get("type"), fields.get("text")
    if kind == "text" and isinstance(text, str):
        return text
    if kind in {"image", "audio"}:
        return f"({kind}, {_words(fields.get('mimeType'))}: not shown)"
    if kind == "resource_link":
        return f"(link to {_words(fields.get('uri'))}: not followed)"
    if kind == "resource" and isinstance(fields.get("resource"), dict):
        inner = cast("Object", fields["resource"])
        inner_text = inner.get("text")
        if isinstance(inner_text, str):
            return f"({_words(inner.get('uri'))})\n{inner_text}"
        return f"({_words(inner.get('uri'))}, {_words(inner.get('mimeType'))}: not shown)"
    return "(a part of a kind that is not known)"


def _words(value: object) -> str:
    return value[:500] if isinstance(value, str) else "unknown"
