"""How an extraction fails, in words for the person whose file it is."""

from typing import ClassVar

from vectal.documents.extraction.contracts import FailureCode
from vectal.platform.errors import AppError

EXPLANATIONS: dict[FailureCode, str] = {
    "empty": "The file is empty.",
    "unsupported": "Files of this kind can't be read.",
    "encrypted": "The file is protected by a password. Remove it and upload the file again.",
    "damaged": "The file is damaged, or is not what it claims to be.",
    "too_large": "The file is too large.",
    "too_large_unpacked": "The file unpacks to more than is allowed.",
    "too_many_pages": "The file has more pages than are allowed.",
    "timed_out": "Reading the file took too long.",
    "out_of_memory": "Reading the file needs more memory than it may use.",
    "crashed": "The reader of this kind of file broke down on it.",
    "sandbox_unavailable": (
        "This server can't lock its file readers in. An administrator may allow fewer locks with "
        "VECTAL_DOCUMENT_SANDBOX."
    ),
}


class ExtractionError(AppError):
    """A document that could not be read. `failure` says why; `detail` is for people."""

    code: ClassVar[str] = "documents.unreadable"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The document can't be read"

    def __init__(self, failure: FailureCode, detail: str = "") -> None:
        explanation = EXPLANATIONS[failure]
        super().__init__(
            f"{explanation} {detail}".strip(),
            extra={"failure": failure, "explanation": explanation},
        )
        self.failure: FailureCode = failure

    @property
    def is_final(self) -> bool:
        """Whether another try with the same file and settings would end the same way."""
        return self.failure not in {"crashed", "timed_out", "out_of_memory", "sandbox_unavailable"}
