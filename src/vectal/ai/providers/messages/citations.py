"""The five kinds of sources that the messages wire cites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vectal.ai.contracts_documents import Citation, CitationKind
from vectal.ai.providers.untrusted import as_index, as_object, as_text

Json = dict[str, Any]

_SPANS: Final[Mapping[str, tuple[CitationKind, str, str]]] = {
    "char_location": ("characters", "start_char_index", "end_char_index"),
    "page_location": ("pages", "start_page_number", "end_page_number"),
    "content_block_location": ("blocks", "start_block_index", "end_block_index"),
    "search_result_location": ("search_result", "start_block_index", "end_block_index"),
}
_TYPES: Final = {kind: (name, start, end) for name, (kind, start, end) in _SPANS.items()}
_WEB: Final = "web_search_result_location"


def read_citation(value: object) -> Citation | None:
    """The source; None for a kind that came up since."""
    read = as_object(value)
    cited, name = as_text(read.get("cited_text")) or "", read.get("type")
    if name == _WEB:
        return Citation(
            "web",
            cited,
            as_text(read.get("title")),
            as_text(read.get("url")),
            sealed=as_text(read.get("encrypted_index")) or None,
        )
    if not isinstance(name, str) or name not in _SPANS:
        return None
    kind, start, end = _SPANS[name]
    found = kind == "search_result"
    return Citation(
        kind,
        cited,
        as_text(read.get("title" if found else "document_title")),
        as_text(read.get("source")) if found else None,
        as_index(read.get("search_result_index" if found else "document_index")),
        as_index(read.get(start)),
        as_index(read.get(end)),
        file_id=as_text(read.get("file_id")),
    )


def sent_citation(citation: Citation) -> Json | None:
    """As the vendor takes it back; None for what it would refuse."""
    if citation.kind == "web" and citation.sealed is None:
        return None
    written = written_citation(citation)
    written.pop("file_id", None)
    return written


def written_citation(citation: Citation) -> Json:
    """As the vendor writes it. A page that somebody else cited has no seal."""
    if citation.kind == "web":
        return {
            "type": _WEB,
            "cited_text": citation.cited_text,
            "title": citation.title,
            "url": citation.url or "",
            "encrypted_index": citation.sealed or "",
        }
    name, start, end = _TYPES[citation.kind]
    written: Json = {
        "type": name,
        "cited_text": citation.cited_text,
        start: citation.start or 0,
        end: citation.end or 0,
    }
    if citation.kind == "search_result":
        found: Json = {"search_result_index": citation.document or 0}
        return {**written, **found, "source": citation.url or "", "title": citation.title}
    return {
        **written,
        "document_index": citation.document or 0,
        "document_title": citation.title,
        "file_id": citation.file_id,
    }
