"""The claims of a report, and what their sources say of them: by rule, and by a second model. Pure.

The rules read words, numbers, names and denial (`platform/passages/support.py`). A model reads
meaning, and may be talked into things by a page. So a claim is supported only when neither of the
two speaks against it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vectal.platform.passages.claims import find_claims, sentences_of
from vectal.platform.passages.marks import Mark, find_marks
from vectal.platform.passages.support import Evidence, Verdict, check_together
from vectal.research.contracts import Checked, Claim, Judgement, Standing

MOST_CLAIMS: Final = 200
_FEWEST_WORDS: Final = 4
_WORD: Final = re.compile(r"[^\W_]+")
_HEADING: Final = re.compile(r"\s*#{1,6}\s")
_MARKDOWN: Final = re.compile(r"[*_`#>|~]+|^\s*(?:[-+]|\d{1,9}[.)])\s")
_JUDGED: Final = re.compile(
    r"^\s*(\d{1,4})[.):,]?\s+(yes|no|partly)\b", re.IGNORECASE | re.MULTILINE
)
_WHY: Final[Mapping[str, str]] = {
    "words": "The cited source holds too few of its words.",
    "numbers": "The cited source does not hold its numbers.",
    "names": "The cited source does not hold a name in it.",
    "negation": "The cited source says the opposite.",
    "language": "The cited source is in another language.",
    "nothing_said": "Nothing is said at the citation.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a text says, and the sources that it cites for it."""

    at: int
    text: str
    numbers: tuple[int, ...] = ()


def find_said(text: str, known: Sequence[int]) -> list[Said]:
    """Every sentence that cites, with its sources, and every one that cites none; in order.

    Headings, questions and what leads to a list claim nothing.
    """
    marks = find_marks(text, known)
    cited = [
        Said(
            claim.marks[0].at,
            claim.text,
            tuple(dict.fromkeys(mark.number for mark in claim.marks)),
        )
        for claim in find_claims(text, marks)
    ]
    said = sorted([*cited, *_uncited(text, marks)], key=lambda each: each.at)
    return said[:MOST_CLAIMS]


def _uncited(text: str, marks: Sequence[Mark]) -> list[Said]:
    found: list[Said] = []
    begin = 0
    for line in text.splitlines(keepends=True):
        end = begin + len(line)
        if not _HEADING.match(line):
            here = [mark for mark in marks if begin <= mark.at < end]
            found += _uncited_of(line, begin, here)
        begin = end
    return found


def _uncited_of(line: str, begin: int, marks: Sequence[Mark]) -> list[Said]:
    blank = line
    for mark in marks:
        at, until = mark.at - begin, mark.until - begin
        blank = blank[:at] + " " * (until - at) + blank[until:]
    sentences = sentences_of(blank)
    covered: set[tuple[int, int]] = set()
    for mark in marks:
        at = mark.at - begin
        # A number behind a full stop belongs to the sentence before it.
        here = next(((s, e) for s, e in reversed(sentences) if blank[s:at].strip()), None)
        if here is not None or sentences:
            covered.add(here or sentences[0])
    found: list[Said] = []
    for start, stop in sentences:
        words = " ".join(_MARKDOWN.sub(" ", blank[start:stop]).split())
        is_claim = len(_WORD.findall(words)) >= _FEWEST_WORDS and words[-1] not in ":?"
        if is_claim and (start, stop) not in covered:
            lead = len(blank[start:stop]) - len(blank[start:stop].lstrip())
            found.append(Said(begin + start + lead, words))
    return found


def read_judgements(text: str) -> dict[int, Judgement]:
    """What a second model said, by the number of the claim; what is no judgement is left out."""
    found: dict[int, Judgement] = {}
    for number, word in _JUDGED.findall(text):
        match word.lower():
            case "yes":
                found.setdefault(int(number), "yes")
            case "no":
                found.setdefault(int(number), "no")
            case _:
                found.setdefault(int(number), "partly")
    return found


def check_all(
    said: Sequence[Said],
    passages: Mapping[int, str],
    names: Mapping[int, str],
    judgements: Mapping[int, Judgement],
) -> tuple[Claim, ...]:
    """A claim for each; `judgements` are by its place in `said`, counted from 1."""
    evidence = {n: Evidence(text, names.get(n, "")) for n, text in passages.items()}
    claims: list[Claim] = []
    for place, each in enumerate(said, start=1):
        numbers = [number for number in each.numbers if number in evidence]
        if not numbers:
            claims.append(Claim(each.text, "uncited", "It names no source."))
            continue
        verdicts = check_together(each.text, [evidence[number] for number in numbers])
        claims.append(_claim(each.text, numbers, verdicts, judgements.get(place)))
    return tuple(claims)


def _claim(
    text: str, numbers: Sequence[int], verdicts: Sequence[Verdict], by_model: Judgement | None
) -> Claim:
    by_rule = _rule_of(verdicts)
    standing = stand(by_rule, by_model)
    why = next((verdict.why for verdict in verdicts if verdict.why is not None), None)
    checked = tuple(
        Checked(number, verdict.supported, verdict.why, verdict.quote)
        for number, verdict in zip(numbers, verdicts, strict=True)
    )
    words = _words(standing, by_rule, by_model, why)
    return Claim(text, standing, words, by_model, checked)


def _rule_of(verdicts: Sequence[Verdict]) -> bool | None:
    said = [verdict.supported for verdict in verdicts]
    if True in said:
        return True
    return False if False in said else None


def stand(by_rule: bool | None, by_model: Judgement | None) -> Standing:  # noqa: FBT001 - three states
    """What becomes of a claim by both checks."""
    if by_rule is False:
        return "doubtful" if by_model == "yes" else "unsupported"
    if by_model in {"no", "partly"}:
        return "unsupported" if by_rule is None and by_model == "no" else "doubtful"
    return "supported" if by_rule or by_model == "yes" else "unchecked"


def _words(
    standing: Standing,
    by_rule: bool | None,  # noqa: FBT001 - three states
    by_model: Judgement | None,
    why: str | None,
) -> str:
    told = _WHY.get(why or "", "")
    if standing == "supported":
        both = by_rule and by_model == "yes"
        return "Both checks find it in its source." if both else "Its source says so."
    if standing == "unchecked":
        return f"Nobody could tell. {told}".strip()
    if by_model == "yes":
        return f"A model finds it in its source; by rule it is not there. {told}".strip()
    if by_model in {"no", "partly"} and by_rule:
        found = "only some of it" if by_model == "partly" else "nothing of it"
        return f"Its words stand in the source; a model finds {found} there."
    if by_model == "partly" and by_rule is None:
        return f"A model finds only some of it in its source. {told}".strip()
    return told or "A model does not find it in its source."
