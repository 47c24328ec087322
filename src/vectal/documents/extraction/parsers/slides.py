"""PPTX: a page a slide, with what the speaker has noted under it."""

from __future__ import annotations

import html
import re
from typing import Final

from vectal.documents.extraction.contracts import ExtractionOptions
from vectal.documents.extraction.parsers.contracts import Parsed
from vectal.documents.extraction.parsers.flowing import read
from vectal.documents.extraction.parsers.package import Package, attributes_of
from vectal.documents.extraction.parsers.stretches import parsed_of, parsed_pages

_PRESENTATION: Final = "ppt/presentation.xml"
_SLIDE_ID: Final = re.compile(r"<p:sldId\b[^>]*>")
_SHAPE: Final = re.compile(r"<p:sp>.*?</p:sp>|<p:sp\b[^>]*>.*?</p:sp>", re.DOTALL)
_PARAGRAPH: Final = re.compile(r"<a:p>.*?</a:p>|<a:p\b[^>]*>.*?</a:p>", re.DOTALL)
_RUN: Final = re.compile(r"<a:t>([^<]*)</a:t>")


def parse_slides(content: bytes, media_type: str, options: ExtractionOptions) -> Parsed:
    document = read(content, media_type, options.limits, pages=True)
    title = document.metadata.title or ""
    if not document.pages:
        return parsed_of(document.content, title)
    notes = _notes(Package(content))
    texts = [page.content for page in document.pages]
    for index, note in enumerate(notes[: len(texts)]):
        if note:
            texts[index] = f"{texts[index].rstrip()}\n\nSpeaker notes:\n{note}\n"
    return parsed_pages(texts, title)


def _notes(package: Package) -> list[str]:
    """The notes of each slide, in the order of the show."""
    relations = package.relations(_PRESENTATION)
    notes: list[str] = []
    for tag in _SLIDE_ID.findall(package.read(_PRESENTATION)):
        _, slide = relations.get(attributes_of(tag).get("r:id", ""), ("", ""))
        about = [name for kind, name in package.relations(slide).values() if kind == "notesSlide"]
        notes.append(_body(package.read(about[0])) if slide and about else "")
    return notes


def _body(xml: str) -> str:
    """The text of the notes' body; other shapes hold the slide's picture and number."""
    paragraphs = (
        "".join(_RUN.findall(paragraph))
        for shape in _SHAPE.findall(xml)
        if 'type="body"' in shape
        for paragraph in _PARAGRAPH.findall(shape)
    )
    return html.unescape("\n".join(paragraphs)).strip()
