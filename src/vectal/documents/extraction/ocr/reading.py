"""Read the picture of one page with the engine that can."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Final

from PIL import Image

from vectal.documents.extraction.contracts import Notice, OcrOptions, Page
from vectal.documents.extraction.ocr import tesseract
from vectal.documents.extraction.ocr.lines import Reading, text_of

if TYPE_CHECKING:
    from vectal.documents.extraction.ocr.photo import PhotoEngine

_DPI: Final = 300
_SHARPEST: Final = 400
_POINTS_PER_INCH: Final = 72.0
_BELIEVABLE: Final = 0.8
"""Share of words that look like words, below which a second opinion is asked for."""
_SURE: Final = 0.75
_FEW_LETTERS: Final = 24
_UNCERTAIN: Final = 0.6


class PageReader:
    """Holds the engines for the pages of one document."""

    def __init__(self, options: OcrOptions, notices: list[Notice]) -> None:
        self.notices = notices
        self._options = options
        self._photo: PhotoEngine | None = None
        installed = tesseract.installed_languages()
        self._languages = tuple(name for name in options.languages if name in installed)
        self._missing = tuple(name for name in options.languages if name not in installed)
        self._told = False

    def read(
        self,
        image: Image.Image,
        dpi: float,
        number: int,
        size: tuple[float, float] | None = None,
    ) -> Page:
        """The page of a picture; `size` in points where the page knows it, else by `dpi`."""
        width, height = size or tuple(side * _POINTS_PER_INCH / dpi for side in image.size)
        if self._options.mode == "off":
            self.notices.append(Notice("page_without_text", "OCR is switched off.", number))
            return Page(number=number, text="", width=width, height=height)
        self._tell_missing()
        reading = self._best(image, round(image.width / width * _POINTS_PER_INCH))
        text, spans = text_of(reading, width / image.width)
        confidence = round(reading.confidence, 3)
        if not text:
            self.notices.append(Notice("page_without_text", "No text was found on it.", number))
        elif confidence < _UNCERTAIN or reading.plausible_share < _UNCERTAIN:
            detail = f"Its text was read with a confidence of {confidence:.0%}."
            self.notices.append(Notice("ocr_uncertain", detail, number))
        return Page(
            number=number,
            text=text,
            width=width,
            height=height,
            spans=spans,
            source="ocr",
            language="+".join(self._languages),
            confidence=confidence,
        )

    def _best(self, image: Image.Image, dpi: int) -> Reading:
        first = Reading(())
        if self._languages:
            grey = image.convert("L")
            first = tesseract.read(grey, self._languages, min(max(dpi, 70), _SHARPEST))
        if not self._options.photos or _is_good(first):
            return first
        engine = self._photo_engine()
        if engine is None:
            return first
        second = engine.read(image)
        return second if second.worth > first.worth else first

    def _photo_engine(self) -> PhotoEngine | None:
        if self._photo is None and importlib.util.find_spec("rapidocr") is not None:
            # Its libraries are 200 MB and an extra: most documents need none of them.
            from vectal.documents.extraction.ocr.photo import PhotoEngine  # noqa: PLC0415

            self._photo = PhotoEngine()
        return self._photo

    def _tell_missing(self) -> None:
        if self._told:
            return
        self._told = True
        if self._missing:
            names = ", ".join(self._missing)
            detail = f"No data for reading {names}; install the package tessdata-fast-<language>."
            self.notices.append(Notice("ocr_language_missing", detail))
        if not self._languages and importlib.util.find_spec("rapidocr") is None:
            self.notices.append(Notice("ocr_unavailable", "Pictures of text can't be read."))


def _is_good(reading: Reading) -> bool:
    """Whether tesseract may be believed. Its confidence alone is high on photos, too."""
    return (
        reading.letters >= _FEW_LETTERS
        and reading.plausible_share >= _BELIEVABLE
        and reading.confidence >= _SURE
    )
