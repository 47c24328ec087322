"""What a file is, by its first bytes; what its sender or its name claims only refines that. Pure.

Also what a browser may show in the house's own origin: never HTML, SVG or anything that runs.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vectal.files.contracts import FileKind
from vectal.files.names import extension_of

HEAD_BYTES: Final = 8 << 10
"""How much of a file is looked at."""
UNKNOWN: Final = "application/octet-stream"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_OPEN: Final = "application/vnd.oasis.opendocument"


@dataclass(frozen=True, slots=True)
class Media:
    type: str
    kind: FileKind


_OTHER: Final = Media(UNKNOWN, "other")
_TEXT: Final = Media("text/plain", "text")

# At the very beginning.
_SIGNATURES: Final[tuple[tuple[bytes, Media], ...]] = (
    (b"\x89PNG\r\n\x1a\n", Media("image/png", "image")),
    (b"\xff\xd8\xff", Media("image/jpeg", "image")),
    (b"GIF87a", Media("image/gif", "image")),
    (b"GIF89a", Media("image/gif", "image")),
    (b"II*\x00", Media("image/tiff", "image")),
    (b"MM\x00*", Media("image/tiff", "image")),
    (b"{\\rtf", Media("application/rtf", "document")),
    (b"OggS", Media("audio/ogg", "audio")),
    (b"fLaC", Media("audio/flac", "audio")),
    (b"ID3", Media("audio/mpeg", "audio")),
    (b"\xff\xfb", Media("audio/mpeg", "audio")),
    (b"\xff\xf3", Media("audio/mpeg", "audio")),
    (b"\x1aE\xdf\xa3", Media("video/webm", "video")),
    (b"\x1f\x8b", Media("application/gzip", "archive")),
    (b"BZh", Media("application/x-bzip2", "archive")),
    (b"\xfd7zXZ\x00", Media("application/x-xz", "archive")),
    (b"7z\xbc\xaf\x27\x1c", Media("application/x-7z-compressed", "archive")),
    (b"Rar!\x1a\x07", Media("application/vnd.rar", "archive")),
    (b"MZ", _OTHER),
    (b"\x7fELF", _OTHER),
)
# After "RIFF" and its length, after the length of an ISO media box.
_RIFF: Final[Mapping[bytes, Media]] = {
    b"WEBP": Media("image/webp", "image"),
    b"WAVE": Media("audio/wav", "audio"),
    b"AVI ": Media("video/x-msvideo", "video"),
}
_BRANDS: Final[Mapping[bytes, Media]] = {
    b"avif": Media("image/avif", "image"),
    b"avis": Media("image/avif", "image"),
    b"heic": Media("image/heic", "image"),
    b"heix": Media("image/heic", "image"),
    b"mif1": Media("image/heif", "image"),
    b"M4A ": Media("audio/mp4", "audio"),
    b"qt  ": Media("video/quicktime", "video"),
}
_ISO_VIDEO: Final = Media("video/mp4", "video")
# Containers whose bytes begin alike are told apart by their first members, then by their names.
_ZIPPED: Final[tuple[tuple[bytes, Media], ...]] = (
    (b"mimetypeapplication/epub+zip", Media("application/epub+zip", "document")),
    (f"mimetype{_OPEN}.text".encode(), Media(f"{_OPEN}.text", "document")),
    (f"mimetype{_OPEN}.spreadsheet".encode(), Media(f"{_OPEN}.spreadsheet", "sheet")),
    (f"mimetype{_OPEN}.presentation".encode(), Media(f"{_OPEN}.presentation", "slides")),
    (b"word/", Media(f"{_OFFICE}.wordprocessingml.document", "document")),
    (b"ppt/", Media(f"{_OFFICE}.presentationml.presentation", "slides")),
    (b"xl/", Media(f"{_OFFICE}.spreadsheetml.sheet", "sheet")),
)
_OFFICE_BY_NAME: Final[Mapping[str, Media]] = {
    "docx": _ZIPPED[4][1],
    "pptx": _ZIPPED[5][1],
    "xlsx": _ZIPPED[6][1],
}
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_BY_NAME: Final[Mapping[str, Media]] = {
    "doc": Media("application/msword", "document"),
    "xls": Media("application/vnd.ms-excel", "sheet"),
    "ppt": Media("application/vnd.ms-powerpoint", "slides"),
    "msg": Media("application/vnd.ms-outlook", "mail"),
}
# Text is text whatever it is called; the name says which.
_TEXT_BY_NAME: Final[Mapping[str, Media]] = {
    "md": Media("text/markdown", "text"),
    "markdown": Media("text/markdown", "text"),
    "csv": Media("text/csv", "sheet"),
    "tsv": Media("text/tab-separated-values", "sheet"),
    "json": Media("application/json", "text"),
    "xml": Media("application/xml", "text"),
    "yaml": Media("application/yaml", "text"),
    "yml": Media("application/yaml", "text"),
    "html": Media("text/html", "document"),
    "htm": Media("text/html", "document"),
    "xhtml": Media("application/xhtml+xml", "document"),
    "svg": Media("image/svg+xml", "image"),
    "eml": Media("message/rfc822", "mail"),
    "ics": Media("text/calendar", "text"),
}
# What can do nothing in a page but be seen or heard. Text is sent as plain text.
_SHOWN: Final = frozenset(
    {
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/tiff",
        "image/heic", "image/heif", "application/pdf", "audio/ogg", "audio/flac", "audio/mpeg",
        "audio/wav", "audio/mp4", "video/webm", "video/mp4", "video/quicktime",
    }
)  # fmt: skip
_SHOWN_AS_TEXT: Final = frozenset(
    {"text/plain", "text/markdown", "text/csv", "text/tab-separated-values", "application/json"}
)


def media_of(head: bytes, name: str, size: int) -> Media:
    """What a file of this name and size is whose first `HEAD_BYTES` bytes are `head`."""
    extension = extension_of(name)
    if head.startswith(b"PK\x03\x04"):
        return _zipped(head, extension)
    if head.startswith(_OLE):
        return _OLE_BY_NAME.get(extension, Media("application/x-ole-storage", "other"))
    # Some put a few bytes before it, and every reader takes that.
    if b"%PDF-" in head[:1024]:
        return Media("application/pdf", "document")
    found = next((media for sign, media in _SIGNATURES if head.startswith(sign)), None)
    found = found or _boxed(head)
    if found is not None:
        return found
    if not _is_text(head, whole=size <= len(head)):
        return _OTHER
    return _TEXT_BY_NAME.get(extension, _TEXT)


def shown_type(media_type: str) -> str | None:
    """The type under which a browser may show it inside our origin; None: only as a download."""
    if media_type in _SHOWN_AS_TEXT:
        return "text/plain; charset=utf-8"
    return media_type if media_type in _SHOWN else None


def _zipped(head: bytes, extension: str) -> Media:
    members = next((media for sign, media in _ZIPPED if sign in head), None)
    if members is None and b"[Content_Types].xml" in head:
        members = _OFFICE_BY_NAME.get(extension)
    return members or Media("application/zip", "archive")


def _boxed(head: bytes) -> Media | None:
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], _ISO_VIDEO)
    return Media("application/x-tar", "archive") if head[257:262] == b"ustar" else None


def _is_text(head: bytes, *, whole: bool) -> bool:
    """UTF-8 without controls, or UTF-16 that says so; a character may be cut at the end."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return False
    return not any(each < " " and each not in "\t\n\r\f\x1b" for each in text)
