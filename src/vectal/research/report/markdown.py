"""A report as a Markdown file. Every link in it is one of the sources. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from vectal.research.contracts import Report, Source
from vectal.research.report.body import inline

WARNING: Final = (
    "This report rests on pages that strangers wrote. What they say was checked against them, not"
    " against the world."
)
_CITED: Final = re.compile(r"(?<!\\)\[(\d{1,3}(?:[ \t]*[,;][ \t]*\d{1,3})*)\]")


def to_markdown(question: str, report: Report, ended_at: datetime | None) -> str:
    sources = {source.number: source for source in report.sources}
    parts = [f"# {inline(question)}", f"*{WARNING}*"]
    if report.notices:
        parts.append("\n".join(f"- {inline(notice.words, 600)}" for notice in report.notices))
    parts.append(_linked(report.body, sources))
    if report.unsupported:
        lines = [
            f"- {inline(claim.text, 1_200)} *{inline(claim.words)}*" for claim in report.unsupported
        ]
        parts += ["## What could not be supported", "\n".join(lines)]
    if sources:
        parts += ["## Sources", "\n".join(_source(each) for each in report.sources)]
    parts.append(_made(report, ended_at))
    return "\n\n".join(part for part in parts if part) + "\n"


def _linked(body: str, sources: Mapping[int, Source]) -> str:
    """Numbers in brackets become links to their sources."""

    def link(match: re.Match[str]) -> str:
        numbers = [int(each) for each in re.findall(r"\d+", match[1])]
        return "".join(
            f"[\\[{n}\\]](<{sources[n].url}>)" if n in sources else f"\\[{n}\\]" for n in numbers
        )

    return _CITED.sub(link, body)


def _source(source: Source) -> str:
    title = inline(source.title) or inline(source.site)
    reasons = " ".join(inline(reason.words) for reason in source.reasons)
    weight = f"{source.weight:.2f}"
    link = f"[{title}](<{source.url}>)"
    return f"- \\[{source.number}\\] {link}, {inline(source.site)}. Weight {weight}. {reasons}"


def _made(report: Report, ended_at: datetime | None) -> str:
    day = ended_at.date().isoformat() if ended_at is not None else ""
    if report.written_by == "extract":
        by = "Put together from the sources' own sentences, without a model"
    else:
        by = f"Written by {inline(report.model or 'a model')}"
        by += " (simulated: no real model was asked)" if report.simulated else ""
    engines = ", ".join(report.engines)
    return f"*{by}{f' on {day}' if day else ''}. Searched with {engines}.*"
