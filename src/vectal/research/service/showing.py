"""What of the pages a model may be shown: which count as sources, and their pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vectal.research.contracts import Source
from vectal.research.excerpts import Piece, cut
from vectal.research.merging import Candidate
from vectal.research.report.body import printable
from vectal.research.service.steps import PageDone


def sources_of(
    candidates: Sequence[Candidate], pages: Mapping[str, PageDone]
) -> list[tuple[Source, str]]:
    """Sources that are not weighed yet, numbered, each with its text."""
    return [_source(n, c, pages.get(c.key)) for n, c in enumerate(_worth(candidates, pages), 1)]


def cut_all(sources: Sequence[tuple[Source, str]]) -> dict[int, list[Piece]]:
    """Takes a while for many: call it in a thread."""
    return {source.number: cut(text) for source, text in sources}


def label_of(source: Source) -> str:
    """What a model is told of where a passage comes from."""
    day = f", {source.published_on}" if source.published_on else ""
    return f"{source.site}{day}: {source.title}"


def values_of(sources: Sequence[Source], passages: Mapping[int, str]) -> dict[str, str]:
    """Passages as the prompts of a research take them, each with where it comes from."""
    values: dict[str, str] = {}
    for source in sources:
        if source.number in passages:
            values[str(source.number)] = passages[source.number]
            values[f"from:{source.number}"] = label_of(source)
    return values


def _worth(candidates: Sequence[Candidate], pages: Mapping[str, PageDone]) -> list[Candidate]:
    """Pages that were read; and where they are few, those of which an engine shows some words."""
    read = [each for each in candidates if each.key in pages and not pages[each.key].fault]
    if len(read) >= 3:  # noqa: PLR2004 - enough to weigh one against another
        return read
    tried = [each for each in candidates if each not in read and each.snippet]
    return [*read, *tried[:5]]


def _source(number: int, candidate: Candidate, page: PageDone | None) -> tuple[Source, str]:
    is_read = page is not None and not page.fault
    title = candidate.title or (page.title if page is not None else "")
    source = Source(
        number=number,
        url=candidate.url,
        title=" ".join(printable(title).split())[:300],
        site=candidate.site,
        published_on=(page.published_on if page else None) or candidate.published_on,
        is_read=is_read,
        has_hidden_text=page.has_hidden_text if page is not None else False,
        engines=candidate.engines,
    )
    return source, page.text if page is not None and is_read else candidate.snippet
