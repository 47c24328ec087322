"""How making vectors fails."""

from typing import ClassVar

from vectal.platform.errors import InvalidInputError, UnavailableError


class EmbeddingInputError(InvalidInputError):
    code: ClassVar[str] = "documents.embedding_input"
    title: ClassVar[str] = "These texts can't be turned into vectors"


class EmbeddingError(UnavailableError):
    code: ClassVar[str] = "documents.embedding_failed"
    title: ClassVar[str] = "The embedding model does not answer now"
