"""Documents whose text flows: DOCX, ODT, EPUB, HTML, RTF, all read by xberg as Markdown."""

from __future__ import annotations

import asyncio
from typing import Final

import xberg

from vectal.documents.extraction.contracts import (
    ExtractionLimits,
    ExtractionOptions,
    FailureCode,
)
from vectal.documents.extraction.faults import ParseFault
from vectal.documents.extraction.parsers.contracts import Parsed
from vectal.documents.extraction.parsers.stretches import parsed_of

_DEEPEST: Final = 512
_ENTITY: Final = 4_096


def parse_flowing(content: bytes, media_type: str, options: ExtractionOptions) -> Parsed:
    document = read(content, media_type, options.limits)
    title = document.metadata.title or ""
    return parsed_of(document.content, title)


def read(
    content: bytes, media_type: str, limits: ExtractionLimits, *, pages: bool = False
) -> xberg.ExtractedDocument:
    """One document by xberg. Raises `ParseFault`."""
    config = xberg.ExtractionConfig(
        use_cache=False,
        disable_ocr=True,
        output_format="markdown",
        extraction_timeout_secs=limits.cpu_s,
        html_options=xberg.ConversionOptions(extract_metadata=False),
        pages=xberg.PageConfig(extract_pages=True) if pages else None,
        security_limits=xberg.SecurityLimits(
            max_archive_size=limits.unpacked_bytes,
            max_entity_length=_ENTITY,
            max_content_size=limits.text_chars,
            max_xml_depth=_DEEPEST,
        ),
        concurrency=xberg.ConcurrencyConfig(max_threads=1),
    )
    source = xberg.ExtractInput(
        kind=xberg.ExtractInputKind.BYTES, bytes=content, mime_type=media_type
    )
    try:
        result = asyncio.run(xberg.extract(source, config))
    except xberg.SecurityError as error:
        raise ParseFault("too_large_unpacked") from error
    except xberg.UnsupportedFormatError as error:
        raise ParseFault("unsupported") from error
    except xberg.XbergTimeoutError as error:
        raise ParseFault("timed_out") from error
    except (xberg.XbergError, RuntimeError, ValueError, OSError) as error:
        raise ParseFault(_code_of(str(error))) from error
    if not result.results:
        raise ParseFault(_code_of(" ".join(item.message for item in result.errors)))
    return result.results[0]


def _code_of(words: str) -> FailureCode:
    """Tell the failure: xberg names most failures in words only."""
    lowered = words.lower()
    if "security limit" in lowered or "zip bomb" in lowered:
        return "too_large_unpacked"
    if "password" in lowered or "encrypt" in lowered:
        return "encrypted"
    return "damaged"
