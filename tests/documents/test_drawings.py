"""Pages as pictures: what they show, what they keep to themselves, and when there are none."""

import asyncio
import io
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from PIL import Image
from tests.documents.conftest import MakeShelf
from tests.documents.shelf import Shelf
from tests.fixtures.accounts import MakeUser, people_of
from tests.fixtures.documents import docx, extract, pdf, picture, protected_pdf, saved

from vectal.documents.errors import DrawingBusyError, PageNotFoundError
from vectal.documents.extraction.contracts import PictureOptions
from vectal.documents.extraction.errors import ExtractionError
from vectal.documents.extraction.sandbox import Sandbox
from vectal.documents.extraction.source import DocumentSource
from vectal.documents.service import DocumentRules
from vectal.entrypoints.services import Services
from vectal.files.contracts import File
from vectal.files.errors import StoredFileNotFoundError

_RED, _BLUE = (255, 0, 0), (0, 0, 255)
_GREY = 128


async def _draw(
    shelf: Shelf, file: File, page: int = 1, width: int = 612, number: int | None = None
) -> Image.Image:
    drawing = await shelf.documents.drawings.find(shelf.me, file.id, page, width, number)
    return _opened(await shelf.documents.drawings.draw(drawing))


def _opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    assert image.format == "WEBP"
    return image


def _inked(image: Image.Image) -> tuple[int, int, int, int]:
    """Where something dark is."""
    dark = [255 if shade < _GREY else 0 for shade in range(256)]
    box = image.convert("L").point(dark).getbbox()
    assert box is not None
    return box


def _resembles(image: Image.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    """WebP is not exact, and need not be."""
    pixel = image.convert("RGB").crop((*place, place[0] + 1, place[1] + 1)).tobytes()
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True))


async def test_a_page_of_a_pdf_shows_its_own_words_where_they_stand(shelf: Shelf) -> None:
    file = await shelf.put("Plan.pdf", pdf([["Short"], ["A line that is a good deal longer"]]))
    first, second = [await _draw(shelf, file, page) for page in (1, 2)]
    assert first.size == second.size == (612, 792)  # a pixel a point
    for image, right in ((first, range(95, 110)), (second, range(230, 270))):
        box = _inked(image)
        # The baseline stands 700 points above the bottom, and the letters are 12 points high.
        assert 71 <= box[0] <= 75
        assert 80 <= box[1] < 92 <= box[3] <= 96
        assert box[2] in right
    assert (await _draw(shelf, file, width=1_224)).size == (1_224, 1_584)


async def test_a_page_without_an_end_is_bounded(shelf: Shelf) -> None:
    tall = pdf([["Tape"]]).replace(b"[0 0 612 792]", b"[0 0 9 14000]")
    image = await _draw(shelf, await shelf.put("Tape.pdf", tall), width=2_000)
    assert image.height <= 8_000


async def test_an_image_is_turned_and_small_and_says_nothing(shelf: Shelf) -> None:
    photo = Image.new("RGB", (1_200, 800), _RED)
    photo.paste(_BLUE, (0, 0, 600, 800))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter: what was at the left is at the top
    exif[0x010F] = "A maker of cameras"
    file = await shelf.put("Photo.jpg", saved(photo, "JPEG", exif=exif))
    drawing = await shelf.documents.drawings.find(shelf.me, file.id, 1, 400)
    content = await shelf.documents.drawings.draw(drawing)
    assert b"A maker of cameras" not in content
    image = _opened(content)
    assert image.size == (400, 600)
    assert not image.getexif()
    assert _resembles(image, (200, 100), _BLUE)
    assert _resembles(image, (200, 500), _RED)


async def test_an_image_is_not_made_larger_and_stays_clear(shelf: Shelf) -> None:
    drop = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    drop.paste((255, 0, 0, 255), (20, 10, 40, 30))
    image = await _draw(shelf, await shelf.put("Drop.png", saved(drop, "PNG")))
    assert image.size == (60, 40)
    assert image.convert("RGBA").getchannel("A").crop((5, 5, 6, 6)).tobytes() == b"\0"


async def test_the_colours_of_an_image_keep_their_meaning(shelf: Shelf) -> None:
    profile = b"\0\0\0\xc8a profile of a screen".ljust(200, b".")
    photo = saved(Image.new("RGB", (90, 90), _RED), "JPEG", icc_profile=profile)
    image = await _draw(shelf, await shelf.put("Red.jpg", photo))
    assert image.info["icc_profile"] == profile


