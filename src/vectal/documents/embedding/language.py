"""How English a short text is, by its small words. Pure."""

from __future__ import annotations

import re
from typing import Final

from vectal.documents.embedding.wordpiece import wordpiece

_WORD: Final = re.compile(r"\w+")
# Words that are small in English and in no other language that the models know.
_SMALL: Final = frozenset(
    (
        *("the", "and", "of", "to", "is", "are", "this", "that", "it", "not", "if", "be", "will"),
        *("how", "what", "when", "where", "which", "who", "why", "do", "does", "did", "can"),
        *("my", "we", "our", "you", "your", "for", "from", "with", "have", "has", "should"),
        *("much", "many", "there"),
    )
)
_SOME: Final = 0.15
_BROKEN: Final = 0.25
_ENOUGH: Final = 3
"""Of fewer words nothing can be said."""


def is_english(text: str) -> bool | None:
    """None when it can't be told: a name, a number, a word or two.

    Words of other languages are in pieces in an English vocabulary, and so are names; hence a
    share of them decides, and only where no small English word is.
    """
    words = _WORD.findall(text.lower())
    if not words:
        return None
    small = sum(word in _SMALL for word in words)
    if small and small >= _SOME * len(words):
        return True
    plain = [word for word in words if not any(char.isdigit() for char in word)]
    if len(plain) < _ENOUGH:
        return None
    broken = sum(len(wordpiece().encode(word).ids) > 1 for word in plain)
    return False if broken >= _BROKEN * len(plain) else None
