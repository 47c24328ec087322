"""What an installation allows a document to cost, and how passages are chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import msgspec

from vectal.documents.extraction.contracts import ExtractionLimits, OcrOptions
from vectal.documents.extraction.sandbox import SandboxMode

_LARGEST_DRAWN: Final = 256 << 20


@dataclass(frozen=True, slots=True)
class RetrievalRules:
    """How meaning and words are weighed."""

    candidates: int = 60
    """Of each kind."""
    word_weight: float = 0.15
    """What covering all words of a question adds to its cosine, when its words are rare."""
    name_weight: float = 1.0
    """The same for what names something: numbers and the like, and queries of a word or two."""
    common: float = 0.2
    """A word in a larger share of the chunks says nothing about any of them."""
    related: float = 0.3
    """What is worth less than this share of the best one has nothing to do with the question."""
    reranks: bool = False
    """Every search by meaning is sorted by a model, not only those that ask for it."""
    reranked: int = 20
    """Passages that a model sorts."""
    whole_tokens: int = 600
    """Documents up to this size are given whole."""
    vector_timeout_s: float = 20.0


@dataclass(frozen=True, slots=True)
class DocumentRules:
    ocr: OcrOptions = field(default_factory=OcrOptions)
    limits: ExtractionLimits = field(default_factory=ExtractionLimits)
    parsers: int = 2
    """Children that read at the same time in one process."""
    tries: int = 4
    """Of one stretch without progress that fail; then it is the document's own fault."""
    deaths: int = 12
    """Tries of one stretch whose worker vanished, which most often is not the document's fault."""
    stalled: timedelta = timedelta(minutes=2)
    """Without a sign of life; then a sweep queues it again."""
    drawers: int = 2
    """Children that draw pages at the same time in one process."""
    drawings_waiting: int = 64
    """Pages that wait for their turn; more are sent away at once."""
    drawing_wait_s: float = 30.0
    sandbox: SandboxMode = "full"
    retrieval: RetrievalRules = field(default_factory=RetrievalRules)

    @property
    def drawing_limits(self) -> ExtractionLimits:
        """Somebody waits for a page that is drawn: it may cost far less than a whole reading."""
        return msgspec.structs.replace(
            self.limits,
            document_bytes=min(self.limits.document_bytes, _LARGEST_DRAWN),
            cpu_s=min(self.limits.cpu_s, 30),
            deadline_s=min(self.limits.deadline_s, 30.0),
            idle_s=min(self.limits.idle_s, 30.0),
        )
