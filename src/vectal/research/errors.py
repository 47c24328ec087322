"""What can be wrong with a research."""

from typing import ClassVar

from vectal.platform.errors import AppError


class ResearchNotFoundError(AppError):
    code: ClassVar[str] = "research.not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such research"


class NoEngineError(AppError):
    """Nobody has named a search engine."""

    code: ClassVar[str] = "research.no_engine"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "No search engine is set up"

    def __init__(self) -> None:
        super().__init__(
            "Ultra Search needs a search engine, and none is set up. An operator sets"
            " VECTAL_SEARCH_URL, VECTAL_PERPLEXITY_KEY, VECTAL_BRAVE_KEY or VECTAL_TAVILY_KEY."
        )


class NotUnderWayError(AppError):
    code: ClassVar[str] = "research.not_under_way"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The research has ended already"


class UnderWayError(AppError):
    code: ClassVar[str] = "research.under_way"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The research is under way; stop it first"


class NoReportError(AppError):
    code: ClassVar[str] = "research.no_report"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The research has no report"


class TooManyError(AppError):
    code: ClassVar[str] = "research.too_many"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "Too many researches are under way"


class NotAcceptableError(AppError):
    code: ClassVar[str] = "research.not_acceptable"
    status: ClassVar[int] = 406
    title: ClassVar[str] = "A report is JSON, Markdown or PDF"


class EndedError(AppError):
    """Ends a research as failed, with the code and words of whoever raises it."""

    code: ClassVar[str] = "research.failed"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "The research failed"

    def __init__(self, why: str, words: str) -> None:
        super().__init__(words)
        self.why = why
