"""Words with a mark: `#label`, `+Project`, `p1` and `!!1`."""

import re
from dataclasses import dataclass
from typing import Literal

from vectal.tasks.limits import LABEL_NAME, PROJECT_NAME, is_name
from vectal.tasks.quickadd.words import OPENING_QUOTES, Word

_PRIORITY = re.compile(r"(?:p|!!)(?P<level>[1-4])$", re.IGNORECASE)
_HAS_LETTER = re.compile(r"[^\W\d_]")

type_of_mark = Literal["label", "project", "priority"]


@dataclass(frozen=True, slots=True)
class Mark:
    kind: type_of_mark
    value: str


def read_mark(word: Word) -> Mark | None:
    """Return what a marked word says, or None for a plain one.

    "#1" and "+49" hold no letter: they are numbers that people write, so they stay words.
    """
    if word.escaped:
        return None
    priority = _PRIORITY.match(word.stem)
    if priority:
        return Mark("priority", priority["level"])
    kind = _KINDS.get(word.stem[:1])
    if kind is None:
        return None
    name = word.stem[1:] if word.quoted_name is None else word.quoted_name
    if word.quoted_name is None and not _is_plain_name(name):
        return None
    longest = LABEL_NAME if kind == "label" else PROJECT_NAME
    return Mark(kind, name) if is_name(name, longest) else None


def _is_plain_name(name: str) -> bool:
    return bool(_HAS_LETTER.search(name)) and name[0] not in OPENING_QUOTES


def write_mark(mark: str, name: str) -> str:
    """Return the mark with its name as quick add reads it back."""
    plain = Word(0, len(name) + 1, mark + name, "")
    read = read_mark(plain)
    if read is not None and not re.search(r"[\s\"“”„\\]|[,.;:!?)]$", name):
        return mark + name
    quoted = re.sub(r"([\\\"“”„])", r"\\\1", name)
    return f'{mark}"{quoted}"'


_KINDS: dict[str, Literal["label", "project"]] = {"#": "label", "+": "project"}
