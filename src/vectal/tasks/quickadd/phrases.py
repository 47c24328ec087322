r"""The phrases of a line that mean something.

Words are judged from the last to the first, because whether "the 24th" is a date depends on what
follows it. A backslash before a word that would be read keeps it from being read; before any
other word it is text, so that "\\server" stays what it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vectal.tasks.quickadd.calendar import Now
from vectal.tasks.quickadd.dates import DATE_RULES
from vectal.tasks.quickadd.marks import Mark, read_mark
from vectal.tasks.quickadd.readings import DueReading, Rule
from vectal.tasks.quickadd.times import TIME_RULES
from vectal.tasks.quickadd.words import Word, phrase_at, split_words

_REPETITION = frozenset({"every", "each", "ev"})
# What may stand between "every" and the date it repeats.
_REPETITION_FILLER = re.compile(
    r"other|second|third|fourth|last|single|\d+(?:st|nd|rd|th)?|(?:week|work)?days?|weeks?|"
    r"months?|years?|mornings?|afternoons?|evenings?|nights?|of|the|and",
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words `first` up to, not including, `stop`, and what they mean."""

    first: int
    stop: int
    reading: DueReading | Mark


def find_phrases(words: Sequence[Word], now: Now) -> tuple[list[Word], list[Phrase]]:
    """Return the words, those kept by a backslash marked, and the phrases in their order."""
    line = _Line(words, now)
    return line.words, list(line.walk())


def is_readable(text: str, now: Now) -> bool:
    """Tell whether the first word of the text needs a backslash to stay in a title."""
    line = _Line(split_words(text), now)
    first = line.words[0]
    return first.escaped or line.phrases[0] is not None or _repeats(first)


class _Line:
    """For every word the phrase that would begin there."""

    def __init__(self, words: Sequence[Word], now: Now) -> None:
        self._now = now
        self.words = list(words)
        self.phrases: list[Phrase | None] = [None] * len(words)
        # Whether nothing but phrases stands from a word to the end.
        self._closing = [*[False] * len(words), True]
        for index in reversed(range(len(words))):
            self._judge(index)

    def walk(self) -> Iterator[Phrase]:
        index = 0
        while index < len(self.words):
            phrase = self.phrases[index]
            if _repeats(self.words[index]):
                index = self._skip_repetition(index + 1)
            elif phrase:
                yield phrase
                index = phrase.stop
            else:
                index += 1

    def _judge(self, index: int) -> None:
        word = self.words[index]
        if word.stem.startswith("\\"):
            self.words[index] = replace(word, stem=word.stem.lstrip("\\"))
            kept = self._read(index) is not None or _repeats(self.words[index])
            self.words[index] = replace(word, escaped=kept)
            return
        phrase = self._read(index)
        self.phrases[index] = phrase
        self._closing[index] = phrase is not None and self._closing[phrase.stop]

    def _read(self, index: int) -> Phrase | None:
        mark = read_mark(self.words[index])
        return Phrase(index, index + 1, mark) if mark else self._read_due(index)

    def _read_due(self, index: int) -> Phrase | None:
        """Return the longest date or time that begins here."""
        text = phrase_at(self.words, index)
        best: Phrase | None = None
        for one in (*DATE_RULES, *TIME_RULES):
            match = one.pattern.match(text)
            if match is None:
                continue
            stop = index + match[0].count(" ") + 1
            if best is not None and stop <= best.stop:
                continue
            if one.only_at_the_end and not self._closing[stop]:
                continue
            reading = _read(one, match, self._now)
            best = Phrase(index, stop, reading) if reading else best
        return best

    def _skip_repetition(self, index: int) -> int:
        """Pass over what repeats; nobody wants "Stand-up every" due once on monday."""
        while index < len(self.words):
            phrase = self.phrases[index]
            if phrase and isinstance(phrase.reading, DueReading):
                index = phrase.stop
            elif _REPETITION_FILLER.fullmatch(self.words[index].stem.lower()):
                index += 1
            else:
                break
        return index


def _repeats(word: Word) -> bool:
    return not word.escaped and word.stem.lower() in _REPETITION


def _read(one: Rule, match: re.Match[str], now: Now) -> DueReading | None:
    try:
        return one.read(match, now)
    except OverflowError:
        # Beyond the year 9999 there are no dates, so these are words.
        return None
