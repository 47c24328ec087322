"""XLSX: a page a sheet, its name as the heading, its cells as a table."""

from __future__ import annotations

import re
from typing import Final

from vectal.documents.extraction.contracts import ExtractionOptions
from vectal.documents.extraction.parsers.contracts import Parsed
from vectal.documents.extraction.parsers.flowing import read
from vectal.documents.extraction.parsers.package import Package, attributes_of
from vectal.documents.extraction.parsers.stretches import parsed_of, parsed_pages, stretches_of

_SHEET: Final = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")


def parse_sheets(content: bytes, media_type: str, options: ExtractionOptions) -> Parsed:
    document = read(content, media_type, options.limits, pages=True)
    title = document.metadata.title or ""
    if not document.pages:
        return parsed_of(document.content, title)
    tags = _SHEET.findall(Package(content).read("xl/workbook.xml"))
    names = [attributes_of(tag).get("name", "") for tag in tags]
    texts: list[str] = []
    for index, page in enumerate(document.pages):
        name = names[index] if len(names) == len(document.pages) else ""
        body = page.content.removeprefix(f"## {name}").strip()
        text = f"## {name}\n\n{body}\n" if name else page.content
        if len(text) > options.limits.page_chars:  # a sheet may have a million rows
            texts += stretches_of(text)
        else:
            texts.append(text)
    return parsed_pages(texts, title)
