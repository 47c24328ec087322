"""What a file is, by its first bytes and by what its container holds. Its name is a hint at most.

Every kind of file has one parser here, so that two programs can't take one file for two things:
the first bytes decide, and a second format in the same file becomes a notice.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from vectal.documents.extraction.contracts import ExtractionLimits, Kind, Notice
from vectal.documents.extraction.faults import ParseFault

_OOXML: Final = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES: Final[dict[Kind, str]] = {
    "pdf": "application/pdf",
    "docx": f"{_OOXML}wordprocessingml.document",
    "pptx": f"{_OOXML}presentationml.presentation",
    "xlsx": f"{_OOXML}spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "epub": "application/epub+zip",
    "html": "text/html",
    "mail": "message/rfc822",
    "rtf": "application/rtf",
    "markdown": "text/markdown",
    "csv": "text/csv",
    "text": "text/plain",
}
_EXTENSIONS: Final[dict[str, Kind]] = {
    "pdf": "pdf", "docx": "docx", "pptx": "pptx", "xlsx": "xlsx", "odt": "odt", "epub": "epub",
    "html": "html", "htm": "html", "xhtml": "html", "eml": "mail", "rtf": "rtf",
    "md": "markdown", "markdown": "markdown", "csv": "csv", "tsv": "csv", "txt": "text",
    "png": "image", "jpg": "image", "jpeg": "image", "webp": "image", "tif": "image",
    "tiff": "image", "gif": "image", "bmp": "image",
}  # fmt: skip
_IMAGES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)
_FOREIGN: Final = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xca\xfe\xba\xbe", "a Java class or macOS program"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"SQLite format 3\x00", "a database"),
    (b"ID3", "sound"),
    (b"OggS", "sound or video"),
    (b"RIFF", "sound or video"),
)
_BEFORE_PDF: Final = (b"<", b"GIF8", b"\xff\xd8", b"\x89PNG")
"""What begins like this is no PDF, though readers would take one that begins later."""
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARTS: Final[tuple[tuple[str, Kind], ...]] = (
    ("word/document.xml", "docx"),
    ("ppt/presentation.xml", "pptx"),
    ("xl/workbook.xml", "xlsx"),
)
_OPEN_TYPES: Final[dict[bytes, Kind]] = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/epub+zip": "epub",
}
_MOST_ENTRIES: Final = 20_000
_MAIL_HEADER: Final = re.compile(
    rb"^(from|to|cc|subject|date|received|return-path|message-id|mime-version|reply-to|"
    rb"delivered-to|x-[a-z-]+|dkim-signature|content-type|content-transfer-encoding): ?",
    re.IGNORECASE,
)
_HTML: Final = re.compile(rb"<(!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_BOMS: Final = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_TEXT_CONTROLS: Final = frozenset(b"\t\n\r\f\x1b")
_HEAD: Final = 8_192


@dataclass(frozen=True, slots=True)
class Finding:
    kind: Kind
    media_type: str
    notices: list[Notice] = field(default_factory=list[Notice])


def detect(content: bytes, name: str, limits: ExtractionLimits) -> Finding:
    """Tell the kind. Raises `ParseFault`: empty, encrypted, unsupported, damaged, too large."""
    if not content.strip(b"\x00 \t\r\n"):
        raise ParseFault("empty")
    kind, media_type = _kind_of(content, _extension(name), limits)
    finding = Finding(kind, media_type)
    _note_extension(finding, _extension(name))
    _note_second_format(finding, content)
    return finding


def _extension(name: str) -> str:
    return PurePosixPath(name.lower()).suffix.lstrip(".")


def _kind_of(content: bytes, extension: str, limits: ExtractionLimits) -> tuple[Kind, str]:
    head = content[:_HEAD]
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_archive(content, limits)
    if b"%PDF-" in head[:1024] and not head.startswith(_BEFORE_PDF):
        return "pdf", MEDIA_TYPES["pdf"]
    image = _image_of(head)
    if image:
        return "image", image
    _refuse_foreign(content, head)
    if head.lstrip().startswith(b"{\\rtf"):
        return "rtf", MEDIA_TYPES["rtf"]
    if not _is_text(head):
        raise ParseFault("unsupported", "It is binary, and of no kind that is known here.")
    kind = _kind_of_text(head, extension)
    return kind, MEDIA_TYPES[kind]


def _image_of(head: bytes) -> str:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"mif1", b"heif", b"avif"}:
        raise ParseFault("unsupported", "It is a HEIC or AVIF photo; save it as JPEG or PNG.")
    for magic, media_type in _IMAGES:
        if head.startswith(magic) and (magic != b"BM" or not _is_text(head)):
            return media_type
    return ""


def _refuse_foreign(content: bytes, head: bytes) -> None:
    if head.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise ParseFault("encrypted")
        raise ParseFault(
            "unsupported", "It is in a format of Office 97 to 2003; save it as DOCX, XLSX or PPTX."
        )
    for magic, what in _FOREIGN:
        if head.startswith(magic) and not _is_text(head):
            raise ParseFault("unsupported", f"It is {what}.")


def _in_archive(content: bytes, limits: ExtractionLimits) -> tuple[Kind, str]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise ParseFault("damaged", "It begins as an archive that can't be opened.") from error
    if len(entries) > _MOST_ENTRIES:
        raise ParseFault("too_large_unpacked", f"It holds {len(entries)} files.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise ParseFault("encrypted")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unpacked_bytes:
        raise ParseFault("too_large_unpacked", f"It unpacks to {unpacked >> 20} MB.")
    names = frozenset(archive.namelist())
    for part, kind in _PARTS:
        if part in names and "[Content_Types].xml" in names:
            return kind, MEDIA_TYPES[kind]
    if "mimetype" in names:
        try:
            with archive.open("mimetype") as stated:
                kind_stated = _OPEN_TYPES.get(stated.read(100).strip())
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
            raise ParseFault("damaged") from error
        if kind_stated is not None:
            return kind_stated, MEDIA_TYPES[kind_stated]
    raise ParseFault("unsupported", "It is an archive; upload the files in it instead.")


def _is_text(head: bytes) -> bool:
    if head.startswith(_BOMS):
        return True
    if b"\x00" in head:
        return False
    controls = sum(byte < ord(" ") and byte not in _TEXT_CONTROLS for byte in head)
    if controls * 50 > len(head):
        return False
    try:
        head[: _HEAD - 4].decode()
    except UnicodeDecodeError as error:
        if error.end >= len(head[: _HEAD - 4]) - 3:  # cut within a character
            return True
        # Old 8-bit text has letters in between; noise has as many bytes above 127 as below.
        return sum(byte > 126 for byte in head) * 3 < len(head)  # noqa: PLR2004  (ASCII)
    return True


def _kind_of_text(head: bytes, extension: str) -> Kind:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<") and _HTML.search(start[:2_048]):
        return "html"
    if _is_mail(start):
        return "mail"
    hinted = _EXTENSIONS.get(extension)
    if hinted in {"markdown", "csv", "text"}:
        return hinted
    if hinted == "html" and b"<" in start:
        return "html"
    return "csv" if _is_table(head) else "text"


def _is_mail(start: bytes) -> bool:
    lines = start.split(b"\n", 12)[:12]
    found: set[bytes] = set()
    for line in lines:
        if not line.strip():
            break
        match = _MAIL_HEADER.match(line)
        if match:
            found.add(match.group(1).lower())
        elif not line.startswith((b" ", b"\t")) and not re.match(rb"[\w-]+:", line):
            return False
    telling = {b"from", b"received", b"message-id", b"return-path", b"mime-version"}
    return len(found) >= 2 and bool(found & telling)  # noqa: PLR2004  (one alone is prose)


def _is_table(head: bytes) -> bool:
    """Whether the first lines have as many columns each."""
    lines = head.decode(errors="replace").splitlines()[:6]
    if len(lines) < 3:  # noqa: PLR2004  (fewer prove nothing)
        return False
    for delimiter in ",;\t":
        widths = {len(row) for row in csv.reader(lines[:-1], delimiter=delimiter) if row}
        if len(widths) == 1 and min(widths) >= 3:  # noqa: PLR2004  (prose has a comma a line)
            return True
    return False


def _note_extension(finding: Finding, extension: str) -> None:
    stated = _EXTENSIONS.get(extension)
    written = {"markdown", "csv", "text", "html"}
    if stated in {None, finding.kind} or {stated, finding.kind} <= written:
        return
    detail = f"The name ends in .{extension}, and the content is {finding.media_type}."
    finding.notices.append(Notice("extension_mismatch", detail))


def _note_second_format(finding: Finding, content: bytes) -> None:
    """A file that is two at once was made to deceive somebody; say which one we have read."""
    if finding.kind in {"docx", "pptx", "xlsx", "odt", "epub"}:
        second = b"%PDF-" in content[:1024]
    else:
        second = b"PK\x05\x06" in content[-65_557:] or (
            finding.kind not in {"pdf", "text"} and b"%PDF-" in content[:1024]
        )
    if second:
        detail = f"The file is {finding.media_type} and something else; only the first was read."
        finding.notices.append(Notice("second_format", detail))
