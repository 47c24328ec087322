"""The way through one document and its attachments, page by page."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from vectal.documents.extraction.contracts import (
    Detected,
    ExtractionEvent,
    ExtractionOptions,
    Finished,
    Notice,
    Page,
    PartFailed,
    PartStarted,
    Progress,
)
from vectal.documents.extraction.detect import Finding, detect
from vectal.documents.extraction.faults import ParseFault
from vectal.documents.extraction.parsers import open_document
from vectal.documents.extraction.parsers.contracts import Attachment, Parsed


class _Walk:
    """Numbers pages and parts through the whole document."""

    def __init__(self, options: ExtractionOptions) -> None:
        self._options = options
        self._limits = options.limits
        self._pages = 0
        self._total = 0
        self._parts = 0
        self._chars = 0
        self._saw_text = False
        self._notices: list[Notice] = []

    def document(self, content: bytes) -> Iterator[ExtractionEvent]:
        finding = detect(content, self._options.name, self._limits)
        yield Detected(finding.kind, finding.media_type)
        self._note(finding, "")
        parsed = open_document(finding, content, self._options)
        yield from self._part(parsed, 0, depth=0)
        if not self._saw_text and self._options.start_page == 1:
            self._notices.append(Notice("page_without_text", "No text was found in the file."))
        yield Finished(self._pages, parsed.title.strip()[:500], tuple(self._notices))

    def _part(self, parsed: Parsed, number: int, depth: int) -> Iterator[ExtractionEvent]:
        first = self._pages
        self._total += parsed.page_count
        self._refuse_more_than(self._total)
        for index in range(parsed.page_count):
            self._pages = first + index + 1
            if self._pages < self._options.start_page:
                continue
            page = _load(parsed, index, is_whole=depth == 0)
            self._chars += len(page.text)
            self._saw_text = self._saw_text or bool(page.text.strip())
            if self._chars > self._limits.text_chars:
                raise ParseFault("too_large_unpacked")
            yield msgspec.structs.replace(
                page, number=self._pages, part=number, part_page=index + 1
            )
            yield Progress(self._pages, self._total)
        self._notices += [
            msgspec.structs.replace(notice, page=notice.page and notice.page + first)
            for notice in parsed.notices
        ]
        for attachment in parsed.attachments:
            yield from self._attachment(attachment, number, depth + 1)

    def _attachment(
        self, attachment: Attachment, parent: int, depth: int
    ) -> Iterator[ExtractionEvent]:
        name = attachment.name[:200]
        if depth > self._limits.nesting or self._parts >= self._limits.parts:
            reason = "nested too deep" if depth > self._limits.nesting else "one of too many"
            self._notices.append(Notice("attachment_skipped", f"{name}: {reason}"))
            return
        try:
            finding = detect(attachment.content, name, self._limits)
            options = msgspec.structs.replace(self._options, name=name)
            parsed = open_document(finding, attachment.content, options)
            self._refuse_more_than(parsed.page_count + self._total)
        except ParseFault as fault:
            yield PartFailed(parent, name, fault.code, fault.detail)
            return
        self._parts += 1
        yield PartStarted(self._parts, parent, name, finding.kind, finding.media_type)
        self._note(finding, name)
        yield from self._part(parsed, self._parts, depth)

    def _refuse_more_than(self, pages: int) -> None:
        if pages > self._limits.pages:
            raise ParseFault("too_many_pages", f"It has {pages}; {self._limits.pages} are allowed.")

    def _note(self, finding: Finding, name: str) -> None:
        prefix = f"{name}: " if name else ""
        self._notices += [Notice(n.code, prefix + n.detail) for n in finding.notices]


def _load(parsed: Parsed, index: int, *, is_whole: bool) -> Page:
    """A page; an empty one where that of an attachment can't be read, so that numbers hold."""
    try:
        return parsed.load(index)
    except ParseFault as fault:
        if is_whole:
            raise
        parsed.notices.append(Notice("page_unreadable", fault.detail or fault.code, index + 1))
        return Page(number=index + 1, text="")


def walk(content: bytes, options: ExtractionOptions) -> Iterator[ExtractionEvent]:
    """Events from `Detected` to `Finished`. Raises `ParseFault` for the whole document."""
    return _Walk(options).document(content)
