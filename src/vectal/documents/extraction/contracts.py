"""What an extraction says, event by event, and what it is told.

The order is `Locked`, `Detected`, then for each part its `PartStarted` (the document itself is
part 0 and needs none) and its `Page`s, `Progress` in between, and `Finished` as the last. A
failure of the whole is an `ExtractionError`; one of an attachment is a `PartFailed`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from vectal.platform.confinement.contracts import Lock

Kind: TypeAlias = Literal[
    "pdf",
    "docx",
    "pptx",
    "xlsx",
    "odt",
    "epub",
    "html",
    "mail",
    "rtf",
    "markdown",
    "csv",
    "text",
    "image",
]
Source: TypeAlias = Literal["text", "ocr"]
OcrMode: TypeAlias = Literal["auto", "always", "off"]

FailureCode: TypeAlias = Literal[
    "empty",
    "unsupported",
    "encrypted",
    "damaged",
    "too_large",
    "too_large_unpacked",
    "too_many_pages",
    "timed_out",
    "out_of_memory",
    "crashed",
    "sandbox_unavailable",
]
NoticeCode: TypeAlias = Literal[
    "extension_mismatch",
    "second_format",
    "recovered",
    "page_unreadable",
    "page_without_text",
    "ocr_language_missing",
    "ocr_unavailable",
    "ocr_uncertain",
    "attachment_skipped",
    "encoding_guessed",
    "text_cut",
]


class Box(msgspec.Struct, frozen=True, array_like=True):
    """A rectangle in points (1/72 inch) from the page's top left corner, as it is shown."""

    left: float
    top: float
    right: float
    bottom: float


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Where the characters `start` to `end` (exclusive) of a page's text stand on it."""

    start: int
    end: int
    box: Box


class Locked(msgspec.Struct, frozen=True, tag="locked"):
    """Which locks hold, told before the first byte of the document was looked at."""

    locks: tuple[Lock, ...]


class Detected(msgspec.Struct, frozen=True, tag="detected"):
    """What the document is, by its content."""

    kind: Kind
    media_type: str


class PartStarted(msgspec.Struct, frozen=True, tag="part"):
    """An attachment begins; `parent` is the number of the part that carries it."""

    number: int
    parent: int
    name: str
    kind: Kind
    media_type: str


class PartFailed(msgspec.Struct, frozen=True, tag="part_failed"):
    """An attachment that could not be read. The rest of the document could."""

    parent: int
    name: str
    code: FailureCode
    detail: str


class Page(msgspec.Struct, frozen=True, tag="page"):
    """A page of a PDF, a slide, a sheet, an image, or a stretch of a text that has no pages.

    `number` counts from 1 through the whole document, attachments included; `part_page` through
    its part. `width` and `height` are points, 0 where the format has no pages. Spans are in
    order and do not overlap; white space between them belongs to none.
    """

    number: int
    text: str
    width: float = 0.0
    height: float = 0.0
    spans: tuple[Span, ...] = ()
    source: Source = "text"
    language: str = ""
    """The languages that OCR was told to expect, as `eng+deu`; empty for text."""
    confidence: float = 1.0
    """Of OCR, from 0 to 1."""
    part: int = 0
    part_page: int = 1


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """`pages` are done of the `total` known so far; attachments may add to it."""

    pages: int
    total: int


class Notice(msgspec.Struct, frozen=True, tag="notice"):
    """Something that a person should know, and that did not stop us. `page` 0 means all."""

    code: NoticeCode
    detail: str
    page: int = 0


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    pages: int
    title: str
    notices: tuple[Notice, ...] = ()


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The child's own word of a failure; the caller sees an `ExtractionError`."""

    code: FailureCode
    detail: str = ""


class Picture(msgspec.Struct, frozen=True, tag="picture"):
    """A page as it is shown, or an image turned upright: a WebP of so many pixels."""

    page: int
    width: int
    height: int
    content: bytes


class PageMissing(msgspec.Struct, frozen=True, tag="page_missing"):
    """There is no such page; the document has `pages`."""

    pages: int


ExtractionEvent: TypeAlias = (
    Locked | Detected | PartStarted | PartFailed | Page | Progress | Finished
)
Drawn: TypeAlias = Picture | PageMissing
ChildEvent: TypeAlias = ExtractionEvent | Drawn | Failed


class ExtractionLimits(msgspec.Struct, frozen=True):
    """How much one document may cost."""

    document_bytes: int = 512 << 20
    memory_bytes: int = 1536 << 20
    """Writable memory of the child; also the resident size at which it is ended."""
    cpu_s: int = 900
    deadline_s: float = 1800.0
    idle_s: float = 180.0
    """How long nothing may come out."""
    pages: int = 5_000
    page_chars: int = 400_000
    text_chars: int = 64_000_000
    unpacked_bytes: int = 1 << 30
    """The sum of the sizes inside an archive format."""
    image_pixels: int = 120_000_000
    parts: int = 200
    nesting: int = 3
    """Attachments of attachments of the document itself."""


class OcrOptions(msgspec.Struct, frozen=True):
    mode: OcrMode = "auto"
    languages: tuple[str, ...] = ("eng",)
    """Names of tesseract's data, as `eng`, `deu`, `fra`."""
    photos: bool = True
    """Try the second engine on pages that the first can't read, where it is installed."""


class ExtractionOptions(msgspec.Struct, frozen=True, tag="extract"):
    name: str = ""
    """The file's name: a hint among kinds of text, and the reason of a notice. Never a path."""
    start_page: int = 1
    """Pages before it are left out; a restart goes on where it stopped."""
    ocr: OcrOptions = OcrOptions()
    limits: ExtractionLimits = ExtractionLimits()


class PictureOptions(msgspec.Struct, frozen=True, tag="draw"):
    """One page is to be drawn, instead of the whole being read."""

    name: str = ""
    page: int = 1
    width: int = 1_200
    """Pixels at most. An image is never made larger than it is."""
    limits: ExtractionLimits = ExtractionLimits()


ChildOptions: TypeAlias = ExtractionOptions | PictureOptions
