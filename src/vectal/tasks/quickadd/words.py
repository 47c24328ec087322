"""The words of a line, with their places, before anything is understood."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vectal.tasks.limits import LABEL_NAME, PROJECT_NAME, is_name

OPENING_QUOTES = '"\u201c\u201d\u201e'
_CLOSING = '"\u201d\u201c'
# A mark whose name stands in quotes may hold spaces; phones like to curl the quotes.
_QUOTED = re.compile(
    rf"(?P<mark>[+#])[{OPENING_QUOTES}](?P<name>(?:\\.|[^\\{OPENING_QUOTES}])+)[{_CLOSING}]"
    r"(?P<tail>[,.;:!?)]*)(?=\s|$)",
)
_PLAIN = re.compile(r"\S+")
_TAIL = re.compile(r"[,.;:!?)]+$")
# The last dot of "24.12." and of "9 p.m." belongs to the word.
_DOTTED = re.compile(r"\\*(?:\d{1,2}\.\d{1,2}\.|[\d:.]*[ap]\.m\.)$", re.IGNORECASE)
_YEAR = re.compile(r"\d{4}$")
LONGEST_PHRASE = 7


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written: `stem` without the punctuation that trails it, in `text[start:end]`."""

    start: int
    end: int
    stem: str
    tail: str
    escaped: bool = False
    quoted_name: str | None = None

    @property
    def stem_end(self) -> int:
        return self.end - len(self.tail)


def split_words(text: str) -> list[Word]:
    words: list[Word] = []
    position = 0
    while plain := _PLAIN.search(text, position):
        words.append(_read_word(text, plain))
        position = words[-1].end
    return words


def _read_word(text: str, plain: re.Match[str]) -> Word:
    """Read one word; a backslash before a quoted mark keeps the quotes from reaching further."""
    bare = plain[0].lstrip("\\")
    quoted = _QUOTED.match(text, plain.end() - len(bare))
    name = _find_name(quoted) if quoted else None
    if quoted is None or name is None or bare != plain[0]:
        return replace(_read_plain(plain), quoted_name=name)
    tail = quoted["tail"]
    stem = quoted[0][: len(quoted[0]) - len(tail)]
    return Word(plain.start(), quoted.end(), stem, tail, quoted_name=name)


def _find_name(quoted: re.Match[str]) -> str | None:
    name = " ".join(re.sub(r"\\(.)", r"\1", quoted["name"]).split())
    longest = LABEL_NAME if quoted["mark"] == "#" else PROJECT_NAME
    return name if is_name(name, longest) else None


def _read_plain(match: re.Match[str]) -> Word:
    text = match[0]
    trailing = None if _DOTTED.match(text) else _TAIL.search(text)
    tail = trailing[0] if trailing and trailing.start() else ""
    return Word(match.start(), match.end(), text[: len(text) - len(tail)], tail)


def phrase_at(words: Sequence[Word], index: int) -> str:
    """Return the lower-case phrase that begins at a word and ends where punctuation does.

    A comma before a year ("dec 24, 2026") does not end it. An escaped word does.
    """
    parts: list[str] = []
    for offset, word in enumerate(words[index : index + LONGEST_PHRASE]):
        if word.escaped or word.quoted_name is not None:
            break
        parts.append(word.stem.lower())
        if word.tail and not _precedes_year(words, index + offset):
            break
    return " ".join(parts)


def _precedes_year(words: Sequence[Word], index: int) -> bool:
    following = words[index + 1] if index + 1 < len(words) else None
    return words[index].tail == "," and following is not None and bool(_YEAR.match(following.stem))
