"""The parts of a sentence that a paraphrase may not change: numbers, names, and what is denied."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

_NUMBER: Final = re.compile(
    r"(?P<grouped>\d{1,3}(?P<mark>[.,'\u2019\u00a0\u202f ])\d{3}(?:(?P=mark)\d{3})*)(?!\d)"
    r"(?:[.,](?P<part>\d+))?|(?P<plain>\d+)(?:[.,](?P<rest>\d+))?"
)
_DATE: Final = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{2,4})\b")


def _listed(words: str) -> list[str]:
    return words.split()


_COUNTS: Final = _listed(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen twenty
    """
)
_GERMAN: Final = _listed(
    """
    null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn
    fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig
    """
)
_TENS: Final = {
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80",
    "ninety": "90", "dozen": "12", "twice": "2", "both": "2", "double": "2", "half": "0.5",
    "dreißig": "30", "vierzig": "40", "fünfzig": "50", "sechzig": "60", "deux": "2", "trois": "3",
    "quatre": "4", "cinq": "5", "six": "6", "sept": "7", "huit": "8", "neuf": "9", "dix": "10",
    "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7", "ocho": "8",
    "nueve": "9", "diez": "10",
}  # fmt: skip
_SPOKEN: Final = (
    {word: str(value) for value, word in enumerate(_COUNTS)}
    | {word: str(value) for value, word in enumerate(_GERMAN)}
    | _TENS
)
_UNSURE: Final = frozenset(
    {"one", "eins", "both", "half", "double", "twice", "null", "zero", "dozen"}
)
"""They are not always meant as numbers, so a claim is not held to them."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_TOKEN: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_MEASURE: Final = re.compile(r"(\d[\d.,'\u2019\u00a0\u202f]*|[^\W\d_]+)[\s-]+(?=([^\W\d_]{2,}))")
_CLAUSE: Final = re.compile(
    r"(?<!\d)[,;:()](?!\d)|[,;:()]\s|\s[\u2013\u2014-]\s"
    r"|\b(?:but|however|unless|except|whereas|although|aber|sondern|außer|mais|sauf|pero|salvo)\b",
    re.IGNORECASE,
)

_NOT: Final = frozenset(
    _listed(
        """
    not no never none nobody nothing neither nor cannot without forbidden prohibited
    banned prohibits forbids excluded excludes lacks lack refused refuses denied denies failed
    fails unable impossible nicht kein keine keinen keinem keiner keines nie niemals niemand
    nichts ohne weder verboten untersagt ausgeschlossen unmöglich ne pas jamais aucun aucune
    sans interdit interdite nunca jamás ningún ninguna sin prohibido prohibida non mai nessun
    nessuna senza vietato niet geen nooit niemand zonder verboden não nenhum nenhuma sem
    proibido
    """
    )
)
_SCOPE: Final = 6
_BACK: Final = 3
_CALENDAR: Final = frozenset(
    _listed(
        """
    january february march april may june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday januar februar märz mai juni juli oktober
    dezember montag dienstag mittwoch donnerstag freitag samstag sonntag i ok yes no eur euro
    euros usd gbp chf
    """
    )
)
"""Capital letters that name nobody."""


_MONTHS: Final = {
    month: str(value % 12 + 1)
    for value, month in enumerate(
        _listed(
            """
    january february march april may june july august september october november december
    januar februar märz april mai juni juli august september oktober november dezember
    """
        )
    )
}
"""A claim may write 30.09. for the 30th of September."""


def numbers_of(text: str, *, is_claim: bool = False) -> set[str]:
    """Numbers, written one way: `1,000.50`, `1.000,5` and `1000.5` are the same."""
    dated = _DATE.sub(r"\1 / \2 / \3", text)
    found = {_plain_number(match) for match in _NUMBER.finditer(dated)}
    for word in _WORD.findall(text.casefold()):
        spoken = _SPOKEN.get(word)
        if spoken is not None and not (is_claim and word in _UNSURE):
            found.add(spoken)
        elif not is_claim and word in _MONTHS:
            found.add(_MONTHS[word])
    return found


def names_of(text: str, language: str | None) -> set[str]:
    """Words with a capital letter inside of a sentence, casefolded. German writes all nouns so."""
    if language == "de":
        return set()
    inside: list[str] = []
    for match in _WORD.finditer(text):
        before = text[: match.start()].rstrip(" \"'\u201c\u2018(\u00ab")
        if before and before[-1] not in ".!?:\u2026":
            inside.append(match[0].removesuffix("'s").removesuffix("\u2019s"))
    named = [word for word in inside if word[0].isupper() and len(word) > 1]
    if len(named) * 2 > len(inside):
        return set()  # a heading
    return {word.casefold() for word in named} - _CALENDAR


def measures_of(text: str, stem: Callable[[str], str]) -> dict[str, set[str]]:
    """What is counted, by its stem, and the numbers that stand right before it."""
    found: dict[str, set[str]] = {}
    for match in _MEASURE.finditer(text):
        for number in numbers_of(match[1]):
            found.setdefault(stem(match[2]), set()).add(number)
    return found


def clauses_of(sentence: str) -> list[str]:
    """What a sentence says, one thing at a time."""
    return [clause for clause in _CLAUSE.split(sentence) if clause.strip()]


def denies(clause: str, said: Collection[str], stem: Callable[[str], str]) -> bool:
    """Whether a clause denies something of what is `said` (stems): near its "not"."""
    tokens = _TOKEN.findall(clause.casefold())
    for at, token in enumerate(tokens):
        if not (token in _NOT or token.endswith(("n't", "n\u2019t"))):
            continue
        near = (*tokens[at : at + _SCOPE], *tokens[max(0, at - _BACK) : at])
        if any(stem(word) in said for word in near):
            return True
    return False


def _plain_number(match: re.Match[str]) -> str:
    whole = match["grouped"] or match["plain"]
    digits = "".join(char for char in whole if char.isdigit()).lstrip("0") or "0"
    fraction = (match["part"] or match["rest"] or "").rstrip("0")
    return f"{digits}.{fraction}" if fraction else digits
