"""What a text of chat completions leans on: pages of the web, and nothing else."""

from __future__ import annotations

from typing import Any

from vectal.ai.contracts_documents import Citation
from vectal.ai.providers.untrusted import as_index, as_object, as_text

Json = dict[str, Any]


def read_annotation(value: object) -> Citation | None:
    """The page; None for any other annotation."""
    read = as_object(value)
    page = as_object(read.get("url_citation"))
    url = as_text(page.get("url"))
    if read.get("type") != "url_citation" or not url:
        return None
    return Citation("web", "", as_text(page.get("title")), url, at=read_span(page))


def read_span(page: Json) -> tuple[int, int] | None:
    start, end = as_index(page.get("start_index")), as_index(page.get("end_index"))
    return (start, end) if start is not None and end is not None else None


def written_page(citation: Citation, span: tuple[int, int]) -> Json | None:
    """The page as vendors of this family write it; None where there is none to name."""
    if not citation.url:
        return None
    start, end = citation.at or span
    title = citation.title or citation.url
    return {"url": citation.url, "title": title, "start_index": start, "end_index": end}
