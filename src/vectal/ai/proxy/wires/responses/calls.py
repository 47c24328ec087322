"""Calls of tools in an answer while they are written."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

from vectal.ai.proxy.wires.port import Known
from vectal.ai.proxy.wires.responses.items import Place, Status
from vectal.ai.proxy.wires.responses.tools import INPUT

Json = dict[str, Any]

_HEAD: Final = re.compile(rf'\s*\{{\s*"{INPUT}"\s*:\s*"')
# What of a JSON string is complete: no half of an escape, or of a pair of surrogates.
_READABLE: Final = re.compile(
    r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}'
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*"
)

_MAX_WAITING: Final = 64
"""Longer than any head, and than any escape."""


class CallItem:
    """A call of a function."""

    def __init__(self, place: Place, call_id: str, known: Known) -> None:
        self._place = place
        self._call = _named(call_id, known)
        self._chunks: list[str] = []

    def begin(self) -> bytes:
        return self._place.added({**self.as_json("in_progress"), "arguments": ""})

    def add(self, text: str) -> bytes:
        self._chunks.append(text)
        return self._place.tell("response.function_call_arguments.delta", delta=text)

    def end(self, status: Status) -> bytes:
        item = self.as_json(status)
        whole = item["arguments"]
        done = self._place.tell("response.function_call_arguments.done", arguments=whole)
        return done + self._place.done(item)

    def as_json(self, status: Status) -> Json:
        head: Json = {"id": self._place.item_id, "type": "function_call", "status": status}
        return {**head, **self._call, "arguments": "".join(self._chunks) or "{}"}


class CustomItem:
    """A call of a tool that takes free text: to the model a function, with the text in it."""

    def __init__(self, place: Place, call_id: str, known: Known) -> None:
        self._place = place
        self._call = _named(call_id, known)
        self._text = _Text()

    def begin(self) -> bytes:
        return self._place.added({**self.as_json("in_progress"), "input": ""})

    def add(self, text: str) -> bytes:
        return self._tell(self._text.add(text))

    def end(self, status: Status) -> bytes:
        rest = self._tell(self._text.rest())
        item = self.as_json(status)
        kind = "response.custom_tool_call_input.done"
        return rest + self._place.tell(kind, input=item["input"]) + self._place.done(item)

    def as_json(self, status: Status) -> Json:
        head: Json = {"id": self._place.item_id, "type": "custom_tool_call", "status": status}
        return {**head, **self._call, "input": self._text.whole()}

    def _tell(self, delta: str) -> bytes:
        if not delta:
            return b""
        return self._place.tell("response.custom_tool_call_input.delta", delta=delta)


class _Text:
    """The text in `{"input": "…"}`, as it comes."""

    def __init__(self) -> None:
        self._raw: list[str] = []
        self._waiting = ""
        self._head_is_read = False
        self._said: list[str] = []

    def add(self, raw: str) -> str:
        """What more of the text there is now."""
        self._raw.append(raw)
        if len(self._waiting) > _MAX_WAITING:
            return ""  # nothing complete will come of it
        self._waiting += raw
        if not self._head_is_read:
            head = _HEAD.match(self._waiting)
            if head is None:
                return ""
            self._head_is_read, self._waiting = True, self._waiting[head.end() :]
        readable = _READABLE.match(self._waiting)
        end = readable.end() if readable is not None else 0
        text: str = json.loads(f'"{self._waiting[:end]}"')
        self._waiting = self._waiting[end:]
        self._said.append(text)
        return text

    def rest(self) -> str:
        """What was never said, now that no more comes."""
        said, whole = "".join(self._said), self._meant()
        if not whole.startswith(said):
            return ""
        self._said.append(whole[len(said) :])
        return self._said[-1]

    def whole(self) -> str:
        return "".join(self._said)

    def _meant(self) -> str:
        """The text; what the model wrote where that is no object with a text in it."""
        raw = "".join(self._raw)
        try:
            members = msgspec.json.decode(raw, type=dict[str, Any])
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return "".join(self._said) if self._head_is_read else raw
        text = members.get(INPUT)
        return text if isinstance(text, str) else raw


def _named(call_id: str, known: Known) -> Json:
    call: Json = {"call_id": call_id, "name": known.name}
    return call if known.namespace is None else {**call, "namespace": known.namespace}
