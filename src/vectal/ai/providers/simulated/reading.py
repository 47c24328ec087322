"""How the Simulator answers from sources: it quotes the sentence with most words of the question.

It cites what it quotes. Asked to "cite badly", it says one more thing, which no source holds, and
cites the last source for it: a demonstration of the check that answers go through.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Final

_SOURCE: Final = re.compile(
    r'<source number="(\d+)" from="([^"]*)"[^>]*>\n(.*?)\n</source>', re.DOTALL
)
_WORD: Final = re.compile(r"[^\W_]{3,}")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n\s*\n")
_MARKS: Final = "#>*- "
"""What begins a heading, a quotation or a list in Markdown."""
_BADLY: Final = re.compile(r"\bcite badly\b", re.IGNORECASE)
_QUOTED: Final = 3
_LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class SeenSource:
    number: int
    text: str


def part_sources(message: str) -> tuple[list[SeenSource], str]:
    """The sources before a question, and the question."""
    found = list(_SOURCE.finditer(message))
    if not found or message[: found[0].start()].strip():
        return [], message
    sources = [SeenSource(int(match[1]), html.unescape(match[3])) for match in found]
    return sources, message[found[-1].end() :].strip()


def quoted_answer(sources: list[SeenSource], question: str) -> str:
    """The nearest sentences, each with its number."""
    wanted = _words(question)
    nearest = [(_nearest(source.text, wanted), source) for source in sources]
    nearest.sort(key=lambda each: -len(_words(each[0]) & wanted))
    lines = [f"{sentence} [{source.number}]" for sentence, source in nearest[:_QUOTED] if sentence]
    answer = "The sources say:\n\n" + "\n".join(f"- {line}" for line in lines)
    if _BADLY.search(question):
        answer += f"\n- Penguins are always exempt from all of this. [{sources[-1].number}]"
    return answer


def _nearest(text: str, wanted: set[str]) -> str:
    sentences = [" ".join(each.split()).lstrip(_MARKS) for each in _SENTENCE.split(text)]
    best = max(sentences, key=lambda each: len(_words(each) & wanted), default="")
    return best[:_LONGEST]


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
