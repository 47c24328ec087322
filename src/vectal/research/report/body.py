"""What a model wrote, made harmless: text, headings, lists, bold, and the numbers of sources. Pure.

A model that read a poisoned page may write a link or an image that carries words away when it is
followed or shown. So nothing that leads anywhere is left in a body: the only links of a report are
those to its sources, and we write them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from vectal.platform.passages.marks import find_marks

_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG: Final = re.compile(r"</?[A-Za-z!?][^<>]*>")
_DEFINITION: Final = re.compile(r"^[ \t>]*\[[^\]\n]+\]:[ \t]*\S.*$", re.MULTILINE)
_IMAGE: Final = re.compile(r"!\[([^\]\n]*)\](?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\[[^\]\n]*\])")
_LINK: Final = re.compile(r"(?<!!)\[([^\]\n]*)\]\(([^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)")
_REFERENCE: Final = re.compile(r"\[([^\]\n]*[^\]\d\s,;][^\]\n]*)\]\[[^\]\n]*\]")
_ADDRESS: Final = re.compile(
    r"<?\b(?:[a-z][a-z0-9+.-]{1,20}:/{1,3}|(?:mailto|javascript|data|tel|xmpp|vbscript):)[^\s<>]+>?"
    r"|\bwww\.[^\s<>]+|(?<![\w:/])//[\w-]+\.[^\s<>]+",
    re.IGNORECASE,
)
_NUMBERS: Final = re.compile(r"!?\[\s*\d{1,6}(?:\s*[,;]\s*\d{1,6})*\s*\]")
_RULE: Final = re.compile(r"\s*(?:[-=*_]\s*){3,}")
_FENCE: Final = re.compile(r"\s*(?:`{3,}|~{3,})")
_PREFIX: Final = re.compile(
    r"(?P<indent>\s*)(?:(?P<quote>>[>\s]*))?"
    r"(?:(?P<heading>#{1,6})\s+|(?P<bullet>[-*+])\s+|(?P<item>\d{1,3})[.)]\s+)?"
)
_BOLD: Final = re.compile(r"\*\*(?=\S)([^*\n]{1,400}?)(?<=\S)\*\*")
_SPECIAL: Final = re.compile(r"[\\`*_\[\]|~@$#!^{}]")
_LEADING: Final = re.compile(r"^(\s*)([-+=>]|\d+[.)])(?=\s|$)")
_UNSEEN: Final = frozenset(("Cc", "Cf", "Cn", "Co"))
_LEFT_OUT: Final = "(link left out)"
_MOST_CHARS: Final = 60_000
_DEEPEST: Final = 3


@dataclass(frozen=True, slots=True)
class Body:
    """`plain` is what is checked, `markdown` what is shown; `removed` links and images are gone."""

    plain: str
    markdown: str
    removed: int


def tidy(text: str, known: Collection[int]) -> Body:
    """`known` are the numbers of the sources; other numbers in brackets are dropped."""
    plain, removed = _without_links(printable(text[:_MOST_CHARS]))
    lines = [line for line in plain.splitlines() if not _FENCE.match(line)]
    shaped = [_shaped(line) for line in lines if not _RULE.fullmatch(line) or not line.strip()]
    plain = "\n".join(f"{prefix}{words}" for prefix, words in shaped).strip("\n")
    plain = _known_only(plain, known)
    plain = re.sub(r"\n{3,}", "\n\n", plain).strip()
    return Body(plain, "\n".join(_escaped_line(line, known) for line in plain.split("\n")), removed)


def printable(text: str) -> str:
    """Without characters that nobody sees: controls, zero width, direction, tags."""
    kept = (
        c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cn"}
    )
    return "".join(kept).replace("\t", "    ")


def inline(text: str, limit: int = 300) -> str:
    """A title or a name of a stranger's as one line of Markdown that leads nowhere."""
    line = " ".join(printable(text).split())
    line = _ADDRESS.sub(_LEFT_OUT, line)
    line = line if len(line) <= limit else line[: limit - 1] + "…"
    return escaped(line)


def escaped(text: str) -> str:
    """Text as Markdown that shows just it."""
    plain = _SPECIAL.sub(lambda match: "\\" + match[0], text)
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LEADING.sub(lambda m: m[1] + m[2][:-1] + "\\" + m[2][-1], plain)


def _without_links(text: str) -> tuple[str, int]:
    removed = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal removed
        removed += 1
        return match[1]

    def drop(match: re.Match[str]) -> str:
        nonlocal removed
        removed += 1
        return _LEFT_OUT if match[0].strip() and match.re is _ADDRESS else ""

    # An address that is written in entities is one all the same.
    text = html.unescape(html.unescape(text))
    text = printable(text)
    text = _COMMENT.sub("", text)
    text = _DEFINITION.sub(drop, text)
    for _ in range(_DEEPEST):  # an image may stand within a link
        text = _REFERENCE.sub(keep, _LINK.sub(keep, _IMAGE.sub(keep, text)))
    text = _ADDRESS.sub(drop, text)
    return _TAG.sub("", text), removed


def _known_only(text: str, known: Collection[int]) -> str:
    """Numbers in brackets that no source has look like citations, and are none."""

    def kept(match: re.Match[str]) -> str:
        numbers = [int(each) for each in re.findall(r"\d+", match[0])]
        return "".join(f"[{n}]" for n in dict.fromkeys(numbers) if n in known)

    return re.sub(r"(?<=\S) +(?=[.,;]?$)", "", _NUMBERS.sub(kept, text), flags=re.MULTILINE)


def _shaped(line: str) -> tuple[str, str]:
    """What a line begins with, in the few forms that there are, and its words."""
    match = _PREFIX.match(line)
    if match is None:
        return "", line.strip()
    words = line[match.end() :].strip()
    depth = min(_DEEPEST, len(match["indent"]) // 2)
    if match["heading"]:
        level = min(4, max(2, len(match["heading"])))
        return "#" * level + " ", words.rstrip("# ")
    if match["bullet"]:
        return "  " * depth + "- ", words
    if match["item"]:
        return "  " * depth + f"{match['item']}. ", words
    return "", words


def _escaped_line(line: str, known: Collection[int]) -> str:
    match = re.match(r"(?:#{2,4} | *- | *\d{1,3}\. )", line)
    prefix = match[0] if match else ""
    words = line[len(prefix) :]
    parts: list[str] = []
    at = 0
    spans = sorted({(mark.at, mark.until) for mark in find_marks(words, known)})
    for start, until in spans:
        parts += [_with_bold(words[at:start]), words[start:until]]
        at = until
    return prefix + "".join([*parts, _with_bold(words[at:])])


def _with_bold(text: str) -> str:
    parts: list[str] = []
    at = 0
    for match in _BOLD.finditer(text):
        parts += [escaped(text[at : match.start()]), f"**{escaped(match[1])}**"]
        at = match.end()
    return "".join([*parts, escaped(text[at:])])
