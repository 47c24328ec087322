"""One document of each kind, through the locked child."""

import pytest
from tests.fixtures.documents import (
    docx,
    epub,
    extract,
    mail,
    odt,
    pdf,
    picture,
    pptx,
    saved,
    xlsx,
)

from vectal.documents.extraction.contracts import (
    ExtractionOptions,
    Kind,
    OcrOptions,
    Progress,
)

HTML = b"""<!doctype html><html><head><title>Prices</title><script>alert(1)</script></head>
<body><h1>Prices</h1><p>Tea is <b>cheap</b>.</p></body></html>"""
RTF = rb"{\rtf1\ansi Coffee is \b dear\b0 .\par}"
CASES: list[tuple[str, bytes, Kind, str]] = [
    ("a.docx", docx(), "docx", "Revenue grew by nine percent."),
    ("a.odt", odt("Open documents open."), "odt", "Open documents open."),
    ("a.epub", epub(["It was night.", "It was day."]), "epub", "It was day."),
    ("a.html", HTML, "html", "Tea is **cheap**."),
    ("a.rtf", RTF, "rtf", "Coffee is **dear**"),
    ("a.md", b"# Head\n\n- one\n- two\n", "markdown", "- one\n- two"),
    ("a.csv", b"name,size\nada,3\n", "csv", "ada,3"),
    ("a.txt", "Grüße aus Köln".encode(), "text", "Grüße aus Köln"),
    ("a.txt", "Grüße aus Köln".encode("utf-16"), "text", "Grüße aus Köln"),
    ("a.txt", "Grüße aus Köln".encode("cp1252"), "text", "Grüße aus Köln"),
    ("a.pdf", pdf([["A page of text."]]), "pdf", "A page of text."),
]


@pytest.mark.parametrize(("name", "content", "kind", "text"), CASES)
async def test_each_kind_is_known_by_its_content_and_read(
    name: str, content: bytes, kind: Kind, text: str
) -> None:
    outcome = await extract(content, ExtractionOptions(name=name))
    assert outcome.detected.kind == kind
    assert text in outcome.text
    assert "extension_mismatch" not in outcome.notices
    nameless = await extract(content)
    assert text in nameless.text


async def test_scripts_of_html_are_no_text() -> None:
    assert "alert" not in (await extract(HTML)).text


async def test_pdf_pages_have_sizes_and_lines_have_boxes() -> None:
    outcome = await extract(pdf([["First line here", "Second one"], ["Other page"]], title="Two"))
    first, second = outcome.pages
    assert (first.number, second.number, outcome.finished.pages) == (1, 2, 2)
    assert outcome.finished.title == "Two"
    assert (first.width, first.height) == (612, 792)
    lines = [first.text[span.start : span.end] for span in first.spans]
    assert lines == ["First line here", "Second one"]
    box = first.spans[0].box
    assert box.left == pytest.approx(72, abs=2)
    assert 792 - 700 - 12 < box.top < box.bottom < 792 - 700 + 4
    assert first.spans[1].box.top == pytest.approx(box.top + 20, abs=3)


async def test_boxes_of_a_turned_page_are_as_it_is_shown() -> None:
    page = (await extract(pdf([["Turned by a quarter"]], rotate=90))).pages[0]
    assert (page.width, page.height) == (792, 612)
    box = page.spans[0].box  # the text runs downwards near the right edge
    assert box.bottom - box.top > box.right - box.left
    assert box.left == pytest.approx(700, abs=12)
    assert box.top == pytest.approx(72, abs=3)


async def test_slides_are_pages_and_carry_their_notes_in_order() -> None:
    outcome = await extract(pptx([("Welcome", "Smile &amp; wave"), ("Numbers", "Breathe")]))
    assert [page.number for page in outcome.pages] == [1, 2]
    assert "Welcome" in outcome.pages[0].text
    assert "Speaker notes:\nSmile & wave" in outcome.pages[0].text
    assert "Breathe" in outcome.pages[1].text


async def test_sheets_are_pages_with_their_names() -> None:
    outcome = await extract(xlsx({"Costs": [["rent", 900]], "Gains": [["sales", 1200]]}))
    assert [page.text.split("\n")[0] for page in outcome.pages] == ["## Costs", "## Gains"]
    assert "900" in outcome.pages[0].text
    assert "1200" in outcome.pages[1].text


