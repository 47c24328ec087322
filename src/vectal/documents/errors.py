"""What can be wrong with a request about documents."""

from typing import ClassVar

from vectal.documents.contracts import INDEX_OFF
from vectal.platform.errors import AppError, UnavailableError


class DocumentNotFoundError(AppError):
    code: ClassVar[str] = "documents.not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "This file was not read as a document"


class PageNotFoundError(AppError):
    code: ClassVar[str] = "documents.page_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "The document has no such page"


class NotUnderWayError(AppError):
    code: ClassVar[str] = "documents.not_under_way"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The document is not being read"


class UnderWayError(AppError):
    code: ClassVar[str] = "documents.under_way"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The document is being read already"


class IndexOffError(AppError):
    """The workspace keeps no index that can be read; the document ends with its pages."""

    code: ClassVar[str] = INDEX_OFF
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This workspace keeps no search index"


class DrawingBusyError(UnavailableError):
    code: ClassVar[str] = "documents.drawing_busy"
    title: ClassVar[str] = "Too many pages are being drawn now"


class VectorSizeError(AppError):
    """A vector that is not as long as its space says."""

    code: ClassVar[str] = "documents.vector_size"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "A vector has the wrong length"


class VectorsUnavailableError(UnavailableError):
    code: ClassVar[str] = "documents.vectors_unavailable"
    title: ClassVar[str] = "The vector store does not answer now"


class WebPageRefusedError(AppError):
    code: ClassVar[str] = "documents.web_page_refused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The page can't be had"
