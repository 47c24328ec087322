"""What a file is, by its bytes; never by what its sender claims."""

import io
import zipfile

import pytest

from vectal.files.media import media_of, shown_type


def zipped(*members: str, first: tuple[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if first is not None:
            archive.writestr(*first)
        for name in members:
            archive.writestr(name, b"x")
    return out.getvalue()


DOCX = zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml")
EPUB = zipped("META-INF/container.xml", first=("mimetype", b"application/epub+zip"))

CASES = [
    (b"%PDF-1.7\n", "a.txt", "application/pdf", "document"),
    (b"\xef\xbb\xbf%PDF-1.4", "a.pdf", "application/pdf", "document"),
    (b"\x89PNG\r\n\x1a\n\0\0", "a.svg", "image/png", "image"),
    (b"\xff\xd8\xff\xe0", "a", "image/jpeg", "image"),
    (b"RIFF\0\0\0\0WEBPVP8 ", "a.jpg", "image/webp", "image"),
    (b"\0\0\0\x1cftypheic", "a.jpg", "image/heic", "image"),
    (b"\0\0\0\x1cftypisom", "a.mov", "video/mp4", "video"),
    (DOCX, "a.bin", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
     "document"),
    (EPUB, "a.zip", "application/epub+zip", "document"),
    (zipped("a.txt"), "a.docx", "application/zip", "archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "application/vnd.ms-excel", "sheet"),
    (b"MZ\x90\0", "a.pdf", "application/octet-stream", "other"),
    (b"\x7fELF", "a.png", "application/octet-stream", "other"),
    (b"plain words", "a.png", "text/plain", "text"),
    (b"# Title", "a.md", "text/markdown", "text"),
    (b"<svg/>", "a.svg", "image/svg+xml", "image"),
    (b"a;b", "a.csv", "text/csv", "sheet"),
    (b"\xff\xfea\0", "a.txt", "text/plain", "text"),
    (b"\x00\x01\x02", "a.txt", "application/octet-stream", "other"),
    (b"\xff\xff\xff", "a.txt", "application/octet-stream", "other"),
    (b"", "a.pdf", "text/plain", "text"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "name", "media_type", "kind"), CASES)
def test_bytes_decide(head: bytes, name: str, media_type: str, kind: str) -> None:
    found = media_of(head, name, len(head))
    assert (found.type, found.kind) == (media_type, kind)


def test_a_character_may_be_cut_at_the_end_of_the_head() -> None:
    assert media_of("ä".encode()[:1], "a.txt", 100).kind == "text"
    assert media_of("ä".encode()[:1], "a.txt", 1).kind == "other"


@pytest.mark.parametrize(
    "media_type",
    ["text/html", "image/svg+xml", "application/xhtml+xml", "application/xml", "message/rfc822",
     "application/octet-stream", "text/javascript", "", "IMAGE/PNG"],
)  # fmt: skip
def test_what_may_run_is_never_shown(media_type: str) -> None:
    assert shown_type(media_type) is None
