"""Files made to hurt: each ends in a state that a person understands, and hurts nobody."""

import os
import random
import resource
import struct
import zlib
from collections.abc import Callable

import psutil
import pytest
from tests.fixtures.documents import (
    W,
    archive,
    docx,
    extract,
    mail,
    pdf,
    pdf_of,
    protected_pdf,
    xlsx,
)

from vectal.documents.extraction.contracts import ExtractionLimits, ExtractionOptions
from vectal.documents.extraction.errors import EXPLANATIONS, ExtractionError

SMALL = ExtractionOptions(
    limits=ExtractionLimits(memory_bytes=512 << 20, unpacked_bytes=64 << 20, deadline_s=100)
)


def _noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)  # noqa: S311  (the same noise each time)


def _png(width: int, height: int) -> bytes:
    head = struct.pack(">II", width, height) + b"\x08\x02\x00\x00\x00"
    chunk = b"IHDR" + head
    end = zlib.compress(b"\x00" * 4096)
    pixels = (
        struct.pack(">I", len(end)) + b"IDAT" + end + struct.pack(">I", zlib.crc32(b"IDAT" + end))
    )
    return (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\r" + chunk + struct.pack(">I", zlib.crc32(chunk)) + pixels
    )


def _lying_size() -> bytes:
    """An archive whose directory claims 4 GB for a file of a few bytes."""
    content = bytearray(docx())
    at = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 0xFFFF_FFF0)
    return bytes(content)


def _swelling_pdf() -> bytes:
    packer = zlib.compressobj(9)
    spaces = b" " * (1 << 20)
    stream = b"".join(packer.compress(spaces) for _ in range(700)) + packer.flush()
    return pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>",
            b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(stream), stream),
        ]
    )


def _encrypted_office() -> bytes:
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(600)
        + "EncryptedPackage".encode("utf-16-le")
        + bytes(600)
    )


