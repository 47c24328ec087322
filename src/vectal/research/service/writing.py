"""The draft: sources weighed, their passages chosen, a text written that cites them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from vectal.ai.contracts import AUTO
from vectal.ai.errors import CeilingTooLowError
from vectal.auth.principal import Principal
from vectal.platform.passages.marks import find_marks
from vectal.research.contracts import Depth, Source
from vectal.research.excerpts import choose
from vectal.research.extract import extract
from vectal.research.merging import Candidate
from vectal.research.report.body import tidy
from vectal.research.service.asking import FAST, Asking, Heard
from vectal.research.service.journal import Journal, depth_of
from vectal.research.service.showing import cut_all, sources_of, values_of
from vectal.research.service.steps import Draft, PageDone
from vectal.research.weighing import Weighed, Weight, weigh

_KEY: Final = "draft"
_CHARS: Final[Mapping[Depth, int]] = {"quick": 24_000, "standard": 60_000, "deep": 140_000}
"""Of all passages together."""
_FEWEST_CHARS: Final = 3_000
_WORDS: Final[Mapping[Depth, int]] = {"quick": 250, "standard": 500, "deep": 900}
_TOKENS_A_WORD: Final = 4
"""Citations and other languages than English included."""


async def write(
    asking: Asking,
    journal: Journal,
    principal: Principal,
    question: str,
    queries: Sequence[str],
    candidates: Sequence[Candidate],
    pages: Mapping[str, PageDone],
) -> Draft:
    """By a model that cites; by extraction where none does."""
    found = journal.find(_KEY, Draft)
    if found is not None:
        return found
    await journal.enter("writing")
    depth, today = depth_of(journal.row), journal.clock.now().date()
    sources = sources_of(candidates, pages)
    pieces = await asyncio.to_thread(cut_all, sources)
    chars = _CHARS[depth]
    heard = Heard(None)
    while True:
        passages = await asyncio.to_thread(choose, pieces, question, queries, chars)
        shown = await asyncio.to_thread(_weighed, [s for s, _ in sources], passages, today)
        if not passages:
            break
        heard = await _ask(asking, journal, principal, question, shown, passages)
        is_too_much = isinstance(heard.fault, CeilingTooLowError)
        if not is_too_much or chars // 2 < _FEWEST_CHARS:
            break
        chars //= 2
    is_cut = chars < _CHARS[depth] or isinstance(heard.fault, CeilingTooLowError)
    draft = _drafted(question, shown, passages, heard, is_cut=is_cut)
    await journal.write(_KEY, draft)
    return draft


def _weighed(sources: Sequence[Source], passages: Mapping[int, str], today: date) -> list[Source]:
    """Those of which something is shown, with their weights."""
    shown = [each for each in sources if each.number in passages]
    weights: Mapping[int, Weight] = weigh([_on_scales(each, passages) for each in shown], today)
    return [_with(each, weights[each.number]) for each in shown]


def _on_scales(source: Source, passages: Mapping[int, str]) -> Weighed:
    return Weighed(
        source.number,
        source.site,
        passages[source.number],
        source.published_on,
        source.engines,
        source.is_read,
        source.has_hidden_text,
    )


def _with(source: Source, weight: Weight) -> Source:
    return Source(
        number=source.number,
        url=source.url,
        title=source.title,
        site=source.site,
        published_on=source.published_on,
        is_read=source.is_read,
        has_hidden_text=source.has_hidden_text,
        engines=source.engines,
        weight=weight.value,
        reasons=weight.reasons,
    )


async def _ask(
    asking: Asking,
    journal: Journal,
    principal: Principal,
    question: str,
    sources: Sequence[Source],
    passages: Mapping[int, str],
) -> Heard:
    words = _WORDS[depth_of(journal.row)]
    values = {"step": "write", "question": question, "most": str(words)}
    values |= values_of(sources, passages)
    choice = FAST if journal.row.depth == "quick" else AUTO
    return await asking.ask(journal, principal, values, choice, words * _TOKENS_A_WORD)


def _drafted(
    question: str,
    sources: Sequence[Source],
    passages: Mapping[int, str],
    heard: Heard,
    *,
    is_cut: bool,
) -> Draft:
    """A text that cites nothing was not written from the sources, so it is not taken."""
    known = [source.number for source in sources]
    done = heard.completion
    if done is not None and find_marks(tidy(done.text, known).plain, known):
        return Draft(
            done.text, "model", tuple(sources), dict(passages), done.model, done.simulated,
            is_cut=is_cut,
        )  # fmt: skip
    weights = {source.number: source.weight for source in sources}
    text = extract(question, passages, weights)
    fault = heard.words or "The model cited no source."
    return Draft(text, "extract", tuple(sources), dict(passages), fault=fault, is_cut=is_cut)
