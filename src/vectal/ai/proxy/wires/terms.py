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
from vectal.ai.providers.untrusted import as_object
from vectal.ai.proxy.wires.attached import plain
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.usage.fees import US_PERCENT

MOST_ROUNDS: Final = 11
"""Anthropic's loop pauses after ten rounds (platform.claude.com, handling stop reasons), and one
more answers. OpenAI says no number; most of its rounds read far less than a window."""
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
    rb"|file_search|code_interpreter|image_generation|advisor|shell)"
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
    previews: int = 0
    files: int = 0
    code_runs: int = 0
    containers: int = 0
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
        pieces = self.searches, self.previews, self.files, self.code_runs, self.containers
        if not (any(pieces) or self.percent or self.keeps):
            return None
        return Charges(*pieces, int(self.keeps), self.percent)

    def translated(self) -> Terms:
        """Where nothing of it reaches the vendor that the vendor would run."""
        return Terms(percent=self.percent, keeps=self.keeps, added=self.added)


PLAIN: Final = Terms()
_Tools: TypeAlias = Sequence[Raw]


_SILENT: Final = Raw()


class Asked(Struct):
    """The members of a body that say its terms."""

    tools: list[Raw] | None = None
    mcp_servers: list[Raw] | None = None
    max_tool_calls: Raw = _SILENT
    service_tier: Raw = _SILENT
    speed: Raw = _SILENT
    web_search_options: Raw = _SILENT
    inference_geo: Raw = _SILENT
    context_management: Raw = _SILENT
    modalities: Raw = _SILENT
    audio: Raw = _SILENT

    @property
    def says_something(self) -> bool:
        """Most bodies have none of these members; each look into one would cost its time."""
        return not (
            self.tools is None
            and self.mcp_servers is None
            and self.service_tier is _SILENT
            and self.speed is _SILENT
            and self.web_search_options is _SILENT
            and self.inference_geo is _SILENT
            and self.context_management is _SILENT
            and self.modalities is _SILENT
            and self.audio is _SILENT
        )


class _Tool(Struct):
    type: str | None = None
    max_uses: Any = None
    container: Any = None
    environment: Any = None

    @property
    def kind(self) -> str:
        return self.type or ""


_TOOL: Final = msgspec.json.Decoder(_Tool)
_NAMES: Final = msgspec.json.Decoder(list[str])
_NUMBER: Final = msgspec.json.Decoder(int)
_UNREADABLE: Final = _Tool("any")
"""A tool that is not worth the work of reading: it may be any."""
_NO_PRICE: Final = {
    "advisor": "another model answers in it, and what it takes is not in the counts of the call.",
    "image_generation": "what its pictures cost is not in the counts of the call.",
}
_CODE: Final = ("code_interpreter", "shell")
_LOCAL: Final = ("local", None)
_AUTOMATIC: Final = ("auto", "container_auto")
_SMALL: Final = ("1g", None)


def read_terms(asked: Asked, body: bytes) -> Terms:
    """Raises BadCallError for what nobody here can price."""
    terms = _said(asked) if asked.says_something else PLAIN
    if (b"\\u00" in body or b'"ttl"' in body) and _keeps(body):
        terms = terms._replace(keeps=True)
    return terms


def _said(asked: Asked) -> Terms:
    _check(asked)
    tools = asked.tools or ()
    terms = _run_there(asked, tools)
    managed = plain(bytes(asked.context_management), _ESCAPED)
    if managed is None or _COMPACT in managed:
        # It may be summed up before each round, which reads all of it once more.
        summaries = max(1, terms.rounds)
        terms = terms._replace(rounds=2 * summaries, summaries=summaries)
    if bytes(asked.inference_geo) not in _PLAIN_GEO:
        terms = terms._replace(percent=US_PERCENT)
    return terms._replace(added=_added(tools)) if tools else terms


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


def _run_there(asked: Asked, tools: _Tools) -> Terms:
    """What the tools come to that the vendor runs by itself."""
    found = [tool for raw in tools if (tool := _find_run_there(bytes(raw))) is not None]
    if asked.mcp_servers and not found:
        found = [_Tool("mcp_toolset")]
    if not found:
        return PLAIN if bytes(asked.web_search_options) in _UNSAID else Terms(_SEARCH_ROUNDS)
    limit = _limit(asked.max_tool_calls)
    uses = [_uses(tool) for tool in found]
    known = [each for each in uses if each is not None]
    total = limit if limit is not None else sum(known) if len(known) == len(uses) else None
    most = MOST_SEARCHES if limit is None else limit
    pairs = list(zip(found, uses, strict=True))
    return Terms(
        rounds=MOST_ROUNDS if total is None else min(total + 1, MOST_ROUNDS),
        searches=_most(pairs, "web_search", most),
        previews=_most(pairs, "web_search_preview", most),
        files=_most(pairs, "file_search", most),
        code_runs=int(any(_is_of(tool, "code_execution") for tool in found)),
        containers=int(any(_is_of(tool, kind) for tool in found for kind in _CODE)),
    )


def _most(pairs: Sequence[tuple[_Tool, int | None]], kind: str, most: int) -> int:
    """So often the tools of a kind may be used."""
    uses = [used for tool, used in pairs if _is_of(tool, kind)]
    return sum(most if used is None else min(used, most) for used in uses)


def _is_of(tool: _Tool, kind: str) -> bool:
    """OpenAI and Anthropic write days behind the names of their tools."""
    if tool is _UNREADABLE:
        return True
    is_preview = tool.kind.startswith("web_search_preview")
    return tool.kind.startswith(kind) and is_preview == (kind == "web_search_preview")


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
    if _RUN_THERE.match(b'"type":"%b"' % tool.kind.encode()) is None:
        return _UNREADABLE  # it is told somewhere inside, or twice: who knows what is read
    for kind, why in _NO_PRICE.items():
        if tool.kind.startswith(kind):
            raise BadCallError(f"tools: {kind}: {why}", "tools")
    return _in_its_place(tool)


def _in_its_place(tool: _Tool) -> _Tool | None:
    """None for a shell of the client's own. Refuses containers of other prices."""
    where = tool.container if tool.container is not None else tool.environment
    if not tool.kind.startswith(_CODE) or (where is None and tool.kind != "shell"):
        return tool
    read = as_object(where)
    if tool.kind == "shell" and read.get("type") in _LOCAL and not isinstance(where, str):
        return None
    if read.get("type") in _AUTOMATIC and read.get("memory_limit") in _SMALL:
        return tool
    why = "a container is automatic and has 1 GB here; the prices of others are not known."
    raise BadCallError(f"tools: {tool.kind}: {why}", "tools")


def _uses(tool: _Tool) -> int | None:
    most = tool.max_uses
    return most if type(most) is int and 0 <= most <= MOST_SEARCHES else None


def _limit(said: Raw) -> int | None:
    try:
        most = _NUMBER.decode(bytes(said))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return most if 0 <= most <= MOST_SEARCHES else None


def _keeps(body: bytes) -> bool:
    text = plain(body, _ESCAPED)
    return text is None or _KEPT.search(text) is not None


def _added(tools: _Tools) -> int:
    own = sum(not any(name in bytes(tool) for name in _OURS) for tool in tools)
    return TOOL_TOKENS * (1 + own)
