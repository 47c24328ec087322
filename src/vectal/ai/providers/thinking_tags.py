"""Thinking that a model writes into its text, between `<think>` and `</think>`."""

from __future__ import annotations

from typing import Final, Literal

_OPEN: Final = "<think>"
_CLOSE: Final = "</think>"


class ThinkingSplitter:
    """Tells thinking from text, however the stream is cut.

    Only a tag at the very start opens thinking: later ones are text that speaks about tags.
    """

    def __init__(self) -> None:
        self._state: Literal["start", "thinking", "gap", "text"] = "start"
        self._held = ""

    def feed(self, text: str) -> list[tuple[bool, str]]:
        """Pieces as (is thinking, text); an undecided rest is held back."""
        self._held += text
        pieces: list[tuple[bool, str]] = []
        if self._state == "start":
            self._begin()
        if self._state == "thinking":
            self._think(pieces)
        if self._state == "gap":
            self._held = self._held.lstrip("\n")
            if self._held:
                self._state = "text"
        if self._state == "text" and self._held:
            pieces.append((False, self._held))
            self._held = ""
        return pieces

    def flush(self) -> list[tuple[bool, str]]:
        """What was held back when the stream ended."""
        held, self._held = self._held, ""
        return [(self._state == "thinking", held)] if held else []

    def _begin(self) -> None:
        bare = self._held.lstrip()
        if bare.startswith(_OPEN):
            self._state = "thinking"
            self._held = bare.removeprefix(_OPEN)
        elif not _OPEN.startswith(bare):
            self._state = "text"

    def _think(self, pieces: list[tuple[bool, str]]) -> None:
        thought, closed, rest = self._held.partition(_CLOSE)
        if closed:
            self._state = "gap"
            self._held = rest
        else:
            kept = _overlap(thought)
            thought, self._held = thought[: len(thought) - kept], thought[len(thought) - kept :]
        if thought:
            pieces.append((True, thought))


def _overlap(text: str) -> int:
    """How many characters at the end of `text` may begin the closing tag."""
    return next((n for n in range(len(_CLOSE) - 1, 0, -1) if text.endswith(_CLOSE[:n])), 0)
