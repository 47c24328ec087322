"""A client's body on its way to a provider that speaks the same wire.

Only what must change is changed; every other byte stays as the client wrote it. Bodies hold
whole conversations, so nothing here decodes them further than their members.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Raw, Struct

from vectal.ai.proxy.wires.attached import NOTHING, Attached, find_attached
from vectal.ai.proxy.wires.kept import NO_THREADS, THREAD, WHY, Leaning, kept_member, look
from vectal.ai.proxy.wires.port import BadCallError, WireName
from vectal.ai.proxy.wires.reading import Name, Tokens, read_body
from vectal.ai.proxy.wires.terms import PLAIN, Asked, Terms, read_terms

_MEMBERS: Final = msgspec.json.Decoder(dict[str, Raw])
_KEY: Final = re.compile(rb'[ \t\r\n{,]*"(?:[^"\\]|\\.)*"[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_REST: Final = re.compile(rb"[ \t\r\n]*\}[ \t\r\n]*")
_MOST_CHOICES: Final = 128
_MUCH: Final = frozenset((b'"medium"', b'"high"', b'"xhigh"', b'"max"'))
_EFFORT: Final = re.compile(rb'"effort"[ \t\r\n]*:[ \t\r\n]*"(?:medium|high|xhigh|max)"')
_THINKING: Final = re.compile(rb'"type"[ \t\r\n]*:[ \t\r\n]*"(?:enabled|adaptive)"')


@dataclass(frozen=True, slots=True)
class Peek:
    """What a body says of itself, without the conversation in it."""

    model: str
    stream: bool
    include_usage: bool
    max_output_tokens: int | None
    has_tools: bool
    attached: Attached = NOTHING
    """Pictures and documents of the conversation."""
    terms: Terms = PLAIN
    choices: int = 1
    """So many answers at once."""
    wants_thought: bool = False
    """It asks for more reasoning than a little."""
    kept: str | None = None
    """The member by which a body of responses leans on what only its vendor has."""
    threaded: bool = False
    """As a body of messages, it begins or goes on with a conversation that its vendor keeps."""

    @property
    def has_images(self) -> bool:
        return self.attached.pictures > 0

    @property
    def is_measured(self) -> bool:
        """Whether its bytes tell how much it is."""
        return self.attached == NOTHING and not self.terms.rounds


class _Options(Struct):
    include_usage: bool | None = None


class _Outline(Asked, kw_only=True):
    model: Name
    stream: bool | None = None
    stream_options: _Options | None = None
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    max_output_tokens: Tokens | None = None
    n: Annotated[int, Meta(ge=1, le=_MOST_CHOICES)] | None = None
    messages: Raw = Raw()
    input: Raw = Raw()
    reasoning_effort: Raw = Raw()
    reasoning: Raw = Raw()
    thinking: Raw = Raw()
    output_config: Raw = Raw()
    previous_response_id: Raw = Raw()
    conversation: Raw = Raw()
    prompt: Raw = Raw()
    background: Raw = Raw()
    thread: Raw = Raw()


_OUTLINE: Final = msgspec.json.Decoder(_Outline)


def peek(body: bytes) -> Peek:
    """The outline of a body of any wire; raises BadCallError for what is none."""
    read = read_body(_OUTLINE, body)
    options = read.stream_options
    # The newer of OpenAI's two names counts, as it does there.
    limit = read.max_completion_tokens or read.max_output_tokens or read.max_tokens
    leaning = look(bytes(read.input))
    return Peek(
        model=read.model,
        stream=bool(read.stream),
        include_usage=options is not None and bool(options.include_usage),
        max_output_tokens=limit,
        has_tools=bool(read.tools),
        attached=_attached(read, leaning),
        terms=read_terms(read, body),
        choices=read.n or 1,
        wants_thought=_wants_thought(read),
        kept=_kept(read, leaning),
        threaded=kept_member({THREAD: read.thread}) is not None,
    )


def require_whole(peeked: Peek, wire: WireName) -> None:
    """Refuse a body that leans on what only its vendor has; raises BadCallError."""
    if wire == "responses" and peeked.kept is not None:
        raise BadCallError(f"{peeked.kept}: {WHY[peeked.kept]}", peeked.kept)
    if wire == "messages" and peeked.threaded:
        raise BadCallError(f"{THREAD}: {NO_THREADS}", THREAD)


def _attached(read: _Outline, leaning: Leaning) -> Attached:
    found = find_attached((bytes(read.messages), bytes(read.input)))
    return found if leaning.is_whole else found._replace(documents=True)


def _kept(read: _Outline, leaning: Leaning) -> str | None:
    named = kept_member(
        {
            "previous_response_id": read.previous_response_id,
            "conversation": read.conversation,
            "prompt": read.prompt,
            "background": read.background,
        }
    )
    return named or ("input" if leaning.refers else None)


def _wants_thought(read: _Outline) -> bool:
    """By chat completions, responses and messages, in the order of their words for it."""
    if bytes(read.reasoning_effort) in _MUCH:
        return True
    said = (memoryview(read.reasoning), memoryview(read.output_config))
    if any(_EFFORT.search(part) is not None for part in said):
        return True
    return _THINKING.search(memoryview(read.thinking)) is not None


def replace_model(body: bytes, model: str) -> bytes:
    """The body for `model`; raises BadCallError."""
    members = read_body(_MEMBERS, body)
    if msgspec.json.encode(members) == body:
        # Written as short as it goes, as most clients do, and no member twice: taken apart and put
        # together it is the same to the byte.
        wanted, had = msgspec.json.encode(model), members.get("model")
        if had is None:
            raise BadCallError("model: it is required.", "model")
        if bytes(had) == wanted:
            return body
        members["model"] = Raw(wanted)
        return msgspec.json.encode(members)
    for name, start, end in find_members(body):
        if name == "model":
            return _spliced(body, start, end, model)
    raise BadCallError("model: it is required.", "model")


def with_usage(body: bytes) -> bytes:
    """The body of a chat completions stream, asking for the counts at its end."""
    members = find_members(body)
    for name, start, end in members:
        if name == "stream_options":
            value = body[start:end]
            options = {} if value == b"null" else read_body(_MEMBERS, value)
            return _spliced(body, start, end, {**options, "include_usage": True})
    opened = body.index(b"{") + 1
    more = b"," if members else b""
    return body[:opened] + b'"stream_options":{"include_usage":true}' + more + body[opened:]


def _spliced(body: bytes, start: int, end: int, value: object) -> bytes:
    return body[:start] + msgspec.json.encode(value) + body[end:]


def find_members(body: bytes) -> list[tuple[str, int, int]]:
    """Name and place of every member's value. The values are skipped, not looked into.

    A member that stands there twice is refused: whoever reads the first would serve something
    else than whoever reads the last.
    """
    members = read_body(_MEMBERS, body)
    found: list[tuple[str, int, int]] = []
    at = 0
    for name, value in members.items():
        key = _KEY.match(body, at)
        start = key.end() if key is not None else at
        at = start + len(value)
        if key is None or not body.startswith(bytes(value), start):
            raise _twice()
        found.append((name, start, at))
    if _REST.fullmatch(body, at) is None and members:
        raise _twice()
    return found


def _twice() -> BadCallError:
    return BadCallError("The body names one of its members twice.")
