"""The plan: which queries are asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from vectal.auth.principal import Principal
from vectal.platform.crypto.words import words_of
from vectal.platform.passages.language import language_of, small_stems
from vectal.research.contracts import Depth
from vectal.research.report.body import printable
from vectal.research.search import QUERY_CHARS
from vectal.research.service.asking import FAST, Asking
from vectal.research.service.journal import Journal, depth_of
from vectal.research.service.steps import Plan

QUERIES: Final[dict[Depth, int]] = {"quick": 2, "standard": 4, "deep": 8}
_KEY: Final = "plan"
_LEAD: Final = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.):])\s*")
_OPERATORS: Final = re.compile(r"(?:^|\s)(?:[a-z]{2,12}:\S+|![a-z]\S*|[-+](?=\S))", re.IGNORECASE)
_WORDS: Final = 16
_PLAN_TOKENS: Final = 400
_CLAUSE: Final = re.compile(r"[?!;\n]+|\.\s")
_FEWEST: Final = 2


async def plan(
    asking: Asking, journal: Journal, principal: Principal, question: str, room: int
) -> Plan:
    """The queries, not more than there is room for. Where no model plans, a rule does."""
    found = journal.find(_KEY, Plan)
    if found is not None:
        return found
    await journal.enter("planning", number=1)
    most = min(QUERIES[depth_of(journal.row)], room)
    values = {"step": "plan", "question": question, "most": str(most)}
    heard = await asking.ask(journal, principal, values, FAST, _PLAN_TOKENS)
    queries = read_queries(heard.text, most)
    if queries:
        made = Plan(queries, "model")
    else:
        made = Plan(ruled_queries(question, most), "extract", heard.words)
    await journal.write(_KEY, made)
    return made


def read_queries(text: str, most: int) -> tuple[str, ...]:
    """A query a line. Sentences are none: a model that talks has not planned."""
    lines = (tidy_query(line) for line in text.splitlines())
    fit = (line for line in lines if 1 <= len(line.split()) <= _WORDS and line[-1] not in ".:!")
    return _once(fit, most)


def ruled_queries(question: str, most: int) -> tuple[str, ...]:
    """The question, its parts where it has several, and its words without the small ones."""
    whole = " ".join(printable(question).split())
    parts = [part.strip() for part in _CLAUSE.split(whole)]
    parts = [part for part in parts if len(part.split()) >= _FEWEST]
    language = language_of(whole)
    small = small_stems(language)
    bare = [word for word in whole.split() if not small.issuperset(words_of(word, language))]
    several = parts if len(parts) > 1 else []
    return _once((tidy_query(each) for each in (whole, *several, " ".join(bare))), most)


def tidy_query(line: str) -> str:
    """Without what an engine would take for an operator: a page must not steer a search."""
    plain = _LEAD.sub("", " ".join(printable(line).split())).strip("\"'`*“”„ ")
    plain = _OPERATORS.sub(" ", plain)
    return " ".join(plain.split())[:QUERY_CHARS].rstrip()


def _once(queries: Iterable[str], most: int) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for query in queries:
        if query:
            kept.setdefault(query.casefold().rstrip("?"), query)
    return tuple(kept.values())[:most]
