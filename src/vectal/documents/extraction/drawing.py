"""Pages as pictures: of a PDF as pdfium shows them, of an image turned upright and made small."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from vectal.documents.extraction.contracts import Drawn, PageMissing, Picture, PictureOptions
from vectal.documents.extraction.detect import detect
from vectal.documents.extraction.faults import ParseFault
from vectal.documents.extraction.judge import TALLEST

if TYPE_CHECKING:
    from PIL import Image

_MOST_PIXELS: Final = 12_000_000
_QUALITY: Final = 86
_EFFORT: Final = 2
"""Of 6. More takes several times as long for a tenth of the size."""
_ORIENTATION: Final = 0x0112
_LYING: Final = frozenset((5, 6, 7, 8))
"""Orientations in which width and height change places."""
_LARGEST_PROFILE: Final = 1 << 20


def draw(content: bytes, options: PictureOptions) -> Drawn:
    """The page that is asked for, without anything that its file says beside it.

    Raises `ParseFault`; `unsupported` for kinds that have no pages to show.
    """
    match detect(content, options.name, options.limits).kind:
        case "pdf":
            return _draw_pdf(content, options)
        case "image":
            return _draw_image(content, options)
        case _:
            raise ParseFault("unsupported", "There is no picture of it.")


def _draw_pdf(content: bytes, options: PictureOptions) -> Drawn:
    # An image does without its library.
    from vectal.documents.extraction.parsers.pdf_picture import render_page  # noqa: PLC0415

    image = render_page(
        content, options.page, lambda width, height: _scale_of(width, height, options)
    )
    if isinstance(image, PageMissing):
        return image
    # Its sides were rounded up, and a pixel too many is one that was not asked for.
    return _saved(image.crop((0, 0, min(image.width, options.width), image.height)), options)


def _scale_of(width: float, height: float, options: PictureOptions) -> float:
    """Pixels a point. Raises `ParseFault` for a page without a size."""
    if not (width > 0 and height > 0):
        raise ParseFault("damaged", "The page has no size.")
    fullest = (_MOST_PIXELS / (width * height)) ** 0.5
    return min(options.width / width, (TALLEST - 1) / height, fullest)


def _draw_image(content: bytes, options: PictureOptions) -> Drawn:
    from PIL import Image, ImageOps  # noqa: PLC0415

    from vectal.documents.extraction.parsers.image import open_image, refuse_large  # noqa: PLC0415

    image, frames = open_image(content, options.limits)
    if options.page > frames:
        return PageMissing(frames)
    try:
        image.seek(options.page - 1)
        refuse_large(image, options.limits)
        profile = image.info.get("icc_profile") if image.mode == "RGB" else None
        width, height = options.width, min(TALLEST, options.width * 2)
        lies = image.getexif().get(_ORIENTATION) in _LYING
        # Small before it is turned: a photo is then never unpacked in full.
        image.thumbnail((height, width) if lies else (width, height), Image.Resampling.LANCZOS)
        shown = ImageOps.exif_transpose(image)
        is_clear = shown.has_transparency_data
        return _saved(shown.convert("RGBA" if is_clear else "RGB"), options, profile)
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise ParseFault("damaged") from error


def _saved(image: Image.Image, options: PictureOptions, profile: object = None) -> Picture:
    """Pixels and, where they need one, the profile of their colours. Nothing else is kept."""
    kept = profile if isinstance(profile, bytes) and len(profile) <= _LARGEST_PROFILE else b""
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY, method=_EFFORT, icc_profile=kept, exif=b"", xmp=b"")
    return Picture(options.page, image.width, image.height, file.getvalue())
