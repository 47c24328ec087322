"""Titles: the first words at once, a model's few words when they come, a person's for good."""

from __future__ import annotations

import re
from typing import Final

MAX_TITLE_CHARS: Final = 200
_WORDS_CHARS: Final = 60
_MODEL_CHARS: Final = 80
# Straight and curly quotes, and the marks of Markdown.
_QUOTES: Final = " \t\"'`*#_\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019"
_SPACES: Final = re.compile(r"\s+")
_LABEL: Final = re.compile(r"^(?:title|subject)\s*:\s*", re.IGNORECASE)


def from_words(text: str) -> str:
    """The first line of a message, cut at a word."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    flat = _SPACES.sub(" ", line).strip()
    if len(flat) <= _WORDS_CHARS:
        return flat
    cut = flat[:_WORDS_CHARS].rsplit(" ", 1)[0] if " " in flat[:_WORDS_CHARS] else flat
    return cut[:_WORDS_CHARS].rstrip(" ,.;:-") + "…"


def from_model(answer: str) -> str:
    """A model's answer as one short line; empty when it gave none."""
    line = next((line for line in answer.splitlines() if line.strip(_QUOTES)), "")
    flat = _LABEL.sub("", _SPACES.sub(" ", line).strip(_QUOTES))
    flat = flat.lstrip(_QUOTES).rstrip(_QUOTES + ".")
    flat = "".join(char for char in flat if char.isprintable())
    return flat if len(flat) <= _MODEL_CHARS else flat[:_MODEL_CHARS].rsplit(" ", 1)[0] + "…"