def _swelling_docx() -> bytes:
    """60 MB of paragraphs, a thousand times smaller when packed."""
    return docx("<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 1_700_000)


REFUSED: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "no bytes": (lambda: b"", {"empty"}),
    "only zeros": (lambda: bytes(100_000), {"empty"}),
    "noise": (lambda: _noise(100_000), {"unsupported"}),
    "half a PDF": (lambda: pdf([["words"]])[:300], {"damaged"}),
    "half a DOCX": (lambda: docx()[: len(docx()) // 2], {"damaged"}),
    "an XLSX without its end": (lambda: xlsx({"a": [["b"]]})[:-40], {"damaged"}),
    "a PDF with a password": (protected_pdf, {"encrypted"}),
    "an Office file with a password": (_encrypted_office, {"encrypted"}),
    "a program": (lambda: b"MZ" + _noise(5_000), {"unsupported"}),
    "an archive": (lambda: archive({"../../etc/passwd": b"x"}), {"unsupported"}),
    "an image of 4 gigapixels": (lambda: _png(65_535, 65_535), {"too_large_unpacked"}),
    "a torn image": (lambda: _png(900, 900)[:60], {"damaged"}),
    "a lie of 4 GB": (_lying_size, {"too_large_unpacked"}),
    "an archive bomb": (
        lambda: docx(extra={"word/media/a.bin": bytes(200 << 20)}),
        {"too_large_unpacked"},
    ),
    "a bomb of paragraphs": (_swelling_docx, {"too_large_unpacked"}),
    "deep XML": (lambda: docx("<w:p>" * 100_000 + "</w:p>" * 100_000), {"too_large_unpacked"}),
    "a PDF of spaces": (_swelling_pdf, {"out_of_memory"}),
    "deep mail": (
        lambda: (
            b"From: a@b.c\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b0\n\n"
            + b"".join(
                b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1)
                for n in range(3_000)
            )
        ),
        {"damaged"},
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_read_is_refused_in_words_and_costs_nothing_else(case: str) -> None:
    make, expected = REFUSED[case]
    content = make()
    own = psutil.Process()
    before, children = own.memory_info().rss, _children(own)
    with pytest.raises(ExtractionError) as caught:
        await extract(content, SMALL)
    assert caught.value.failure in expected
    assert caught.value.detail.startswith(EXPLANATIONS[caught.value.failure])
    assert own.memory_info().rss - before < 64 << 20
    assert _children(own) == children
    after = await extract(b"the next document")
    assert after.text == "the next document"


def _children(process: psutil.Process) -> set[int]:
    return {child.pid for child in process.children(recursive=True)}


ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a0 "lol">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + f']><w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>before &a9; after</w:t></w:r></w:p>'
    "</w:body></w:document>"
)


async def test_entities_are_not_expanded() -> None:
    outcome = await extract(docx(extra={"word/document.xml": ENTITIES}), SMALL)
    assert "lol" not in outcome.text
    assert len(outcome.text) < 1_000


async def test_an_entity_opens_no_file() -> None:
    xml = ENTITIES.replace('"lol"', 'SYSTEM "file:///etc/passwd"').replace("&a9;", "&a0;")
    outcome = await extract(docx(extra={"word/document.xml": xml}), SMALL)
    assert "root:" not in outcome.text


async def test_names_that_climb_out_of_an_archive_write_nothing() -> None:
    outcome = await extract(docx(extra={"../../../../tmp/climbed": b"x"}))
    assert "Revenue grew" in outcome.text
    assert not os.access("/tmp/climbed", os.F_OK)  # noqa: S108  (the name in the archive)


async def test_two_thousand_pages_are_read_or_refused_by_the_limit() -> None:
    content = pdf([[f"This is page {n} of many"] for n in range(1, 2_001)])
    outcome = await extract(content)
    assert outcome.finished.pages == 2_000
    assert outcome.pages[-1].text == "This is page 2000 of many"
    with pytest.raises(ExtractionError) as caught:
        await extract(content, ExtractionOptions(limits=ExtractionLimits(pages=1_000)))
    assert caught.value.failure == "too_many_pages"


async def test_a_wrong_extension_is_told_and_the_content_counts() -> None:
    outcome = await extract(pdf([["A page of text"]]), ExtractionOptions(name="notes.txt"))
    assert outcome.detected.kind == "pdf"
    assert "extension_mismatch" in outcome.notices


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pdf([["A page of text"]]) + docx(), "pdf"),
        (docx(extra={"a": pdf([["Other words"]])}), "docx"),
    ],
)
async def test_a_file_that_is_two_at_once_is_read_as_one(content: bytes, kind: str) -> None:
    outcome = await extract(content)
    assert outcome.detected.kind == kind
    assert "Other words" not in outcome.text
    assert ("second_format" in outcome.notices) == (kind == "pdf")


async def test_the_test_virus_is_text_to_a_reader() -> None:
    eicar = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    assert "EICAR" in (await extract(eicar)).text


async def test_mails_in_mails_end_at_the_limit() -> None:
    message = mail("level 0", "words of level 0")
    for level in range(1, 9):
        message = mail(f"level {level}", f"words of level {level}", inner=message)
    outcome = await extract(bytes(message))
    assert [page.part for page in outcome.pages] == [0, 1, 2, 3]
    assert "words of level 5" in outcome.text
    assert "attachment_skipped" in outcome.notices


async def test_deep_html_and_rtf_cost_nothing() -> None:
    html = b"<html><body>" + b"<div>" * 100_000 + b"x" + b"</div>" * 100_000
    rtf = rb"{\rtf1 " + b"{" * 200_000 + b"x" + b"}" * 200_000 + b"}"
    for content in (html, rtf):
        assert (await extract(content, SMALL)).finished.pages == 1


async def test_a_page_tree_that_bites_its_tail_ends() -> None:
    content = pdf([["words"]]).replace(b"/Kids[5 0 R]", b"/Kids[2 0 R]")
    outcome = await extract(content, SMALL)
    assert outcome.text == ""
    assert "page_unreadable" in outcome.notices


async def test_a_line_of_many_megabytes_is_cut_into_stretches() -> None:
    outcome = await extract(b"a" * (6 << 20), SMALL)
    assert len(outcome.text.replace("\n", "")) == 6 << 20
    assert max(len(page.text) for page in outcome.pages) <= 20_000


async def test_the_parent_stays_small_over_many_documents() -> None:
    content = pdf([[f"Page {n}"] for n in range(50)])
    await extract(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(10):
        await extract(content)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 24 << 10  # kilobytes