async def test_attachments_are_documents_of_their_own() -> None:
    inner = mail("Inner", "Deep words")
    message = mail(
        "Outer",
        "See attached",
        [("../../etc/report.pdf", pdf([["Attached page"]])), ("x.bin", bytes(range(256)))],
        inner,
    )
    outcome = await extract(bytes(message))
    assert [(page.number, page.part, page.part_page) for page in outcome.pages] == [
        (1, 0, 1),
        (2, 1, 1),
        (3, 2, 1),
    ]
    assert "Subject: Outer\nFrom: ada@example.org" in outcome.pages[0].text
    assert [(part.name, part.kind) for part in outcome.parts] == [
        ("report.pdf", "pdf"),
        ("attachment-3.eml", "mail"),
    ]
    assert [(part.name, part.code) for part in outcome.failed_parts] == [("x.bin", "unsupported")]
    assert "Deep words" in outcome.pages[2].text


async def test_a_torn_attachment_costs_its_own_page_only() -> None:
    torn = saved(picture(["Half a picture"]), "PNG")[:2_000]
    message = mail("Two pictures", "One is torn", [("a.png", torn), ("b.txt", b"The last part")])
    outcome = await extract(bytes(message))
    assert [page.part for page in outcome.pages] == [0, 1, 2]
    assert outcome.pages[1].text == ""
    assert outcome.pages[2].text == "The last part"
    (notice,) = outcome.finished.notices
    assert (notice.code, notice.page) == ("page_unreadable", 2)
    again = await extract(bytes(message), ExtractionOptions(start_page=3))
    assert again.pages == outcome.pages[2:]


async def test_a_restart_goes_on_at_its_page() -> None:
    content = pdf([[f"Page number {n}"] for n in range(1, 6)])
    outcome = await extract(content, ExtractionOptions(start_page=4))
    assert [page.number for page in outcome.pages] == [4, 5]
    assert outcome.pages[0].text == "Page number 4"
    assert outcome.finished.pages == 5
    progress = [event.pages for event in outcome.events if isinstance(event, Progress)]
    assert progress == [4, 5]


async def test_a_long_text_has_stretches_that_join_to_it() -> None:
    text = "\n\n".join(f"Paragraph {n} says something." for n in range(4000))
    outcome = await extract(text.encode())
    assert len(outcome.pages) > 3
    assert "".join(page.text for page in outcome.pages) == text


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
async def test_images_are_read_by_ocr(kind: str) -> None:
    content = saved(picture(["The harvest was good", "in the year 1987"]), kind)
    outcome = await extract(content, ExtractionOptions(ocr=OcrOptions(photos=False)))
    page = outcome.pages[0]
    assert page.source == "ocr"
    assert "The harvest was good" in page.text
    assert page.text[page.spans[1].start : page.spans[1].end] == "in the year 1987"


async def test_every_frame_of_a_tiff_is_a_page() -> None:
    frames = [picture([f"This is sheet number {n}"]) for n in (1, 2)]
    content = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    outcome = await extract(content, ExtractionOptions(ocr=OcrOptions(photos=False)))
    assert [page.text for page in outcome.pages] == [
        "This is sheet number 1",
        "This is sheet number 2",
    ]


async def test_a_page_without_text_is_read_by_ocr_and_its_neighbour_is_not() -> None:
    scanned = saved(picture(["Scanned words on paper", "and one more line"]), "PDF")
    page = (await extract(scanned)).pages[0]
    assert (page.source, page.language) == ("ocr", "eng")
    assert "Scanned words on paper" in page.text
    box = page.spans[0].box
    assert box.left == pytest.approx(120 / 200 * 72, abs=3)
    assert box.top == pytest.approx(130 / 200 * 72, abs=8)
    assert (await extract(pdf([["Typed words, no OCR"]]))).pages[0].source == "text"


async def test_ocr_that_is_off_says_so() -> None:
    content = saved(picture(["Scanned words on paper"]), "PNG")
    outcome = await extract(content, ExtractionOptions(ocr=OcrOptions(mode="off")))
    assert outcome.text == ""
    assert "page_without_text" in outcome.notices


async def test_a_missing_language_is_told_and_the_others_read() -> None:
    content = saved(picture(["Scanned words on paper"]), "PNG")
    options = ExtractionOptions(ocr=OcrOptions(languages=("eng", "xyz"), photos=False))
    outcome = await extract(content, options)
    assert "ocr_language_missing" in outcome.notices
    assert "Scanned words on paper" in outcome.text
    assert outcome.pages[0].language == "eng"
