"""OCR of pages that are turned, slanted, in columns, noisy, or photographed."""

import random

import pytest
from PIL import Image, ImageFilter
from tests.fixtures.documents import extract, picture, saved

from vectal.documents.extraction.contracts import Box, ExtractionOptions, OcrOptions
from vectal.documents.extraction.ocr.lines import Line, Reading, Turn, text_of

LINES = [
    "The committee met on Tuesday morning",
    "and agreed to build a second bridge",
    "over the river near the old market",
    "before the winter of next year",
]
ONE_ENGINE = ExtractionOptions(ocr=OcrOptions(photos=False))


def _errors(expected: str, read: str) -> float:
    """The share of characters that must be changed (edit distance, white space aside)."""
    first, second = "".join(expected.split()), "".join(read.split())
    row = list(range(len(second) + 1))
    for at, char in enumerate(first, 1):
        previous, row[0] = row[0], at
        for to, other in enumerate(second, 1):
            previous, row[to] = (
                row[to],
                min(row[to] + 1, row[to - 1] + 1, previous + (char != other)),
            )
    return row[-1] / len(first)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 4, -6, 94])
async def test_turned_and_slanted_pages_are_read(degrees: int) -> None:
    image = picture(LINES * 3).rotate(degrees, expand=True, fillcolor=255)
    page = (await extract(saved(image, "PNG"), ONE_ENGINE)).pages[0]
    assert _errors(" ".join(LINES * 3), page.text) < 0.02


@pytest.mark.parametrize("degrees", [90, 180, 270])
async def test_boxes_of_a_turned_page_are_where_it_shows_them(degrees: int) -> None:
    upright = picture(LINES * 3)
    image = upright.rotate(degrees, expand=True, fillcolor=255)
    page = (await extract(saved(image, "PNG"), ONE_ENGINE)).pages[0]
    box = page.spans[0].box
    scale = image.width / page.width
    shown = image.crop(
        tuple(round(side * scale) for side in (box.left, box.top, box.right, box.bottom))  # pyright: ignore[reportArgumentType] - four of them
    )
    first_line = upright.crop((110, 110, 1000, 180))
    assert shown.rotate(-degrees, expand=True).size[0] == pytest.approx(
        _inked(first_line)[2] - _inked(first_line)[0], abs=12
    )


def _inked(image: Image.Image) -> tuple[int, int, int, int]:
    box = image.point(lambda value: 255 - value).getbbox()
    assert box is not None
    return box


async def test_columns_are_read_one_after_the_other() -> None:
    page = Image.new("L", (2400, 1100), 255)
    page.paste(picture(LINES * 3, size=(1200, 1100)), (0, 0))
    right = ["Bees keep the hive warm in winter", "by moving their wings all day"] * 5
    page.paste(picture(right, size=(1200, 1100)), (1200, 0))
    text = (await extract(saved(page, "PNG"), ONE_ENGINE)).text
    assert text.index("winter of next year") < text.index("Bees keep")
    assert _errors(" ".join(LINES * 3 + right), text) < 0.03


async def test_what_tesseract_cannot_read_the_second_engine_does() -> None:
    """A dark photo: noise, uneven light, out of focus."""
    source = random.Random(5)  # noqa: S311  (the same noise each time)
    image = picture(LINES, size=(1500, 500)).convert("L")
    levels = [60 + value // 3 for value in range(256)]
    dark = Image.linear_gradient("L").resize(image.size).point(levels)
    photo = Image.composite(dark, Image.new("L", image.size, 35), image)
    noise = Image.frombytes("L", image.size, source.randbytes(image.width * image.height))
    photo = Image.blend(photo, noise, 0.30).filter(ImageFilter.GaussianBlur(1.2))
    content = saved(photo, "JPEG", quality=80)
    alone = (await extract(content, ONE_ENGINE)).text
    both = (await extract(content)).text
    expected = " ".join(LINES)
    assert _errors(expected, both) < 0.1
    assert _errors(expected, both) < _errors(expected, alone)


def test_a_turn_is_undone() -> None:
    turn = Turn(90.0, (200, 100), (100, 200))
    assert turn.undo((0, 180, 10, 200)) == pytest.approx((0, 0, 20, 10))
    half = Turn(180.0, (200, 100), (200, 100))
    assert half.undo((0, 0, 20, 10)) == pytest.approx((180, 90, 200, 100))


def test_lines_become_text_with_places() -> None:
    lines = (
        Line("First", (0, 0, 50, 10), 0.9),
        Line("second", (0, 12, 60, 22), 0.8),
        Line("New", (0, 40, 30, 50), 0.7, opens_paragraph=True),
    )
    text, spans = text_of(Reading(lines), 0.5)
    assert text == "First\nsecond\n\nNew"
    assert [text[span.start : span.end] for span in spans] == ["First", "second", "New"]
    assert spans[1].box == Box(0, 6, 30, 11)


def test_noise_does_not_look_like_words() -> None:
    noise = Reading((Line("~| .;' %§ j{ ;: l|1", (0, 0, 1, 1), 0.9),))
    prose = Reading((Line("The bridge, built in 1987, is old.", (0, 0, 1, 1), 0.9),))
    assert noise.plausible_share < 0.4
    assert prose.plausible_share == 1.0
