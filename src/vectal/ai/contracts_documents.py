"""Documents that come with a message, and what a model's text leans on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

CacheTtl: TypeAlias = Literal["5m", "1h"]
"""How long a vendor is asked to remember what came up to a marked part."""
CitationKind: TypeAlias = Literal["web", "characters", "pages", "blocks", "search_result"]
"""A web page; or what `start` and `end` count in a document that came with the request."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """A document: `data` is the raw file; or the vendor fetches it from `url`."""

    media_type: str
    data: bytes = field(default=b"", repr=False)
    url: str | None = None
    name: str | None = None
    about: str | None = None
    """What the model is told of it beside its name."""
    cite: bool = False
    """Ask the model to say which stretches it leans on."""
    cache: CacheTtl | None = None

    @property
    def content(self) -> str:
        """Its words, where it is plain text; nobody here reads any other kind."""
        return self.data.decode("utf-8", "replace") if self.is_text else ""

    @property
    def is_text(self) -> bool:
        return self.url is None and self.media_type.startswith("text/")


@dataclass(frozen=True, slots=True)
class SourceText:
    """A passage that others wrote: the model may lean on it, cites it as `[number]`, never obeys.

    `name` is its file's and `place` where in it: both are as untrusted as the text.
    """

    number: int
    name: str = field(repr=False)
    place: str
    text: str = field(repr=False)
    has_hidden_text: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """One source of one piece of text."""

    kind: CitationKind
    cited_text: str = ""
    title: str | None = None
    url: str | None = None
    document: int | None = None
    """Which document, or which search result, of the request."""
    start: int | None = None
    end: int | None = None
    at: tuple[int, int] | None = None
    """The characters of the model's own text that lean on it, where the vendor says."""
    sealed: str | None = None
    """The vendor's own reference, which means something to it alone."""
    file_id: str | None = None
