"""A text that a regular expression matches, for those that are written as most are.

It reads the pattern once and writes the first branch of everything. What it does not know it
guesses or gives up on: whoever asks checks the text with a real engine.
"""

from __future__ import annotations

from typing import Final

_LONGEST: Final = 2_000
_DEEPEST: Final = 30
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_.,:;/+@#!"
_LETTERS: Final = _ALPHABET[:52]
_DIGITS: Final = _ALPHABET[52:62]
_WORD: Final = _ALPHABET[:62] + "_"
_KINDS: Final = {
    "d": _DIGITS,
    "w": _WORD,
    "s": " \t\n",
    "D": "".join(c for c in _ALPHABET if c not in _DIGITS),
    "W": "".join(c for c in _ALPHABET if c not in _WORD),
    "S": _ALPHABET.replace(" ", ""),
}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_NOWHERE: Final = frozenset("bBAZzG")
_CODES: Final = {"x": 2, "u": 4}


def spelled(pattern: str, more: int = 0, at: int = 0) -> str | None:
    """A likely match, each part `more` times than needed; None when there is none to think of.

    `at` picks other letters of a class, so that the texts of a list differ.
    """
    if len(pattern) > _LONGEST:
        return None
    reader = _Reader(pattern, more, at)
    try:
        text = reader.alternatives(0)
    except (_OddError, IndexError, ValueError):
        return None
    return text if reader.is_read else None


class _OddError(Exception):
    """The pattern is not written as this module reads it."""


class _Reader:
    def __init__(self, pattern: str, more: int, at: int) -> None:
        self._pattern = pattern
        self._more = more
        self._left = at
        self._position = 0

    @property
    def is_read(self) -> bool:
        return self._position == len(self._pattern)

    def alternatives(self, depth: int) -> str:
        """The first of the branches; the others are read over."""
        if depth > _DEEPEST:
            raise _OddError
        first = self._sequence(depth)
        while self._next_is("|"):
            self._sequence(depth)
        return first

    def _sequence(self, depth: int) -> str:
        out: list[str] = []
        length = 0
        while not self.is_read and self._pattern[self._position] not in "|)":
            piece, choices = self._atom(depth)
            least, most = self._times()
            times = least if most is not None and most <= least else least + self._more
            times = times if most is None else min(times, most)
            length += times * max(1, len(piece))
            if length > _LONGEST:
                raise _OddError
            out.append(self._varied(piece, choices, times))
        return "".join(out)

    def _varied(self, piece: str, choices: str, times: int) -> str:
        """`at` written with what a class has, over all classes of the pattern."""
        if len(choices) < 2 or not self._left:  # noqa: PLR2004  (two are a choice)
            return piece * times
        letters: list[str] = []
        for _ in range(times):
            self._left, place = divmod(self._left, len(choices))
            letters.append(choices[place])
        return "".join(letters)

    def _atom(self, depth: int) -> tuple[str, str]:
        """What is written for it, and what else could stand there if it is one letter."""
        sign = self._take()
        match sign:
            case "^" | "$":
                return "", ""
            case ".":
                return "s", _LETTERS
            case "(":
                return self._group(depth), ""
            case "[":
                choices = self._class()
                return choices[0], choices
            case "\\":
                choices = self._escaped()
                return choices[:1], choices
            case _:
                return sign, ""

    def _group(self, depth: int) -> str:
        looks = False
        if self._next_is("?"):
            sign = self._take()
            if sign == "P":
                sign = self._take()
            if sign == "<" and self._pattern[self._position] not in "=!":
                while self._take() != ">":
                    pass
            elif sign in "<=!":
                looks = True
                self._position += sign == "<"
            elif sign != ":":
                raise _OddError
        text = self.alternatives(depth + 1)
        if self._take() != ")":
            raise _OddError
        return "" if looks else text

    def _class(self) -> str:
        """The letters that may stand there, of those that we would write."""
        negated = self._next_is("^")
        found: list[str] = []
        while not self._next_is("]") or not found:
            sign = self._take()
            letters = self._escaped() if sign == "\\" else sign
            ahead = self._pattern[self._position : self._position + 2]
            if len(letters) == 1 and ahead[:1] == "-" and ahead[1:] not in {"]", ""}:
                self._position += 1
                end = self._take()
                end = self._escaped() if end == "\\" else end
                inside = [c for c in _ALPHABET if letters <= c <= end]
                found.append("".join(inside) or letters)
            else:
                found.append(letters)
        letters = "".join(dict.fromkeys("".join(found)))
        if negated:
            letters = "".join(c for c in _ALPHABET if c not in letters)
        if not letters:
            raise _OddError
        return letters

    def _escaped(self) -> str:
        sign = self._take()
        if sign in _NOWHERE:
            return ""
        if sign in _KINDS:
            return _KINDS[sign]
        if sign in _CODES:
            digits = self._pattern[self._position : self._position + _CODES[sign]]
            self._position += len(digits)
            return chr(int(digits, 16))
        if sign in "pP":
            return self._property(negated=sign == "P")
        if sign in "123456789k":
            raise _OddError
        return _CONTROLS.get(sign, sign)

    def _property(self, *, negated: bool) -> str:
        name = self._take()
        if name == "{":
            name = ""
            while (sign := self._take()) != "}":
                name += sign
        if negated:
            return "-"
        kinds = {"Lu": _LETTERS[26:], "N": _DIGITS, "Nd": _DIGITS, "P": "-.,", "Z": " "}
        return kinds.get(name, _LETTERS)

    def _times(self) -> tuple[int, int | None]:
        """How often at least and at most."""
        least, most = 1, 1
        if self._next_is("*"):
            least, most = 0, None
        elif self._next_is("+"):
            least, most = 1, None
        elif self._next_is("?"):
            least, most = 0, 1
        elif self._next_is("{"):
            end = self._pattern.index("}", self._position)
            low, comma, high = self._pattern[self._position : end].partition(",")
            self._position = end + 1
            least = int(low or 0)
            most = (int(high) if high else None) if comma else least
        else:
            return least, most
        if not self._next_is("?"):
            self._next_is("+")
        return least, most

    def _take(self) -> str:
        self._position += 1
        return self._pattern[self._position - 1]

    def _next_is(self, sign: str) -> bool:
        if self._pattern[self._position : self._position + 1] != sign:
            return False
        self._position += 1
        return True
