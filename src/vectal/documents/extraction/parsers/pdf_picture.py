"""One page of a PDF as pdfium shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pypdfium2 as pdfium

from vectal.documents.extraction.contracts import PageMissing
from vectal.documents.extraction.faults import ParseFault

if TYPE_CHECKING:
    from PIL import Image


def render_page(
    content: bytes, number: int, scale_of: Callable[[float, float], float]
) -> Image.Image | PageMissing:
    """The page in colour; `scale_of` gives pixels a point for its width and height in points.

    Raises `ParseFault`.
    """
    try:
        document = pdfium.PdfDocument(content)
        if number > len(document):
            return PageMissing(len(document))
        page = document[number - 1]
        width, height = page.get_size()
    except pdfium.PdfiumError as error:
        encrypted = "password" in str(error).lower() or "security" in str(error).lower()
        raise ParseFault("encrypted" if encrypted else "damaged") from error
    bitmap = cast("Any", page).render(scale=scale_of(width, height))  # its stubs want a whole one
    return cast("Image.Image", bitmap.to_pil()).convert("RGB")
