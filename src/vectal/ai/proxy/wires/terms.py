"""On what terms a request asks: what its vendor may do, and charge, beside reading it once.

A vendor that runs tools reads what it has so far anew in each round, and what its tools brought in
with it. What can neither be set aside nor charged rightly is refused by its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Raw, Struct

from vectal.ai.contracts import Charges
from vectal.ai.proxy.wires.attached import plain
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.usage.fees import US_PERCENT

MOST_ROUNDS: Final = 11
"""Anthropic's loop pauses after ten rounds (platform.claude.com, handling stop reasons), and one
more answers. Others say no number."""
MOST_SEARCHES: Final = 100
"""Without `max_uses`: ten in each of ten rounds. No vendor says a number."""
_SEARCH_ROUNDS: Final = 2
"""`web_search_options`: the search comes before the answer."""
TOOL_TOKENS: Final = 1_000
"""What a vendor writes for tools, and for each tool of its own, at most.

Anthropic's prompt for tools has up to 804 tokens, its editor 700, its computer 735 and 499
(platform.claude.com, about-claude/pricing, tool use).
"""
_RUN_THERE: Final = re.compile(
    rb'"type"[ \t\r\n]*:[ \t\r\n]*"(?:web_search|web_fetch|code_execution|mcp|tool_search'
    rb"|file_search|code_interpreter|image_generation|advisor)"
)
_KEPT: Final = re.compile(rb'"ttl"[ \t\r\n]*:[ \t\r\n]*"1(2?)h"')
_ESCAPED: Final = re.compile(rb"\\u00(?:[4-7]|3[0-9])")
"""A letter or digit that needs none."""
_OURS: Final = (b'"function"', b'"input_schema"')
"""Tools that a client describes; vendors know their own."""
_DEARER: Final = frozenset((b'"priority"', b'"fast"'))
"""Of service tiers and speeds."""
_UNSAID: Final = frozenset((b"", b"null"))
_PLAIN_GEO: Final = frozenset((*_UNSAID, b'"global"'))
_MULTIPLE: Final = (
    "it costs a multiple of the prices that are known here, and of what is set aside."
)
_COMPACT: Final = b"compact"


class Terms(NamedTuple):
    """What may come beside the text of a request, its pictures and its answer."""

    rounds: int = 0
    """So often its vendor may read a window. 0: it reads what the request holds, once."""
    searches: int = 0
    code_runs: int = 0
    percent: int = 0
    """On top of the price of all tokens."""
    keeps: bool = False
    """It asks to be kept in the vendor's cache for longer than usual."""
    added: int = 0
    """Tokens that the vendor adds."""
    summaries: int = 0
    """So often the conversation may be summed up on the way, each as long as an answer can be."""

    def charges(self) -> Charges | None:
        """What may be charged beside the plain price of tokens, at most."""
        if not (self.searches or self.code_runs or self.percent or self.keeps):
            return None
        return Charges(self.searches, self.code_runs, int(self.keeps), self.percent)


PLAIN: Final = Terms()
_Tools: TypeAlias = Sequence[Raw]


class Asked(Struct):
    """The members of a body that say its terms."""

    tools: list[Raw] | None = None
    service_tier: Raw = Raw()
    speed: Raw = Raw()
    mcp_servers: list[Raw] | None = None
    web_search_options: Raw = Raw()
    inference_geo: Raw = Raw()
    context_management: Raw = Raw()
    modalities: Raw = Raw()
    audio: Raw = Raw()


class _Tool(Struct):
    type: str | None = None
    max_uses: Any = None


_TOOL: Final = msgspec.json.Decoder(_Tool)
_NAMES: Final = msgspec.json.Decoder(list[str])
_UNREADABLE: Final = _Tool("code_execution")
"""A tool that is not worth the work of reading: it may be any."""


