"""The report, put together from what the steps have left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from vectal.research.claims import check_all
from vectal.research.contracts import Notice, NoticeCode, Report
from vectal.research.report.body import Body, tidy
from vectal.research.service.checking import said_of
from vectal.research.service.gathered import Gathered
from vectal.research.service.steps import Draft, Judged, PageDone, Plan, SearchDone
from vectal.research.tables import ResearchRow

_SIMULATED: Final = "No real model was asked: the Simulator wrote this."


def make_report(
    row: ResearchRow,
    found: Gathered,
    draft: Draft,
    judged: Judged,
    *,
    wanted: int,
) -> Report:
    """Takes a while for a long one: call it in a thread. `wanted` are the searches of all plans."""
    known = [source.number for source in draft.sources]
    body = tidy(draft.text, known)
    names = {source.number: source.title for source in draft.sources}
    claims = check_all(said_of(draft), draft.passages, names, judged.judgements)
    notices = [
        *_of_search(row, found.made, found.searches, wanted),
        *_of_reading(row, found.pages, is_rushed=not found.is_in_time),
        *_of_rounds(found),
        *_of_writing(row, draft, judged, body),
    ]
    return Report(
        body=body.markdown,
        written_by=draft.by,
        sources=draft.sources,
        claims=claims,
        notices=tuple(Notice(code, words) for code, words in notices),
        queries=tuple(found.queries),
        follow_ups=tuple(found.follow_ups),
        engines=tuple(dict.fromkeys(each.engine for each in found.searches)),
        model=draft.model,
        simulated=draft.simulated,
    )


def _of_search(
    row: ResearchRow, made: Plan, searches: Sequence[SearchDone], wanted: int
) -> Iterator[tuple[NoticeCode, str]]:
    if made.by == "extract":
        yield "planned_by_rule", f"No model planned the queries. {made.fault}".strip()
    failed = Counter((each.engine, each.fault) for each in searches if each.fault)
    for (engine, fault), count in failed.items():
        yield "engine_failed", f"{engine} did not answer {count} of the searches: {fault}"
    if len(searches) < wanted and row.searches >= row.searches_most:
        yield "limit_searches", f"No more than {row.searches_most} searches were allowed."
    elif len(searches) < wanted:
        yield "limit_cost", f"No more than {row.cost_most_usd.normalize():f} USD were allowed."


def _of_reading(
    row: ResearchRow, pages: Mapping[str, PageDone], *, is_rushed: bool
) -> Iterator[tuple[NoticeCode, str]]:
    unread = sum(page.fault != "" for page in pages.values())
    if unread:
        yield "pages_unread", f"{unread} of {len(pages)} pages could not be read."
    if row.pages >= row.pages_most:
        yield "limit_pages", f"No more than {row.pages_most} pages were allowed."
    if is_rushed:
        yield "time_short", "There was no time for all pages."


def _of_rounds(found: Gathered) -> Iterator[tuple[NoticeCode, str]]:
    if found.fault:
        yield "not_followed_up", f"Nobody looked for what is still missing. {found.fault}"


def _of_writing(
    row: ResearchRow, draft: Draft, judged: Judged, body: Body
) -> Iterator[tuple[NoticeCode, str]]:
    if draft.by == "extract":
        words = f"No model wrote this: it is the sources' own sentences. {draft.fault}"
        yield "written_by_rule", words.strip()
    elif draft.simulated:
        yield "simulated", _SIMULATED
    if draft.is_cut:
        left = f"{row.tokens_most} tokens and {row.cost_most_usd.normalize():f} USD"
        yield "limit_tokens", f"Less was read and written than wanted, to stay below {left}."
    if draft.by == "model" and judged.fault:
        yield "checked_by_rule", f"Claims were checked by rule alone. {judged.fault}"
    if any(source.has_hidden_text for source in draft.sources):
        yield "hidden_text", "A source holds characters that its readers do not see."
    if body.removed:
        yield "links_removed", f"{body.removed} links or images of the text were left out."
