"""Placeholders that stand for what may not leave, and the way back.

`[EMAIL_1]` is the first address of a call, wherever in it that address stands, and again in the
next call of the same conversation, since both begin alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Final

from vectal.ai.guardrails.contracts import DATA_KINDS, DataKind
from vectal.ai.guardrails.detectors import find

_NAMES: Final = "|".join(kind.upper() for kind in DATA_KINDS)
_PLACEHOLDER: Final = re.compile(rf"\[(?:{_NAMES})_[1-9]\d{{0,8}}\]")
_BEGUN: Final = re.compile(r"\[[A-Z]{0,6}(?:_\d{0,9})?\Z")
"""What may yet become a placeholder, at the end of what has come so far."""


class Placeholders:
    """Of one call. `taken` are texts whose own words must not be read as placeholders of ours."""

    def __init__(self, kinds: Iterable[DataKind], taken: Iterable[str] = ()) -> None:
        self._kinds = tuple(kinds)
        self._written = {name for text in taken for name in _PLACEHOLDER.findall(text)}
        self._names: dict[tuple[DataKind, str], str] = {}
        self._values: dict[str, str] = {}
        self._counts: dict[DataKind, int] = {}

    @property
    def found(self) -> tuple[DataKind, ...]:
        """The kinds of what was hidden."""
        return tuple(self._counts)

    def hide(self, text: str) -> str:
        """The text without what may not leave; the very same object where there is nothing."""
        findings = find(text, self._kinds)
        if not findings:
            return text
        pieces: list[str] = []
        at = 0
        for each in findings:
            pieces += [text[at : each.start], self._name(each.kind, text[each.start : each.end])]
            at = each.end
        return "".join([*pieces, text[at:]])

    def restore(self, text: str) -> str:
        return self._replaced(text, lambda value: value)

    def restore_json(self, text: str) -> str:
        """The same inside JSON: what is put back is written as JSON has it."""
        return self._replaced(text, lambda value: json.dumps(value)[1:-1])

    def _replaced(self, text: str, write: Callable[[str], str]) -> str:
        if not self._values or "[" not in text:
            return text
        return _PLACEHOLDER.sub(
            lambda match: write(self._values[match[0]]) if match[0] in self._values else match[0],
            text,
        )

    def _name(self, kind: DataKind, value: str) -> str:
        name = self._names.get((kind, value))
        if name is None:
            number = self._counts.get(kind, 0) + 1
            while (name := f"[{kind.upper()}_{number}]") in self._written:
                number += 1
            self._counts[kind] = number
            self._names[kind, value] = name
            self._values[name] = value
        return name


class Restorer:
    """Puts values back into a text that comes in pieces, wherever those are cut."""

    def __init__(self, restore: Callable[[str], str]) -> None:
        self._restore = restore
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be shown now."""
        text = self._held + piece
        begun = _BEGUN.search(text, max(0, len(text) - 20))
        cut = len(text) if begun is None else begun.start()
        self._held = text[cut:]
        return self._restore(text[:cut])

    def end(self) -> str:
        """What was held back and has become nothing."""
        held, self._held = self._held, ""
        return held
