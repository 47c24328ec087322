"""Tesseract: finds which way is up, straightens, reads line by line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import tesserocr
from PIL import Image

from vectal.documents.extraction.ocr.lines import Line, Reading, Turn
from vectal.documents.extraction.ocr.slant import slant_of

_SURE_OF_DIRECTION: Final = 2.0
_SLANT: Final = 0.35
"""Degrees from which on straightening pays; engines read lines of less as they are."""
_WHITE: Final = 255


def data_folder() -> Path:
    """Where the packages of language data put their files."""
    return Path(sys.prefix) / "share" / "tessdata"


def installed_languages() -> frozenset[str]:
    return frozenset(path.stem for path in data_folder().glob("*.traineddata")) - {"osd"}


def read(image: Image.Image, languages: tuple[str, ...], dpi: int) -> Reading:
    """Lines in reading order. `image` is grey; `languages` are installed ones."""
    turns: list[Turn] = []
    quarter = _direction(image, dpi)
    if quarter:
        image = _turn(image, quarter, turns)
    slant = slant_of(image)
    if abs(slant) >= _SLANT:
        image = _turn(image, slant, turns)
    with _engine("+".join(languages), tesserocr.PSM.AUTO) as engine:
        _show(engine, image, dpi)
        engine.Recognize()
        return Reading(tuple(_lines(engine)), tuple(turns))


def _engine(languages: str, mode: tesserocr.PSM) -> Any:
    """Any: the library's own stubs deny the None that some of its methods return."""
    return tesserocr.PyTessBaseAPI(path=str(data_folder()), lang=languages, psm=mode)


def _show(engine: Any, image: Image.Image, dpi: int) -> None:
    engine.SetImage(image)
    engine.SetSourceResolution(dpi)


def _turn(image: Image.Image, degrees: float, turns: list[Turn]) -> Image.Image:
    turned = image.rotate(degrees, expand=True, fillcolor=_WHITE, resample=Image.Resampling.BICUBIC)
    turns.append(Turn(degrees, image.size, turned.size))
    return turned


def _direction(image: Image.Image, dpi: int) -> int:
    """Degrees against the clock that put the page upright: 0, 90, 180 or 270."""
    if not (data_folder() / "osd.traineddata").exists():
        return 0
    # Only with its own data alone: with a language beside, the library aborts the process.
    with _engine("osd", tesserocr.PSM.OSD_ONLY) as engine:
        _show(engine, image, dpi)
        found = engine.DetectOrientationScript()
    if not found or found["orient_conf"] < _SURE_OF_DIRECTION:
        return 0
    return int(found["orient_deg"]) % 360


def _lines(engine: Any) -> list[Line]:
    lines: list[Line] = []
    iterator = engine.GetIterator()
    if iterator is None:
        return lines
    level = tesserocr.RIL.TEXTLINE
    while True:
        box = iterator.BoundingBox(level)
        text = (iterator.GetUTF8Text(level) or "").strip() if box else ""
        if box and text:
            opens = bool(iterator.IsAtBeginningOf(tesserocr.RIL.PARA))
            confidence = min(1.0, max(0.0, iterator.Confidence(level) / 100))
            lines.append(Line(" ".join(text.split()), box, confidence, opens))
        if not iterator.Next(level):
            return lines
