"""PDF by pdfium: text with the place of every line, and OCR for pages that are pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

import pypdfium2 as pdfium
import pypdfium2.raw as c

from vectal.documents.extraction.contracts import ExtractionOptions, Notice, Page
from vectal.documents.extraction.faults import ParseFault
from vectal.documents.extraction.ocr.reading import PageReader
from vectal.documents.extraction.parsers.contracts import Parsed
from vectal.documents.extraction.parsers.pdf_lines import page_text

if TYPE_CHECKING:
    from PIL import Image

_DPI: Final = 300.0
_LOWEST_DPI: Final = 72.0
_FEW_CHARS: Final = 16
"""With fewer letters than this, a page that shows something is a picture with a page number."""
_UNREADABLE: Final = re.compile("[\ufffd\ue000-\uf8ff]")
_MOST_OBJECTS: Final = 2_000
_PICTURES: Final = (c.FPDF_PAGEOBJ_IMAGE, c.FPDF_PAGEOBJ_FORM)
_LARGEST_PAGE: Final = 14_400.0
"""Points; the largest page that the format allows."""


def parse_pdf(content: bytes, media_type: str, options: ExtractionOptions) -> Parsed:
    try:
        document = pdfium.PdfDocument(content)
        count = len(document)
    except pdfium.PdfiumError as error:
        return _without_pdfium(content, media_type, options, error)
    notices: list[Notice] = []
    reader = PageReader(options.ocr, notices)

    def load(index: int) -> Page:
        try:
            page = document[index]
        except pdfium.PdfiumError:
            notices.append(Notice("page_unreadable", "The page is damaged.", index + 1))
            return Page(number=index + 1, text="")
        try:
            return _read_page(page, index + 1, options, reader)
        finally:
            page.close()

    title = document.get_metadata_dict().get("Title", "")
    return Parsed(count, load, title, notices)


def _without_pdfium(
    content: bytes, media_type: str, options: ExtractionOptions, error: pdfium.PdfiumError
) -> Parsed:
    """Another reader may make sense of what is left of a file; it has no boxes then."""
    if "password" in str(error).lower() or "security" in str(error).lower():
        raise ParseFault("encrypted") from error
    # Only a file that pdfium refuses pays for the import.
    from vectal.documents.extraction.parsers.flowing import read  # noqa: PLC0415
    from vectal.documents.extraction.parsers.stretches import parsed_of  # noqa: PLC0415

    document = read(content, media_type, options.limits)
    if not document.content.strip():
        raise ParseFault("damaged") from error
    notice = Notice("recovered", "The file is damaged; this is the text that could be saved.")
    return parsed_of(document.content, document.metadata.title or "", [notice])


def _read_page(
    page: pdfium.PdfPage, number: int, options: ExtractionOptions, reader: PageReader
) -> Page:
    width, height = page.get_size()
    if not (0 < width <= _LARGEST_PAGE and 0 < height <= _LARGEST_PAGE):
        reader.notices.append(Notice("page_unreadable", "The page has no size.", number))
        return Page(number=number, text="")
    text, spans, cut = page_text(page, width, height, options.limits.page_chars)
    if cut:
        reader.notices.append(Notice("text_cut", "The page holds too much text.", number))
    if _needs_ocr(page, text, options):
        read = reader.read(_render(page, width, height, options), 0.0, number, (width, height))
        if len(read.text.strip()) >= len(text.strip()):
            return read
    return Page(number=number, text=text, width=width, height=height, spans=spans)


def _needs_ocr(page: pdfium.PdfPage, text: str, options: ExtractionOptions) -> bool:
    if options.ocr.mode != "auto":
        return options.ocr.mode == "always"
    written = sum(map(len, text.split()))
    unreadable = len(_UNREADABLE.findall(text))
    if written >= _FEW_CHARS and unreadable * 4 < written:
        return False
    if written:
        return _has_image(page)
    return bool(c.FPDFPage_CountObjects(page.raw) > 0)  # letters may be drawn as lines


def _has_image(page: pdfium.PdfPage) -> bool:
    count = min(c.FPDFPage_CountObjects(page.raw), _MOST_OBJECTS)
    objects = (c.FPDFPage_GetObject(page.raw, index) for index in range(count))
    return any(c.FPDFPageObj_GetType(item) in _PICTURES for item in objects)


def _render(
    page: pdfium.PdfPage, width: float, height: float, options: ExtractionOptions
) -> Image.Image:
    """The page in grey, as sharp as OCR wants it and as large as memory allows."""
    most = min(options.limits.image_pixels, 40_000_000)
    scale = _DPI / 72.0
    pixels = width * height * scale * scale
    if pixels > most:
        scale *= (most / pixels) ** 0.5
    scale = max(scale, 1.0 / 72.0)
    bitmap = cast("Any", page).render(scale=scale, grayscale=True)  # its stubs want a whole scale
    try:
        return cast("Image.Image", bitmap.to_pil()).convert("RGB")
    finally:
        bitmap.close()
