"""What the steps of a research leave behind, as it is sealed."""

from __future__ import annotations

import msgspec

from vectal.research.contracts import Author, FollowUp, Judgement, Source
from vectal.research.search import Hit


class Plan(msgspec.Struct, frozen=True):
    queries: tuple[str, ...]
    by: Author
    fault: str = ""
    """Why no model planned."""


class SearchDone(msgspec.Struct, frozen=True):
    engine: str
    query: str
    hits: tuple[Hit, ...] = ()
    fault: str = ""


class PageDone(msgspec.Struct, frozen=True):
    """`url` is where the search led us. `fault` says why there is no text."""

    url: str
    title: str = ""
    text: str = ""
    published_on: str | None = None
    has_hidden_text: bool = False
    fault: str = ""


class Gaps(msgspec.Struct, frozen=True):
    """What a round was found to have left open; nothing of it ends the rounds."""

    missing: tuple[FollowUp, ...] = ()
    fault: str = ""
    """Why nobody could say."""


class Draft(msgspec.Struct, frozen=True):
    """A text, and what of each source whoever wrote it has seen."""

    text: str
    by: Author
    sources: tuple[Source, ...]
    passages: dict[int, str]
    model: str | None = None
    simulated: bool = False
    fault: str = ""
    """Why no model wrote."""
    is_cut: bool = False
    """A limit left room for less than the depth wants."""


class Judged(msgspec.Struct, frozen=True):
    """What a second model said of some claims, by their number."""

    judgements: dict[int, Judgement]
    fault: str = ""
