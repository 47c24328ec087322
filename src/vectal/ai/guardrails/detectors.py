"""Personal data and secrets in a text, by their form and, where there is one, by their checksum.

Every expression is bounded or possessive: the time to look grows with the text and nothing else.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vectal.ai.guardrails.contracts import DataKind


@dataclass(frozen=True, slots=True)
class Finding:
    """Characters `start` to before `end` of the text that was looked at."""

    kind: DataKind
    start: int
    end: int


_EMAIL: Final = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64}+@(?:[^\W_](?:[\w-]{0,61}+)\.){1,8}[^\W\d_]{2,24}(?![\w-])"
)
_PHONE: Final = re.compile(
    r"(?<![\w+.])(?:"
    r"(?:\+|00)[1-9](?:[ .()/-]{0,2}\d){6,14}"  # international
    r"|\(?[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4}"  # North America
    r"|\(?0[1-9]\d{0,3}\)?[ /-]{1,3}\d(?:[ /-]?\d){4,10}"  # national, with its trunk prefix
    r")(?![\w])"
)
_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}")
_CARD: Final = re.compile(r"(?<![\d.,])(?=([2-6](?:[ -]?\d){12,18}(?!\d)))")
_IPV4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV6: Final = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f:]{0,40}:)[0-9A-Fa-f:.]{3,45}+(?![\w:])")
_SECRET: Final = re.compile(
    r"(?<![\w-])(?:"
    r"(?:sk|pk|rk)[-_][\w-]{16,300}+"
    r"|vct_\w{6,300}+"
    r"|gh[pousr]_\w{20,300}+|github_pat_\w{20,300}+|glpat-[\w-]{16,300}+"
    r"|xox[abeprs]-[\w-]{10,300}+"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)"
    r"|AIza[\w-]{30,100}+"
    r"|(?:npm|hf|pypi)[-_]\w{20,300}+"
    r"|eyJ[\w-]{8,4000}+\.eyJ[\w-]{8,8000}+\.[\w-]{8,2000}+"
    r")"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,16000}+(?:-----END [A-Z ]{0,40}KEY-----)?"
)
_IBAN_LENGTHS: Final = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FO", "GL", "NL"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "XK"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "TL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "EG", "GT", "HU", "LB", "NI", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
}
_SHORTEST_CARD: Final = 13


def find(text: str, kinds: Iterable[DataKind]) -> list[Finding]:
    """What was found, from left to right, no two of them overlapping."""
    found: list[Finding] = []
    wanted = set(kinds)
    # One byte a character: comparing findings with each other would grow with their square.
    taken = bytearray(len(text))
    for kind, detect in _DETECTORS.items():
        if kind in wanted:
            for start, end in detect(text):
                if taken.find(1, start, end) < 0:
                    taken[start:end] = b"\x01" * (end - start)
                    found.append(Finding(kind, start, end))
    return sorted(found, key=lambda each: each.start)


def _matching(pattern: re.Pattern[str]) -> Callable[[str], Iterator[tuple[int, int]]]:
    return lambda text: (match.span() for match in pattern.finditer(text))


def _emails(text: str) -> Iterator[tuple[int, int]]:
    return _matching(_EMAIL)(text) if "@" in text else iter(())


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    for match in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(match[0][:2].upper())
        places = [i for i, each in enumerate(match[0]) if each != " "]
        if length is None or length > len(places):
            continue
        end = places[length - 1] + 1
        compact = match[0][:end].replace(" ", "").upper()
        stop = match.start() + end
        if _is_iban(compact) and not text[stop : stop + 1].isalnum():
            yield match.start(), stop


def _is_iban(compact: str) -> bool:
    """ISO 13616: the country and its check digits behind, letters as numbers, 1 modulo 97."""
    moved = compact[4:] + compact[:4]
    return int("".join(str(int(each, 36)) for each in moved)) % 97 == 1


def _cards(text: str) -> Iterator[tuple[int, int]]:
    taken = 0
    for match in _CARD.finditer(text):
        start = match.start()
        if start < taken:
            continue
        places = [start + i for i, each in enumerate(match[1]) if each.isdigit()]
        # What stands behind a card, its month say, may look like more of it.
        for count in range(len(places), _SHORTEST_CARD - 1, -1):
            end = places[count - 1] + 1
            digits = [int(text[place]) for place in places[:count]]
            if not text[end : end + 1].isdigit() and _is_luhn(digits):
                taken = end
                yield start, end
                break


def _is_luhn(digits: list[int]) -> bool:
    doubled = (sum(divmod(each * 2, 10)) for each in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            written = match[0].rstrip(".")
            # Without a digit it is rather a name in some program than an address.
            if any(map(str.isdigit, written)) and _is_address(written):
                yield match.start(), match.start() + len(written)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


# What is surer comes first: digits of a card may look like those of a telephone.
_DETECTORS: Final[dict[DataKind, Callable[[str], Iterator[tuple[int, int]]]]] = {
    "secret": _matching(_SECRET),
    "email": _emails,
    "iban": _ibans,
    "card": _cards,
    "ip": _addresses,
    "phone": _matching(_PHONE),
}