async def test_every_frame_of_a_tiff_is_a_page_to_look_at(shelf: Shelf) -> None:
    frames = [Image.new("RGB", (100, 80), colour) for colour in (_RED, _BLUE)]
    content = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    file = await shelf.put("Scans.tiff", content)
    assert _resembles(await _draw(shelf, file, 2), (50, 40), _BLUE)
    with pytest.raises(PageNotFoundError, match="It has 2"):
        await _draw(shelf, file, 3)


async def test_an_older_version_looks_as_it_did(shelf: Shelf) -> None:
    file = await shelf.put("Sign.png", saved(Image.new("RGB", (40, 40), _RED), "PNG"))
    await shelf.put("Sign.png", saved(Image.new("RGB", (40, 40), _BLUE), "PNG"), replaces=file.id)
    assert _resembles(await _draw(shelf, file), (20, 20), _BLUE)
    assert _resembles(await _draw(shelf, file, number=1), (20, 20), _RED)
    find = shelf.documents.drawings.find
    tags = {
        (await find(shelf.me, file.id, page, width, number)).etag
        for page, width, number in ((1, 40, 1), (1, 40, 2), (1, 41, 2), (2, 40, 2))
    }
    assert len(tags) == 4
    assert (await find(shelf.me, file.id, 1, 40)).etag in tags


@pytest.mark.parametrize(
    ("name", "content", "failure"),
    [
        ("Torn.pdf", b"%PDF-1.7\n" + b"\x00" * 400, "damaged"),
        ("Locked.pdf", protected_pdf(), "encrypted"),
        ("Torn.png", saved(picture(["Torn"]), "PNG")[:900], "damaged"),
        ("Report.docx", docx(), "unsupported"),
        ("Notes.txt", b"Words, and no page to look at.", "unsupported"),
    ],
)
async def test_what_can_not_be_shown_says_why(
    name: str, content: bytes, failure: str, shelf: Shelf
) -> None:
    file = await shelf.put(name, content)
    with pytest.raises(ExtractionError) as caught:
        await _draw(shelf, file)
    assert caught.value.failure == failure


async def test_a_page_that_is_not_there_is_not_found(shelf: Shelf) -> None:
    file = await shelf.put("One.pdf", pdf([["The only page"]]))
    with pytest.raises(PageNotFoundError, match="It has 1"):
        await _draw(shelf, file, 2)