def read_terms(asked: Asked, body: bytes) -> Terms:
    """Raises BadCallError for what nobody here can price."""
    _check(asked)
    tools = asked.tools or ()
    rounds, searches, code_runs = _run_there(asked, tools)
    summaries = 0
    if _COMPACT in bytes(asked.context_management):
        # It may be summed up before each round, which reads all of it once more.
        summaries = max(1, rounds)
        rounds = 2 * summaries
    percent = 0 if bytes(asked.inference_geo) in _PLAIN_GEO else US_PERCENT
    keeps = b"\\u00" in body or b'"ttl"' in body
    return Terms(
        rounds, searches, code_runs, percent, keeps and _keeps(body), _added(tools), summaries
    )


def keeps_half_a_day(body: bytes) -> bool:
    """Whether it asks to be kept in the vendor's cache for twelve hours."""
    return any(found[1] for found in _KEPT.finditer(plain(body, _ESCAPED) or b""))


def _check(asked: Asked) -> None:
    for name, value in (("service_tier", asked.service_tier), ("speed", asked.speed)):
        if bytes(value) in _DEARER:
            raise BadCallError(f"{name}: {_MULTIPLE}", name)
    if bytes(asked.inference_geo) not in _PLAIN_GEO | {b'"us"'}:
        raise BadCallError(
            "inference_geo: its price is only known for 'global' and 'us'.", "inference_geo"
        )
    if bytes(asked.audio) not in _UNSAID | {b"false", b"{}"}:
        raise BadCallError(f"audio: {_MULTIPLE}", "audio")
    modalities = bytes(asked.modalities)
    if modalities in _UNSAID:
        return
    try:
        others = set(_NAMES.decode(modalities)) - {"text"}
    except (msgspec.MsgspecError, ValueError, RecursionError):
        others = {"?"}
    if others:
        why = "answers are text here; sound and pictures cost a multiple of it."
        raise BadCallError(f"modalities: {why}", "modalities")


def _run_there(asked: Asked, tools: _Tools) -> tuple[int, int, int]:
    """Rounds, searches and runs of code of the tools that the vendor runs by itself."""
    found = [tool for raw in tools if (tool := _find_run_there(bytes(raw))) is not None]
    if asked.mcp_servers and not found:
        found = [_Tool("mcp_toolset")]
    rounds = searches = code_runs = 0
    uses: int | None = 0
    for tool in found:
        most, kind = _uses(tool), tool.type or ""
        uses = None if most is None or uses is None else uses + most
        if kind.startswith("advisor"):
            why = "another model answers in it, and what it takes is not in the counts of the call."
            raise BadCallError(f"tools: advisor: {why}", "tools")
        if tool is _UNREADABLE or kind.startswith("web_search"):
            searches += MOST_SEARCHES if most is None else most
        code_runs |= tool is _UNREADABLE or kind.startswith("code_execution")
    if found:
        rounds = MOST_ROUNDS if uses is None else min(uses + 1, MOST_ROUNDS)
    elif bytes(asked.web_search_options) not in _UNSAID:
        rounds = _SEARCH_ROUNDS
    return rounds, searches, code_runs


def _find_run_there(raw: bytes) -> _Tool | None:
    text = plain(raw, _ESCAPED)
    if text is None:
        return _UNREADABLE
    if _RUN_THERE.search(text) is None:
        return None
    try:
        tool = _TOOL.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _UNREADABLE
    told = b'"type":"%b"' % (tool.type or "").encode()
    # Else it is told somewhere inside, or twice: who knows what its vendor reads.
    return tool if _RUN_THERE.match(told) else _UNREADABLE


def _uses(tool: _Tool) -> int | None:
    most = tool.max_uses
    return most if type(most) is int and 0 <= most <= MOST_SEARCHES else None


def _keeps(body: bytes) -> bool:
    text = plain(body, _ESCAPED)
    return text is None or _KEPT.search(text) is not None


def _added(tools: _Tools) -> int:
    if not tools:
        return 0
    own = sum(not any(name in bytes(tool) for name in _OURS) for tool in tools)
    return TOOL_TOKENS * (1 + own)
