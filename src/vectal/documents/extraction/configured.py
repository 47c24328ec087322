"""The extraction that an operator has set up."""

from __future__ import annotations

from vectal.documents.extraction.contracts import ExtractionLimits, ExtractionOptions, OcrOptions
from vectal.documents.extraction.sandbox import Sandbox
from vectal.platform.config import Settings


def sandbox_of(settings: Settings) -> Sandbox:
    return Sandbox(settings.document_sandbox)


def options_of(settings: Settings) -> ExtractionOptions:
    """Options for every document; name and start page are replaced for each."""
    return ExtractionOptions(
        ocr=OcrOptions(languages=settings.ocr_languages),
        limits=ExtractionLimits(memory_bytes=settings.document_memory_mb << 20),
    )
