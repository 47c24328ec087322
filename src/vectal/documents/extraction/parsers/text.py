"""Plain text, Markdown and CSV: what is written is what is kept."""

from __future__ import annotations

from typing import Final

from vectal.documents.extraction.contracts import ExtractionOptions, Notice
from vectal.documents.extraction.parsers.contracts import Parsed
from vectal.documents.extraction.parsers.stretches import parsed_of

_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def parse_text(content: bytes, media_type: str, options: ExtractionOptions) -> Parsed:
    del media_type, options
    text, notices = decode(content)
    return parsed_of(text, _title_of(text), notices)


def decode(content: bytes) -> tuple[str, list[Notice]]:
    """By its byte order mark, as UTF-8, or as what Windows in the West writes, with a notice."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _lines(content.decode(encoding, errors="replace")), []
    try:
        return _lines(content.decode()), []
    except UnicodeDecodeError:
        detail = "The text is not UTF-8; it was read as Windows-1252."
        return _lines(content.decode("cp1252", errors="replace")), [
            Notice("encoding_guessed", detail)
        ]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _title_of(text: str) -> str:
    first = text.lstrip().split("\n", 1)[0]
    return first[2:].strip() if first.startswith("# ") else ""
