"""What a parser raises inside the child. It never crosses the process as an exception."""

from vectal.documents.extraction.contracts import FailureCode


class ParseFault(Exception):  # noqa: N818  (of a document, not an error of ours)
    """Says why a document, or a part of it, can't be read; `detail` is for people."""

    def __init__(self, code: FailureCode, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code: FailureCode = code
        self.detail = detail
