"""One parser for each kind of file. All of them run in the locked child only.

A parser's libraries are imported when its kind is met: none of them costs the start of a child
that needs another.
"""

from __future__ import annotations

from vectal.documents.extraction.contracts import ExtractionOptions
from vectal.documents.extraction.detect import Finding
from vectal.documents.extraction.parsers.contracts import Parsed, Parser


def open_document(finding: Finding, content: bytes, options: ExtractionOptions) -> Parsed:
    """Raises `ParseFault`."""
    return _parser_of(finding)(content, finding.media_type, options)


def _parser_of(finding: Finding) -> Parser:
    match finding.kind:
        case "pdf":
            from vectal.documents.extraction.parsers.pdf import parse_pdf as parser  # noqa: PLC0415
        case "image":
            from vectal.documents.extraction.parsers.image import parse_image as parser  # noqa: PLC0415
        case "text" | "markdown" | "csv":
            from vectal.documents.extraction.parsers.text import parse_text as parser  # noqa: PLC0415
        case "mail":
            from vectal.documents.extraction.parsers.mail import parse_mail as parser  # noqa: PLC0415
        case "pptx":
            from vectal.documents.extraction.parsers.slides import parse_slides as parser  # noqa: PLC0415
        case "xlsx":
            from vectal.documents.extraction.parsers.sheets import parse_sheets as parser  # noqa: PLC0415
        case "docx" | "odt" | "epub" | "html" | "rtf":
            from vectal.documents.extraction.parsers.flowing import parse_flowing as parser  # noqa: PLC0415
    return parser
