"""Images: pages without text. TIFF and its like may hold several."""

from __future__ import annotations

import io
from typing import Final, cast

from PIL import Image, ImageOps, UnidentifiedImageError

from vectal.documents.extraction.contracts import (
    ExtractionLimits,
    ExtractionOptions,
    Notice,
    Page,
)
from vectal.documents.extraction.faults import ParseFault
from vectal.documents.extraction.ocr.reading import PageReader
from vectal.documents.extraction.parsers.contracts import Parsed

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP")
_ASSUMED_DPI: Final = 150.0
_LOWEST_DPI: Final = 70.0


def parse_image(content: bytes, media_type: str, options: ExtractionOptions) -> Parsed:
    del media_type
    image, frames = open_image(content, options.limits)
    notices: list[Notice] = []
    reader = PageReader(options.ocr, notices)

    def load(index: int) -> Page:
        try:
            image.seek(index)
            refuse_large(image, options.limits)
            dpi = _dpi_of(image)
            shown = ImageOps.exif_transpose(image).convert("RGB")
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            if frames == 1:
                raise ParseFault("damaged") from error
            notices.append(Notice("page_unreadable", "The image is damaged.", index + 1))
            return Page(number=index + 1, text="")
        return reader.read(shown, dpi, index + 1)

    return Parsed(frames, load, notices=notices)


def open_image(content: bytes, limits: ExtractionLimits) -> tuple[Image.Image, int]:
    """An image that nothing is unpacked of yet, and how many there are. Raises `ParseFault`."""
    Image.MAX_IMAGE_PIXELS = None  # we count ourselves, before anything is decoded
    try:
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
        frames = 1 if image.format == "GIF" else int(getattr(image, "n_frames", 1))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise ParseFault("damaged") from error
    refuse_large(image, limits)
    return image, frames


def refuse_large(image: Image.Image, limits: ExtractionLimits) -> None:
    """Raises `ParseFault` for more pixels than are allowed."""
    width, height = image.size
    if width * height > limits.image_pixels:
        raise ParseFault("too_large_unpacked", f"The image has {width} times {height} pixels.")


def _dpi_of(image: Image.Image) -> float:
    stated: object = image.info.get("dpi")
    first: object = (
        cast("tuple[object, ...]", stated)[0] if isinstance(stated, tuple) and stated else 0
    )
    try:
        dpi = float(str(first))
    except ValueError:  # a fraction with nothing below the line
        dpi = 0.0
    return dpi if _LOWEST_DPI <= dpi <= 1_200.0 else _ASSUMED_DPI  # noqa: PLR2004  (no scanner's)