async def test_a_stranger_finds_nothing_and_a_member_only_what_is_shared(
    make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    mine, other = make_shelf(await make_user()), make_shelf(await make_user())
    file = await mine.put("Mine.pdf", pdf([["Mine alone"]]), "workspace")
    with pytest.raises(StoredFileNotFoundError):
        await _draw(other, file)
    assert (await _draw(mine, file)).size == (612, 792)


async def test_a_purged_file_leaves_no_picture(shelf: Shelf) -> None:
    file = await shelf.put("Gone.pdf", pdf([["Gone"]]))
    drawing = await shelf.documents.drawings.find(shelf.me, file.id, 1, 612)
    await shelf.files.trash.trash_file(shelf.me, file.id)
    await shelf.files.trash.purge_file(shelf.me, file.id)
    with pytest.raises(StoredFileNotFoundError):
        await shelf.documents.drawings.find(shelf.me, file.id, 1, 612)
    assert drawing.opened.file.id == file.id


async def test_who_comes_when_all_draw_and_nobody_may_wait_is_sent_away(
    make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    shelf = make_shelf(await make_user(), rules=DocumentRules(drawers=1, drawings_waiting=1))
    file = await shelf.put("Plan.pdf", pdf([["Wanted by many"]]))
    drawings = shelf.documents.drawings
    drawing = await drawings.find(shelf.me, file.id, 1, 200)
    outcomes = await asyncio.gather(
        *(drawings.draw(drawing) for _ in range(4)), return_exceptions=True
    )
    drawn = [each for each in outcomes if isinstance(each, bytes)]
    refused = [each for each in outcomes if isinstance(each, DrawingBusyError)]
    assert len(drawn) >= 1
    assert len(refused) >= 1
    assert len(drawn) + len(refused) == 4
    assert await drawings.draw(drawing) == drawn[0]


async def test_who_waits_too_long_is_sent_away_and_the_place_is_free_again(
    make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    rules = DocumentRules(drawers=1, drawings_waiting=8, drawing_wait_s=0.0)
    shelf = make_shelf(await make_user(), rules=rules)
    file = await shelf.put("Plan.pdf", pdf([["Wanted by two"]]))
    drawings = shelf.documents.drawings
    drawing = await drawings.find(shelf.me, file.id, 1, 200)
    outcomes = await asyncio.gather(
        drawings.draw(drawing), drawings.draw(drawing), return_exceptions=True
    )
    assert [type(each) for each in outcomes] == [bytes, DrawingBusyError]
    assert await drawings.draw(drawing) == outcomes[0]


async def test_a_browser_is_told_what_it_has_already(
    house_app: FastAPI, house_services: Services
) -> None:
    make = people_of(house_services.database, house_services.accounts, house_services.auth)
    visitor = await make()
    transport = httpx2.ASGITransport(house_app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8484/api/v1", headers=visitor.headers
    ) as api:
        body = pdf([["Seen before"]])
        file = (await api.post("/files", params={"name": "Seen.pdf"}, content=body)).json()
        path = f"/documents/{file['id']}/pages/1/image"
        drawn = await api.get(path, params={"width": 306})
        assert drawn.status_code == 200, drawn.text
        assert drawn.headers["content-type"] == "image/webp"
        assert drawn.headers["cache-control"] == "private, no-cache"
        assert drawn.headers["content-security-policy"].startswith("sandbox;")
        assert _opened(drawn.content).size == (306, 396)
        known = {"If-None-Match": drawn.headers["etag"]}
        again = await api.get(path, params={"width": 306}, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        larger = await api.get(path, params={"width": 612}, headers=known)
        assert larger.status_code == 200
        assert (await api.get(path, params={"width": 2_001})).status_code == 422
        missing = await api.get(f"/documents/{file['id']}/pages/2/image")
        assert (missing.status_code, missing.json()["code"]) == (404, "documents.page_not_found")
        notes = (await api.post("/files", params={"name": "Notes.txt"}, content=b"words")).json()
        refused = await api.get(f"/documents/{notes['id']}/pages/1/image")
        assert (refused.status_code, refused.json()["failure"]) == (422, "unsupported")


_PROGRAM = """
import sys, types
from vectal.documents.extraction import child
from vectal.documents.extraction.contracts import *

liar = types.ModuleType("liar")
WEBP = b"RIFF----WEBPVP8 "
liar.draw = lambda content, options: {answer}
sys.modules["vectal.documents.extraction.drawing"] = liar
child.main()
"""


@pytest.mark.parametrize(
    "answer",
    [
        "Picture(2, 10, 10, WEBP)",
        "Picture(1, 101, 10, WEBP)",
        "Picture(1, 0, 10, WEBP)",
        "Picture(1, 10, 9_000, WEBP)",
        "Picture(1, 10, 10, b'<svg onload=x>')",
        "PageMissing(7)",
        "PageMissing(-1)",
        "Finished(1, '')",
        "Locked(())",
        "Page(number=1, text='x')",
    ],
)
async def test_a_child_that_lies_is_not_believed(answer: str, tmp_path: Path) -> None:
    program = tmp_path / "liar.py"
    program.write_text(_PROGRAM.format(answer=answer))
    sandbox = Sandbox(program=(str(program),))
    with DocumentSource.of(b"x") as source, pytest.raises(ExtractionError) as caught:
        await sandbox.draw(source, PictureOptions(page=1, width=100))
    assert caught.value.failure == "crashed"


async def test_a_child_that_is_asked_to_read_may_not_draw(tmp_path: Path) -> None:
    program = tmp_path / "painter.py"
    lie = "child.walk = lambda *_: iter([Picture(1, 10, 10, b'RIFF----WEBPVP8 ')])"
    honest = _PROGRAM.format(answer="None")
    program.write_text(honest.replace("child.main()", f"{lie}\nchild.main()"))
    with pytest.raises(ExtractionError) as caught:
        await extract(b"x", sandbox=Sandbox(program=(str(program),)))
    assert caught.value.failure == "crashed"
