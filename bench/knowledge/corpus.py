"""The documents that are read: made by code, the same in each run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont
from tests.fixtures.documents import docx, pdf, pptx, saved, xlsx

_WORDS: Final = """
harvest bridge market winter council letter garden museum engine signal harbour kitchen
teacher mountain paper window summer railway station doctor forest island bottle camera
finally quickly between against however because through always never often gentle bright
measured counted written opened carried followed answered promised repaired discovered
""".split()  # noqa: SIM905  (a list of words reads worse)
_DPI: Final = 200
_LETTERS: Final = 34


def _sentences(seed: int, count: int) -> list[str]:
    source = random.Random(seed)  # noqa: S311  (the same text each time)
    return [" ".join(source.choices(_WORDS, k=9)).capitalize() + "." for _ in range(count)]


def documents() -> Iterator[tuple[str, str, bytes, int]]:
    """Kind, file name, content, and how many pages it has."""
    pages = [_sentences(n, 30) for n in range(300)]
    yield "pdf", "report.pdf", pdf(pages), len(pages)
    paragraphs = "".join(
        f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in _sentences(1, 3_000)
    )
    yield "docx", "report.docx", docx(paragraphs), 100
    slides = [(" ".join(_sentences(n, 4)), " ".join(_sentences(n + 1, 3))) for n in range(100)]
    yield "pptx", "talk.pptx", pptx(slides), len(slides)
    rows = [[line, n, n * n] for n, line in enumerate(_sentences(2, 3_000))]
    yield "xlsx", "table.xlsx", xlsx({"Figures": rows}), 60
    body = "".join(f"<p>{line}</p>" for line in _sentences(3, 3_000))
    yield "html", "page.html", f"<html><body>{body}</body></html>".encode(), 100


@dataclass(frozen=True)
class Scan:
    """A picture of a page, and what stands on it."""

    name: str
    text: str
    image: Image.Image


def scans() -> Iterator[Scan]:
    lines = _sentences(11, 22)
    clean = _page(lines)
    text = "\n".join(lines)
    yield Scan("clean", text, clean)
    yield Scan("upside down", text, clean.rotate(180))
    yield Scan("a quarter turned", text, clean.rotate(90, expand=True))
    yield Scan("slanted by 7 degrees", text, clean.rotate(7, expand=True, fillcolor=255))
    yield Scan("noisy", text, _noisy(clean, 0.35))
    yield Scan("faint and noisy", text, _noisy(clean.point(_fade(110)), 0.45))
    left, right = _sentences(12, 40), _sentences(13, 40)
    yield Scan("two columns", "\n".join(left + right), _columns(left, right))
    yield Scan("a photo", text, _photo(clean))


def _page(lines: list[str], size: tuple[int, int] = (1700, 1500)) -> Image.Image:
    page = Image.new("L", size, 255)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(_LETTERS)
    for number, line in enumerate(lines):
        draw.text((130, 120 + number * 56), line, font=font, fill=0)
    return page


def _columns(left: list[str], right: list[str]) -> Image.Image:
    page = Image.new("L", (2200, 1700), 255)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(22)
    for at, lines in ((110, left), (1180, right)):
        for number, line in enumerate(lines):
            draw.text((at, 110 + number * 36), line, font=font, fill=0)
    return page


def _fade(darkest: int) -> list[int]:
    return [darkest + value * (255 - darkest) // 255 for value in range(256)]


def _noisy(page: Image.Image, share: float) -> Image.Image:
    source = random.Random(5)  # noqa: S311  (the same noise each time)
    noise = Image.frombytes("L", page.size, source.randbytes(page.width * page.height))
    return Image.blend(page, noise, share)


def _photo(page: Image.Image) -> Image.Image:
    """Held askew, lit from one side, a little out of focus, and grainy."""
    width, height = page.size
    corners = (40, 20, -60, height + 50, width + 70, height - 30, width - 30, -40)
    paper = page.transform(page.size, Image.Transform.QUAD, corners, fillcolor=90)
    light = Image.linear_gradient("L").resize(page.size).point([90 + v // 2 for v in range(256)])
    dark = Image.new("L", page.size, 30)
    lit = Image.composite(light, dark, paper)
    return _noisy(lit.filter(ImageFilter.GaussianBlur(1.3)), 0.2)


def content_of(scan: Scan) -> bytes:
    return saved(scan.image, "PNG")


def texts(count: int, sentences: int) -> list[str]:
    """Passages for embedding."""
    return [" ".join(_sentences(100 + n, sentences)) for n in range(count)]
